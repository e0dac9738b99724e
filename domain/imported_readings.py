"""Readings of a file, thousands at a time: by COPY into a table of the transaction, and from there as any others."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import reading_rows, roll_ups
from domain.access import Actor
from domain.kinds import EventKind, VitalKind, WorkKind
from domain.new_readings import NewReading, Owner, Rejection, Row, sort
from domain.unit_of_work import UnitOfWork

MOST_READINGS_PER_BATCH = 10_000


@dataclass(frozen=True)
class Imported:
    """What became of one batch: how many were kept, how many were known already, and the rejections."""

    accepted: int
    duplicates: int
    rejected: Sequence[Rejection]


async def take_in(work: UnitOfWork, by: Actor, patient_id: UUID, readings: Sequence[NewReading]) -> Imported:
    """Keep the plausible readings of a file, each once, known by what it says; one batch a transaction.

    Their clientIds are made of what they say, so they tell nothing that has to be kept or looked up.

    Raises:
        NotFound: the patient is not visible to `by`.
    """
    owner_id, zone = await reading_rows.take_turn(work, by, patient_id)
    with_weight = any(reading.kind is VitalKind.WEIGHT for reading in readings)
    _, usual_weight = await reading_rows.known_before(work, owner_id, [], with_weight=with_weight)
    sent = sort(readings, work.at, Owner(owner_id, zone, usual_weight), by)
    fresh: dict[UUID, Row] = {}
    for row in sent.rows.values():
        fresh.setdefault(row["id"], row)
    written = await reading_rows.write_many(work, owner_id, fresh.values())
    if written.kinds:
        await roll_ups.refresh(work.connection, owner_id, written.kinds, written.days)
    if written.reading_id is not None:
        work.tell(EventKind.READINGS_RECORDED, patient_id=owner_id, subject_id=written.reading_id)
        work.ask(WorkKind.ANALYSE_VITALS, owner_id)
    work.audit("recordVitals", patient_id=owner_id)
    refused = {rejection.index for rejection in sent.rejected}
    return Imported(written.count, len(readings) - len(refused) - written.count, sent.rejected)
