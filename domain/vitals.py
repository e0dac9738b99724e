"""Readings: recording what phones send, each once, and correcting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import daily_summaries, reading_rows, roll_ups
from domain.access import Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind, ReadingSource, VitalKind, WorkKind
from domain.new_readings import CLOCK_SKEW, NewReading, Owner, Rejection, Row, clash, sort
from domain.unit_of_work import UnitOfWork

__all__ = ["CLOCK_SKEW", "MOST_READINGS_PER_CALL", "NewReading", "Recorded", "Rejection", "correct", "record"]

MOST_READINGS_PER_CALL = 500


@dataclass(frozen=True)
class Recorded:
    """What became of one call: rows kept, clientIds that were known already, and rejections."""

    accepted: Sequence[Mapping[str, Any]]
    duplicates: Sequence[UUID]
    rejected: Sequence[Rejection]


async def record(work: UnitOfWork, by: Actor, patient_id: UUID | None, readings: Sequence[NewReading]) -> Recorded:
    """Keep the plausible readings of one patient, each once: known by its clientId, or by what it says.

    Raises:
        BadInput: no reading, or more than `MOST_READINGS_PER_CALL`.
        NotFound: the patient is not visible to `by`.
    """
    if not 1 <= len(readings) <= MOST_READINGS_PER_CALL:
        raise BadInput(f"Send 1 to {MOST_READINGS_PER_CALL} readings at a time.")
    owner_id, zone = await reading_rows.take_turn(work, by, patient_id)
    known, usual_weight = await reading_rows.known_before(
        work,
        owner_id,
        [reading.client_id for reading in readings],
        with_weight=any(reading.kind is VitalKind.WEIGHT for reading in readings),
    )
    sent = sort(readings, work.at, Owner(owner_id, zone, usual_weight), by)
    # clientIds that stand for another reading already.
    clashes = {client_id for client_id, row in sent.rows.items() if known.get(client_id, row["id"]) != row["id"]}
    fresh: dict[UUID, Row] = {}
    for client_id, row in sent.rows.items():
        if client_id not in known:
            fresh.setdefault(row["id"], row)
    written = await reading_rows.write(work, owner_id, fresh.values())
    accepted = [_as_kept(work, owner_id, row) for row in fresh.values() if row["id"] in written.new]
    if written.kinds:
        days = {(VitalKind(row["kind"]), row["local_day"]) for row in accepted}
        await roll_ups.refresh(work.connection, owner_id, written.kinds, days)
    if accepted:
        work.tell(EventKind.READINGS_RECORDED, patient_id=owner_id, subject_id=accepted[-1]["id"])
        work.ask(WorkKind.ANALYSE_VITALS, owner_id)
    work.audit("recordVitals", patient_id=owner_id)
    kept = {row["client_id"] for row in accepted}
    repeated = [client_id for client_id in sent.rows if client_id not in kept] + sent.repeated
    rejected = sent.rejected + [clash(index) for index, one in enumerate(readings) if one.client_id in clashes]
    return Recorded(
        accepted,
        [client_id for client_id in repeated if client_id not in clashes],
        sorted(rejected, key=lambda one: one.index),
    )


def _as_kept(work: UnitOfWork, owner: UUID, row: Row) -> Mapping[str, Any]:
    """A row that was written now, as it would be read."""
    return {**row, "patient_id": owner, "received_at": work.at, "superseded_by": None, "superseded_at": None}


async def correct(
    work: UnitOfWork, by: Actor, patient_id: UUID | None, reading_id: UUID, right: NewReading
) -> Mapping[str, Any]:
    """Put a right reading in the place of a wrong one, which stays in history and is seen by those who ask for it.

    Raises:
        NotFound: there is no such reading of a patient who is visible to `by`.
        BadInput: another kind than the wrong one's, a value that cannot be, or nothing changed.
        Conflict: it was corrected already, or the right reading is there already.
    """
    owner_id, zone = await reading_rows.take_turn(work, by, patient_id)
    _, usual_weight = await reading_rows.known_before(work, owner_id, [], with_weight=right.kind is VitalKind.WEIGHT)
    wrong = await reading_rows.one(work.connection, owner_id, reading_id)
    if wrong is None:
        raise NotFound("There is no such reading.")
    if wrong["kind"] != right.kind.value:
        raise BadInput("value: a correction has the kind of what it corrects.")
    corrected = right._replace(source=ReadingSource.CORRECTION)
    sent = sort([corrected], work.at, Owner(owner_id, zone, usual_weight), by)
    if sent.rejected:
        first = sent.rejected[0]
        raise BadInput(f"{first.field}: {first.message}")
    (row,) = sent.rows.values()
    if wrong["superseded_by"] is not None:
        if wrong["superseded_by"] != row["id"]:
            raise Conflict("This reading was corrected before.")
        earlier = await reading_rows.one(work.connection, owner_id, row["id"])
        assert earlier is not None
        return earlier
    if row["id"] == reading_id:
        raise BadInput("value: this is what the reading says already.")
    written = await reading_rows.write(work, owner_id, [row])
    if not written.new:
        raise Conflict("The patient has this reading already.")
    await work.connection.execute(
        "UPDATE reading SET superseded_by = $4, superseded_at = $5"
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind AND measured_at = $3 AND id = $6",
        owner_id,
        wrong["kind"],
        wrong["measured_at"],
        row["id"],
        work.at,
        reading_id,
    )
    await daily_summaries.forget(work.connection, owner_id, right.kind, wrong["local_day"])
    days = [(right.kind, wrong["local_day"]), (right.kind, row["local_day"])]
    await roll_ups.refresh(work.connection, owner_id, [right.kind], days)
    work.tell(EventKind.READINGS_RECORDED, patient_id=owner_id, subject_id=row["id"])
    work.ask(WorkKind.ANALYSE_VITALS, owner_id)
    work.audit("correctReading", patient_id=owner_id, subject_id=reading_id)
    return _as_kept(work, owner_id, row)
