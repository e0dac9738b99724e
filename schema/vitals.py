"""Readings: recording and reading them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

import orjson
import strawberry

from domain import home_blood_pressure, vitals
from domain.kinds import Arm, BloodPressureScheme, BodyPosition, ReadingSetting, ReadingSource, Role, VitalKind
from domain.rules.blood_pressure_classes import BloodPressureCategory
from domain.rules.blood_pressure_classes import category as class_of
from domain.rules.codes import CODES
from schema.access import loads, needs
from schema.context import Info
from schema.execution.from_row import FromRow, Readers, Row
from schema.scalars import as_uuid, required_uuid


@strawberry.interface(description="One measurement.")
class Reading:
    id: strawberry.ID = strawberry.field(description="The reading's id.")
    kind: VitalKind = strawberry.field(description="What was measured.")
    measured_at: datetime = strawberry.field(description="When, in UTC.")
    received_at: datetime = strawberry.field(description="When Cuore received it, in UTC.")
    source: ReadingSource = strawberry.field(description="Where it came from.")
    loinc: str | None = strawberry.field(description="LOINC code of what was measured, where there is one.")
    snomed: str | None = strawberry.field(description="SNOMED CT finding of a symptom.")
    setting: ReadingSetting = strawberry.field(description="Where it was taken.")
    device: str | None = strawberry.field(description="Make and model of the device.")
    offset_minutes: int = strawberry.field(description="Minutes east of UTC on the wall clock of the patient.")
    superseded_by: strawberry.ID | None = strawberry.field(description="The correction that took its place.")
    flags: list[str] = strawberry.field(description="Why the value is kept but looks unusual.")


@strawberry.type(description="A blood pressure as it was sent.")
class SentPressure:
    systolic: float = strawberry.field(description="Systolic pressure in `unit`.")
    diastolic: float = strawberry.field(description="Diastolic pressure in `unit`.")
    unit: str = strawberry.field(description="UCUM unit.")


@strawberry.type(description="One blood pressure, LOINC 85354-9.")
class BloodPressureReading(Reading):
    systolic: float = strawberry.field(description="Systolic pressure in mm[Hg].")
    diastolic: float = strawberry.field(description="Diastolic pressure in mm[Hg].")
    pulse: float | None = strawberry.field(description="Pulse in /min, if the cuff gave it.")
    unit: str = strawberry.field(description="UCUM unit of the pressures.")
    arm: Arm | None = strawberry.field(description="Where the cuff was, if it was said.")
    body_position: BodyPosition | None = strawberry.field(description="How the patient was, if it was said.")
    is_irregular: bool | None = strawberry.field(description="Whether the cuff felt an irregular pulse.")
    sent: SentPressure | None = strawberry.field(description="As it was sent, where that was another unit.")
    patient_key: strawberry.Private[UUID]
    # Absent where the reading was not read with it.
    scheme: strawberry.Private[BloodPressureScheme | None]

    @loads(
        Role.PATIENT,
        Role.CLINICIAN,
        key=lambda reading: (reading.patient_key, reading.scheme, reading.systolic, reading.diastolic, reading.setting),
    )
    @staticmethod
    async def category(
        measured: list[tuple[UUID, BloodPressureScheme | None, float, float, ReadingSetting]], info: Info
    ) -> list[BloodPressureCategory]:
        """Class of this one reading by the clinic's scheme: of its numbers, not a diagnosis."""
        without = {patient_id for patient_id, scheme, *_ in measured if scheme is None}
        found: Mapping[UUID, BloodPressureScheme] = {}
        if without:
            found = await home_blood_pressure.schemes((await info.context.reads()).connection, without)
        return [
            class_of(systolic, diastolic, scheme or found[patient_id], setting)
            for patient_id, scheme, systolic, diastolic, setting in measured
        ]


@strawberry.type(description="One quantity in its canonical unit.")
class QuantityReading(Reading):
    value: float = strawberry.field(description="The value in `unit`.")
    unit: str = strawberry.field(description="UCUM unit.")
    sent_value: float | None = strawberry.field(description="The number as it was sent, where the unit was another.")
    sent_unit: str | None = strawberry.field(description="The UCUM unit in which it was sent, where it was another.")


def _coded(name: str) -> Callable[[Row], Any]:
    values = {str(kind): getattr(coding, name) for kind, coding in CODES.items()}
    return lambda row: values[row["kind"]]


def _identity(name: str) -> Callable[[Row], str | None]:
    return lambda row: None if row[name] is None else str(row[name])


def _one_of(kind: type[StrEnum], name: str) -> Callable[[Row], Any]:
    members = {member.value: member for member in kind}
    # A value that is no member fails as one that is not.
    return lambda row: members.get(row[name]) or kind(row[name])


def _sent(name: str) -> Callable[[Row], Any]:
    return lambda row: orjson.loads(row["sent"]).get(name) if row["sent"] else None


def _told(name: str, kind: Callable[[Any], Any]) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        told = orjson.loads(row["circumstances"]) if row["circumstances"] else {}
        return kind(told[name]) if name in told else None

    return value


def _sent_pressure(row: Row) -> SentPressure | None:
    sent = orjson.loads(row["sent"]) if row["sent"] else {}
    as_sent = {name: sent[name] for name in ("systolic", "diastolic", "unit") if name in sent}
    return SentPressure(**as_sent) if as_sent else None


def _scheme(row: Row) -> BloodPressureScheme | None:
    scheme = row.get("blood_pressure_scheme")
    return None if scheme is None else BloodPressureScheme(scheme)


_OF_ALL: Readers = {
    "id": _identity("id"),
    "kind": _one_of(VitalKind, "kind"),
    "measured_at": itemgetter("measured_at"),
    "received_at": itemgetter("received_at"),
    "source": _one_of(ReadingSource, "source"),
    "loinc": _coded("loinc"),
    "snomed": _coded("snomed"),
    "setting": _one_of(ReadingSetting, "setting"),
    "device": itemgetter("device"),
    "offset_minutes": itemgetter("offset_minutes"),
    "superseded_by": _identity("superseded_by"),
    "flags": lambda row: [*(row["flags"] or ())],
    "unit": _coded("ucum"),
}
_OF_QUANTITIES: Readers = {
    **_OF_ALL,
    "value": itemgetter("value"),
    "sent_value": _sent("value"),
    "sent_unit": _sent("unit"),
}
_OF_PRESSURES: Readers = {
    **_OF_ALL,
    "systolic": itemgetter("value"),
    "diastolic": itemgetter("diastolic"),
    "pulse": itemgetter("pulse"),
    "arm": _told("arm", Arm),
    "body_position": _told("bodyPosition", BodyPosition),
    "is_irregular": _told("isIrregular", bool),
    "sent": _sent_pressure,
    "patient_key": itemgetter("patient_id"),
    "scheme": _scheme,
}


# The fields that need more than the plain columns of a row.
READING_DETAILS = frozenset(
    {"device", "offset_minutes", "superseded_by", "flags", "sent", "sent_value", "sent_unit"}
    | {"arm", "body_position", "is_irregular"}
)


# The fields that need the scheme of the patient's clinic.
READING_CLASS = frozenset({"category"})


class _QuantityFromRow(FromRow, QuantityReading):
    readers = _OF_QUANTITIES


class _PressureFromRow(FromRow, BloodPressureReading):
    readers = _OF_PRESSURES


def reading_of(row: Row) -> Reading:
    """The GraphQL type of a row of `reading`."""
    return _PressureFromRow(row) if row["kind"] == VitalKind.BLOOD_PRESSURE else _QuantityFromRow(row)


@strawberry.input(description="A blood pressure as the cuff shows it.")
class BloodPressureInput:
    systolic: float = strawberry.field(description="Systolic pressure.")
    diastolic: float = strawberry.field(description="Diastolic pressure.")
    pulse: float | None = strawberry.field(default=None, description="Pulse in /min.")
    unit: str | None = strawberry.field(default=None, description="UCUM unit of the pressures; mm[Hg] if absent.")
    arm: Arm | None = strawberry.field(default=None, description="Where the cuff was.")
    body_position: BodyPosition | None = strawberry.field(default=None, description="How the patient was.")
    is_irregular: bool | None = strawberry.field(default=None, description="Whether the cuff felt an irregular pulse.")


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
    resting_heart_rate: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="/min.")
    respiratory_rate: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="/min.")
    heart_rate_variability_rmssd: QuantityInput | None = strawberry.field(
        default=strawberry.UNSET, description="ms, or s; the root mean square of successive differences."
    )
    heart_rate_variability_sdnn: QuantityInput | None = strawberry.field(
        default=strawberry.UNSET, description="ms, or s; the standard deviation of intervals, which is another number."
    )
    sleep_duration: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="min, or h, s.")
    breathlessness: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="{score} 0 to 10.")
    chest_pain: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="{score} 0 to 10.")
    dizziness: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="{score} 0 to 10.")
    swelling: QuantityInput | None = strawberry.field(default=strawberry.UNSET, description="{score} 0 to 10.")


@strawberry.input(description="One reading.")
class ReadingInput:
    client_id: UUID = strawberry.field(description="Made by the phone; sending it again changes nothing.")
    measured_at: datetime = strawberry.field(description="When, with the offset of the patient's wall clock.")
    source: ReadingSource = strawberry.field(default=ReadingSource.DEVICE, description="Where it came from.")
    device: str | None = strawberry.field(default=None, description="Make and model of the device.")
    setting: ReadingSetting | None = strawberry.field(
        default=None, description="Where it was taken; if absent, at home unless a clinician typed it in."
    )
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


@strawberry.input(description="A wrong reading and the right one.")
class CorrectReadingInput:
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose reading; a patient may leave it out."
    )
    reading_id: strawberry.ID = strawberry.field(description="The wrong reading.")
    right: ReadingInput = strawberry.field(description="What is right, of the same kind; `source` is not used.")


@strawberry.type(description="The reading that took the wrong one's place.")
class CorrectReadingPayload:
    reading: Reading = strawberry.field(description="The correction.")


_KINDS = {kind.lower(): kind for kind in VitalKind}


def _new_reading(sent: ReadingInput) -> vitals.NewReading:
    name, given = _value(sent.value)
    if not isinstance(given, BloodPressureInput):
        return vitals.NewReading(
            client_id=sent.client_id,
            kind=_KINDS[name],
            measured_at=sent.measured_at,
            source=sent.source,
            values={"value": given.value},
            unit=given.unit,
            device=sent.device,
            setting=sent.setting,
        )
    values = {"systolic": given.systolic, "diastolic": given.diastolic}
    if given.pulse is not None:
        values["pulse"] = given.pulse
    return vitals.NewReading(
        client_id=sent.client_id,
        kind=VitalKind.BLOOD_PRESSURE,
        measured_at=sent.measured_at,
        source=sent.source,
        values=values,
        unit=given.unit,
        device=sent.device,
        setting=sent.setting,
        arm=given.arm,
        body_position=given.body_position,
        is_irregular=given.is_irregular,
    )


def _value(sent: VitalValueInput) -> tuple[str, BloodPressureInput | QuantityInput]:
    """The one value that was sent, and the name of its field."""
    for name, given in vars(sent).items():
        if given is not None and given is not strawberry.UNSET:
            return name, given
    raise AssertionError("an input with exactly one value has one")


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

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def correct_reading(
        self,
        info: Info,
        input: Annotated[CorrectReadingInput, strawberry.argument(description="What is right.")],  # noqa: A002
    ) -> CorrectReadingPayload:
        """Put a right reading in the place of a wrong one; the wrong one stays in history."""
        wrong_id = required_uuid(input.reading_id, "readingId")
        right = _new_reading(input.right)
        async with info.context.change() as work:
            row = await vitals.correct(
                work, info.context.actor, as_uuid(input.patient_id, "patientId"), wrong_id, right
            )
        return CorrectReadingPayload(reading=reading_of(row))
