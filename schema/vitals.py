"""Readings: recording and reading them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import vitals
from domain.kinds import ReadingSource, Role, VitalKind
from domain.rules.codes import CODES
from schema.access import needs
from schema.context import Info
from schema.scalars import as_uuid


@strawberry.interface(description="One measurement.")
class Reading:
    id: strawberry.ID = strawberry.field(description="The reading's id.")
    kind: VitalKind = strawberry.field(description="What was measured.")
    measured_at: datetime = strawberry.field(description="When, in UTC.")
    received_at: datetime = strawberry.field(description="When Cuore received it, in UTC.")
    source: ReadingSource = strawberry.field(description="Where it came from.")
    loinc: str = strawberry.field(description="LOINC code of what was measured.")
    flags: list[str] = strawberry.field(description="Why the value is kept but looks unusual.")


@strawberry.type(description="One blood pressure, LOINC 85354-9.")
class BloodPressureReading(Reading):
    systolic: float = strawberry.field(description="Systolic pressure in mm[Hg].")
    diastolic: float = strawberry.field(description="Diastolic pressure in mm[Hg].")
    pulse: float | None = strawberry.field(description="Pulse in /min, if the cuff gave it.")
    unit: str = strawberry.field(description="UCUM unit of the pressures.")


@strawberry.type(description="One quantity in its canonical unit.")
class QuantityReading(Reading):
    value: float = strawberry.field(description="The value in `unit`.")
    unit: str = strawberry.field(description="UCUM unit.")


def reading_of(row: Mapping[str, Any]) -> Reading:
    """The GraphQL type of a row of `reading`."""
    kind = VitalKind(row["kind"])
    coding = CODES[kind]
    shared: dict[str, Any] = {
        "id": strawberry.ID(str(row["id"])),
        "kind": kind,
        "measured_at": row["measured_at"],
        "received_at": row["received_at"],
        "source": ReadingSource(row["source"]),
        "loinc": coding.loinc,
        "flags": list(row["flags"]),
        "unit": coding.ucum,
    }
    if kind is VitalKind.BLOOD_PRESSURE:
        return BloodPressureReading(**shared, systolic=row["value"], diastolic=row["diastolic"], pulse=row["pulse"])
    return QuantityReading(**shared, value=row["value"])


@strawberry.input(description="A blood pressure as the cuff shows it.")
class BloodPressureInput:
    systolic: float = strawberry.field(description="Systolic pressure.")
    diastolic: float = strawberry.field(description="Diastolic pressure.")
    pulse: float | None = strawberry.field(default=None, description="Pulse in /min.")
    unit: str | None = strawberry.field(default=None, description="UCUM unit of the pressures; mm[Hg] if absent.")


@strawberry.input(description="A value and its unit.")
class QuantityInput:
    value: float = strawberry.field(description="The number.")
    unit: str | None = strawberry.field(default=None, description="UCUM unit; the canonical one if absent.")


@strawberry.input(one_of=True, description="What was measured: exactly one of these.")
class VitalValueInput:
    blood_pressure: BloodPressureInput | None = strawberry.field(default=strawberry.UNSET, description="mm[Hg].")
    heart_rate: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="/min.")
    weight: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="kg, or [lb_av], g.")
    oxygen_saturation: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="%.")
    body_temperature: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="Cel, or [degF].")
    steps: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="{steps} of the day.")


@strawberry.input(description="One reading.")
class ReadingInput:
    client_id: UUID = strawberry.field(description="Made by the phone; sending it again changes nothing.")
    measured_at: datetime = strawberry.field(description="When, with the offset of the patient's wall clock.")
    source: ReadingSource = strawberry.field(default=ReadingSource.DEVICE, description="Where it came from.")
    device: str | None = strawberry.field(default=None, description="Make and model of the device.")
    value: VitalValueInput = strawberry.field(description="What was measured.")


@strawberry.input(description="Readings of one patient, at most 500.")
class RecordVitalsInput:
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose readings; a patient or device may leave it out."
    )
    readings: list[ReadingInput] = strawberry.field(description="The readings.")


@strawberry.type(description="Why one reading was not kept.")
class RejectedReading:
    index: int = strawberry.field(description="Its place in the sent list, from 0.")
    field: str = strawberry.field(description="The field at fault.")
    code: str = strawberry.field(description="The reason as a code.")
    message: str = strawberry.field(description="The reason as a sentence.")


@strawberry.type(description="What became of the sent readings.")
class RecordVitalsPayload:
    accepted: list[Reading] = strawberry.field(description="Kept now.")
    duplicates: list[UUID] = strawberry.field(description="clientIds that were kept before.")
    rejected: list[RejectedReading] = strawberry.field(description="Not kept, with reasons.")


def _new_reading(sent: ReadingInput) -> vitals.NewReading:
    name, given = next(
        (name, given) for name, given in vars(sent.value).items() if given not in (None, strawberry.UNSET)
    )
    if isinstance(given, BloodPressureInput):
        values = {"systolic": given.systolic, "diastolic": given.diastolic}
        if given.pulse is not None:
            values["pulse"] = given.pulse
    else:
        values = {"value": given.value}
    return vitals.NewReading(
        client_id=sent.client_id,
        kind=VitalKind(name.upper()),
        measured_at=sent.measured_at,
        source=sent.source,
        values=values,
        unit=given.unit,
        device=sent.device,
    )


@strawberry.type
class VitalsMutation:
    @needs(Role.PATIENT, Role.DEVICE, Role.CLINICIAN)
    async def record_vitals(
        self,
        info: Info,
        input: Annotated[RecordVitalsInput, strawberry.argument(description="The readings.")],  # noqa: A002 - the contract's word
    ) -> RecordVitalsPayload:
        """Keep readings of one patient; bad ones come back with their reason, good ones stay."""
        readings = [_new_reading(one) for one in input.readings]
        async with info.context.change() as work:
            outcome = await vitals.record(work, info.context.actor, as_uuid(input.patient_id, "patientId"), readings)
        return RecordVitalsPayload(
            accepted=[reading_of(row) for row in outcome.accepted],
            duplicates=list(outcome.duplicates),
            rejected=[RejectedReading(**vars(one)) for one in outcome.rejected],
        )
