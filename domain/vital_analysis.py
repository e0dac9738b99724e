"""One patient's readings taken in by the analysis, and what it newly finds told."""

from uuid import UUID

from domain import findings, vital_changes, vital_filters
from domain.unit_of_work import UnitOfWork


async def take_in(work: UnitOfWork, patient_id: UUID) -> None:
    """Take in whatever the patient's readings say that the analysis has not seen, and tell what it finds."""
    await vital_filters.take_turn(work.connection, [patient_id])
    unread = await vital_filters.take_unread(work.connection, [patient_id])
    if unread:
        analysed = await vital_filters.take_on(work.connection, unread)
        written = await findings.write(work, analysed)
        await vital_changes.tell(work, patient_id, written.new)
