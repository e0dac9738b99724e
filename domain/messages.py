"""Readings that other systems send in messages: recorded as a phone's are, and each one answered for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import vitals
from domain.access import Actor
from domain.errors import BadInput, Forbidden
from domain.kinds import ReadingSource, Role, VitalKind
from domain.new_readings import NewReading, Rejection
from domain.rules.identity import reading_id
from domain.rules.units import to_canonical
from domain.unit_of_work import UnitOfWork

# Who may record readings at all; for whom, their patients say.
RECORDERS = frozenset({Role.PATIENT, Role.DEVICE, Role.CLINICIAN})


@dataclass(frozen=True)
class Kept:
    """A reading that is there: since now, or since it came before."""

    reading_id: UUID
    is_new: bool


def addressee(by: Actor, named: UUID | None) -> UUID:
    """Whose readings a message of `by` holds, where the message names a patient or nobody.

    Raises:
        Forbidden: a device names another patient than its own.
        BadInput: nobody is named, and `by` is not a patient nor a patient's device.
    """
    if by.role is Role.DEVICE and named not in (None, by.patient_id):
        raise Forbidden("This device records for its own patient alone.")
    patient_id = named or by.patient_id
    if patient_id is None:
        raise BadInput("Name the patient whose readings these are.")
    return patient_id


def as_sent(reading: NewReading, by: Actor) -> NewReading:
    """The reading with its source: the device that sends or is named, or else the person; a message is no import."""
    is_device = by.role is Role.DEVICE or reading.device is not None
    return reading._replace(source=ReadingSource.DEVICE if is_device else ReadingSource.MANUAL)


async def record(
    work: UnitOfWork, by: Actor, patient_id: UUID, readings: Sequence[NewReading]
) -> list[Kept | list[Rejection]]:
    """Record readings of one patient, and tell of each what became of it, in their order.

    Raises:
        BadInput: no reading, or more than one call may hold.
        NotFound: the patient is not visible to `by`.
    """
    recorded = await vitals.record(work, by, patient_id, readings)
    new = {row["id"] for row in recorded.accepted}
    rejected: dict[int, list[Rejection]] = {}
    for one in recorded.rejected:
        rejected.setdefault(one.index, []).append(one)
    fates: list[Kept | list[Rejection]] = []
    for index, reading in enumerate(readings):
        if index in rejected:
            fates.append(rejected[index])
            continue
        this = _id(patient_id, reading)
        fates.append(Kept(this, this in new))
        # The same once more in one message is a duplicate.
        new.discard(this)
    return fates


def _id(patient_id: UUID, reading: NewReading) -> UUID:
    """The id under which a plausible reading is kept, whoever sent it first."""
    names = ("systolic", "diastolic") if reading.kind is VitalKind.BLOOD_PRESSURE else ("value",)
    value, *others = (to_canonical(reading.kind, reading.values[name], reading.unit) for name in names)
    return reading_id(patient_id, reading.kind, reading.measured_at, value, others[0] if others else None)
