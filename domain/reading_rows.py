"""The rows of readings: one patient's turn, what is known before, and writing what is new."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import NotFound
from domain.kinds import ReadingSource, VitalKind
from domain.new_readings import Row
from domain.patients import own_patient
from domain.ports import Connection
from domain.rules.identity import PRIORITY
from domain.unit_of_work import UnitOfWork

USUAL_WEIGHT_WITHIN = timedelta(days=90)
_COLUMNS = {
    "id": "uuid",
    "client_id": "uuid",
    "kind": "vital_kind",
    "measured_at": "timestamptz",
    "local_day": "date",
    "offset_minutes": "smallint",
    "source": "reading_source",
    "setting": "reading_setting",
    "device": "text",
    "value": "double precision",
    "diastolic": "double precision",
    "pulse": "double precision",
    "flags": "text[]",
    "sent": "jsonb",
    "circumstances": "jsonb",
}
_NAMES = ", ".join(_COLUMNS)
# All that a reading is before anything replaces it.
KEPT = f"patient_id, received_at, {_NAMES}"
_TYPED = ", ".join(f"{name} {type_}" for name, type_ in _COLUMNS.items())
_ORDERED = ", ".join(f"'{source}'" for source in sorted(ReadingSource, key=lambda source: PRIORITY[source]))
# A reading that is known by what it says only lends what it knows better.
_LENDING = (
    " ON CONFLICT (patient_id, kind, measured_at, id) DO UPDATE SET source = excluded.source,"
    " device = coalesce(excluded.device, reading.device), pulse = coalesce(reading.pulse, excluded.pulse),"
    " circumstances = coalesce(reading.circumstances, excluded.circumstances)"
    f" WHERE array_position(ARRAY[{_ORDERED}], excluded.source::text)"
    f" < array_position(ARRAY[{_ORDERED}], reading.source::text)"
)


async def take_turn(work: UnitOfWork, by: Actor, patient_id: UUID | None) -> tuple[UUID, ZoneInfo]:
    """Whose readings these are, and where that patient lives; whatever is recorded for one patient queues up here.

    clientIds and summaries have no other guard.

    Raises:
        BadInput: nobody is named, or a device names another patient than its own.
        NotFound: the patient is not visible to `by`.
    """
    own = own_patient(by, patient_id)
    condition = "true" if own else visible_patients(by, "$2", "$3")
    row = await work.connection.fetchrow(
        "SELECT id, time_zone, pg_advisory_xact_lock(hashtextextended('readings of ' || id::text, 0)) AS locked"  # noqa: S608 - no value in it
        f" FROM patient WHERE id = $1 AND {condition} AND ($2::timestamptz, $3::uuid) IS NOT NULL",
        own or patient_id,
        work.at,
        visibility_key(by),
    )
    if row is None:
        raise NotFound("There is no such patient.")
    return row["id"], ZoneInfo(row["time_zone"])


async def known_before(
    work: UnitOfWork, owner: UUID, client_ids: Sequence[UUID], *, with_weight: bool
) -> tuple[Mapping[UUID, UUID], float | None]:
    """Which readings the clientIds stand for already, and what the patient usually weighs if that is asked."""
    row = await work.connection.fetchrow(
        "SELECT array_agg(client_id) AS client_ids, array_agg(id) AS ids,"
        " CASE WHEN $3 THEN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM (SELECT value FROM reading"
        " WHERE patient_id = $1 AND kind = 'WEIGHT' AND measured_at > $4 AND superseded_by IS NULL"
        " ORDER BY measured_at DESC LIMIT 7) AS newest) END AS usual_weight"
        " FROM reading WHERE patient_id = $1 AND client_id = ANY($2::uuid[])",
        owner,
        client_ids,
        with_weight,
        work.at - USUAL_WEIGHT_WITHIN,
    )
    assert row is not None
    return dict(zip(row["client_ids"] or (), row["ids"] or (), strict=True)), row["usual_weight"]


@dataclass(frozen=True)
class Written:
    """What came of writing: the ids of the readings that are new, and the kinds of which any was new or lent."""

    new: Collection[UUID] = ()
    kinds: Collection[VitalKind] = ()


async def write(work: UnitOfWork, owner: UUID, rows: Collection[Row]) -> Written:
    """Insert the rows; one that is known by what it says only lends what it knows better."""
    if not rows:
        return Written()
    # One text costs the driver half of what fifteen arrays cost.
    row = await work.connection.fetchrow(
        f"WITH written AS (INSERT INTO reading ({KEPT})"  # noqa: S608 - no value in it
        f" SELECT $1, $2, {_NAMES} FROM json_to_recordset($3::text::json) AS sent ({_TYPED})"
        f"{_LENDING} RETURNING reading.id, reading.kind, old.id IS NULL AS is_new)"
        " SELECT array_agg(id) FILTER (WHERE is_new) AS new, array_agg(DISTINCT kind::text) AS kinds FROM written",
        owner,
        work.at,
        orjson.dumps([_with_json(row) for row in rows], default=str).decode(),
    )
    assert row is not None
    return Written(frozenset(row["new"] or ()), [VitalKind(kind) for kind in row["kinds"] or ()])


@dataclass(frozen=True)
class WrittenMany:
    """What came of writing many: how many are new, their days, one of their ids, and the kinds as in `Written`."""

    count: int
    days: Sequence[tuple[VitalKind, date]]
    kinds: Collection[VitalKind]
    reading_id: UUID | None


async def write_many(work: UnitOfWork, owner: UUID, rows: Collection[Row]) -> WrittenMany:
    """Insert thousands of rows, without their clientIds, once a transaction."""
    if not rows:
        return WrittenMany(0, (), (), None)
    await work.connection.execute("CREATE TEMPORARY TABLE incoming (LIKE reading) ON COMMIT DROP")
    names = [name for name in _COLUMNS if name != "client_id"]
    await work.connection.copy_records_to_table(
        "incoming",
        records=((owner, work.at, *row) for row in map(itemgetter(*names), rows)),
        columns=["patient_id", "received_at", *names],
    )
    # In the order of the key, which leaves the pages of its index full instead of half empty.
    found = await work.connection.fetch(
        f"WITH written AS (INSERT INTO reading ({KEPT})"  # noqa: S608 - no value in it
        f" SELECT {KEPT} FROM incoming ORDER BY kind, measured_at{_LENDING}"
        " RETURNING reading.kind, reading.local_day, reading.id, old.id IS NULL AS is_new)"
        " SELECT kind, local_day, count(*) AS readings, any_value(id) AS reading_id, is_new FROM written"
        " GROUP BY kind, local_day, is_new ORDER BY local_day"
    )
    new = [row for row in found if row["is_new"]]
    return WrittenMany(
        sum(row["readings"] for row in new),
        [(VitalKind(row["kind"]), row["local_day"]) for row in new],
        {VitalKind(row["kind"]) for row in found},
        new[-1]["reading_id"] if new else None,
    )


def _with_json(row: Row) -> Row:
    """The row with what is JSON already in its place."""
    told = {name: orjson.Fragment(row[name]) for name in ("sent", "circumstances") if row[name] is not None}
    return row | told if told else row


async def one(connection: Connection, owner: UUID, reading_id: UUID) -> Mapping[str, Any] | None:
    """The row of one reading of a patient."""
    return await connection.fetchrow("SELECT * FROM reading WHERE patient_id = $1 AND id = $2", owner, reading_id)
