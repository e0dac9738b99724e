"""The analysis of patients taken on over whatever is new: read once, computed, written once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain import filter_memories, vital_series
from domain.child_processes import in_child
from domain.filter_memories import Kept, Taken, Task
from domain.ports import Connection
from domain.vital_series import Columns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
# More than these are computed in another process: fewer take less long than the way there.
MOST_READINGS_HERE = 500


_CHANGES = (
    "(SELECT array_agg(floor(extract(epoch FROM at) / 60)::integer ORDER BY at) FROM vital_event"
    " WHERE vital_event.patient_id = patient.id AND kind = 'MEDICATION_CHANGE') AS changes"
)


class Key(NamedTuple):
    """One series."""

    patient_id: UUID
    measure: str


@dataclass(frozen=True)
class Analysed:
    """A series that was taken on; its findings later than `base_minute` (since 1970) are anew.

    One that only went further has no such findings yet.
    """

    taken: Taken
    base_minute: int
    only_went_further: bool


def moment(minute: int) -> datetime:
    """A minute since 1970."""
    return EPOCH + timedelta(minutes=minute)


async def take_turn(connection: Connection, patient_ids: Sequence[UUID]) -> None:
    """Whoever analyses these patients queues up here; whoever records does not wait."""
    await connection.fetch(
        "SELECT FROM patient WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(patient_ids)
    )


async def take_unread(connection: Connection, patient_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], datetime]:
    """Since when which kinds are to be read again, said once; what is recorded from now on is not among them."""
    rows = await connection.fetch(
        "WITH taken AS (DELETE FROM vital_unread WHERE patient_id = ANY($1::uuid[]) RETURNING patient_id, kind, since)"
        " SELECT patient_id, kind::text AS kind, min(since) AS since FROM taken GROUP BY patient_id, kind",
        list(patient_ids),
    )
    return {(row["patient_id"], row["kind"]): row["since"] for row in rows}


@dataclass(frozen=True)
class _Known:
    """The memories that are of today's versions, and when medication changed, in minutes since 1970."""

    kept: Mapping[Key, Kept]
    changes: Mapping[UUID, Sequence[int]]


async def _known(connection: Connection, patient_ids: Sequence[UUID]) -> _Known:
    rows = await connection.fetch(
        f"SELECT patient.id AS patient_id, {_CHANGES}, measure::text AS measure, version, memory, checkpoints"  # noqa: S608 - ours
        " FROM patient LEFT JOIN vital_filter ON vital_filter.patient_id = patient.id"
        " WHERE patient.id = ANY($1::uuid[])",
        list(patient_ids),
    )
    return _Known(
        {
            Key(row["patient_id"], row["measure"]): Kept(row["memory"], row["checkpoints"])
            for row in rows
            if row["measure"] and row["version"] == filter_memories.version_of(row["measure"])
        },
        {row["patient_id"]: row["changes"] for row in rows if row["changes"]},
    )


async def take_on(connection: Connection, unread: Mapping[tuple[UUID, str], datetime]) -> Mapping[Key, Analysed]:
    """Analyse what is unread, each series from its newest memory of before, and keep the memories."""
    patient_ids = list({patient_id for patient_id, _ in unread})
    known = await _known(connection, patient_ids)
    bases: dict[Key, bytes | None] = {}
    for (patient_id, kind), since in unread.items():
        minute = (since - EPOCH) // timedelta(minutes=1)
        for measure in vital_series.measures_of(kind):
            held = known.kept.get(Key(patient_id, measure))
            bases[Key(patient_id, measure)] = filter_memories.base_before(held, minute) if held else None
    return await _analyse(connection, bases, known)


async def begin_anew(
    connection: Connection, patient_ids: Sequence[UUID], unread: Iterable[tuple[UUID, str]]
) -> Mapping[Key, Analysed]:
    """Analyse all readings of these patients from the first one on, and keep the memories."""
    rows = await connection.fetch(
        "SELECT patient_id, kind::text AS kind FROM latest_reading WHERE patient_id = ANY($1::uuid[])",
        list(patient_ids),
    )
    kinds = {(row["patient_id"], row["kind"]): None for row in rows} | dict.fromkeys(unread)
    bases = {Key(owner, measure): None for owner, kind in kinds for measure in vital_series.measures_of(kind)}
    changes = await connection.fetch(
        f"SELECT id, {_CHANGES} FROM patient WHERE id = ANY($1::uuid[])",  # noqa: S608 - as above
        list(patient_ids),
    )
    known = _Known({}, {row["id"]: row["changes"] for row in changes if row["changes"]})
    return await _analyse(connection, bases, known)


async def _analyse(connection: Connection, bases: Mapping[Key, bytes | None], known: _Known) -> Mapping[Key, Analysed]:
    minutes = {key: filter_memories.minute_of(base) for key, base in bases.items() if base is not None}
    since: dict[tuple[UUID, str], datetime] = {}
    for key in bases:
        of_kind = (key.patient_id, vital_series.kind_of(key.measure).value)
        from_ = moment(minutes[key] + 1) if key in minutes else _FIRST
        since[of_kind] = min(from_, since.get(of_kind, from_))
    found = await vital_series.columns(connection, [(*of_kind, from_) for of_kind, from_ in since.items()])
    tasks = {
        key: _task(
            key,
            base,
            minutes.get(key, -1),
            known.kept[key].checkpoints if base is not None else b"",
            found.get((key.patient_id, vital_series.kind_of(key.measure).value), vital_series.NOTHING),
            known.changes.get(key.patient_id, ()),
        )
        for key, base in bases.items()
    }
    ordered = list(tasks.values())
    taken = (
        filter_memories.take_all_on(ordered)
        if sum(len(task.minutes) for task in ordered) <= MOST_READINGS_HERE
        else await in_child(filter_memories.take_all_on, ordered)
    )
    analysed = {
        key: Analysed(one, minutes.get(key, -1), key in known.kept and bases[key] is known.kept[key].memory)
        for key, one in zip(tasks, taken, strict=True)
    }
    await _keep(connection, analysed)
    return analysed


def _task(
    key: Key, base: bytes | None, minute: int, checkpoints: bytes, columns: Columns, changes: Sequence[int]
) -> Task:
    new = columns.minutes > minute
    return Task(
        key.measure,
        base,
        checkpoints,
        columns.minutes[new],
        columns.local_minutes[new],
        columns.numbers(key.measure)[new],
        changes,
    )


async def _keep(connection: Connection, analysed: Mapping[Key, Analysed]) -> None:
    """Write the memories in the place of the former ones; a series that has lost all its readings has none."""
    empty = [key for key, one in analysed.items() if one.taken.readings == 0]
    if empty:
        await connection.execute(
            "DELETE FROM vital_filter USING unnest($1::uuid[], $2::text[]) AS empty (patient_id, measure)"
            " WHERE vital_filter.patient_id = empty.patient_id AND vital_filter.measure = empty.measure::measure",
            [key.patient_id for key in empty],
            [key.measure for key in empty],
        )
    rows = [
        (
            key.patient_id,
            key.measure,
            filter_memories.version_of(key.measure),
            moment(one.taken.minute),
            one.taken.readings,
            *one.taken.kept,
        )
        for key, one in analysed.items()
        if one.taken.readings
    ]
    if rows:
        await connection.execute(
            "INSERT INTO vital_filter (patient_id, measure, version, last_at, readings, memory, checkpoints)"
            " SELECT patient_id, measure::measure, version, last_at, readings, memory, checkpoints"
            " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::integer[], $6::bytea[],"
            " $7::bytea[]) AS kept (patient_id, measure, version, last_at, readings, memory, checkpoints)"
            " ON CONFLICT (patient_id, measure) DO UPDATE SET version = excluded.version,"
            " last_at = excluded.last_at, readings = excluded.readings, memory = excluded.memory,"
            " checkpoints = excluded.checkpoints",
            *([*column] for column in zip(*rows, strict=True)),
        )
