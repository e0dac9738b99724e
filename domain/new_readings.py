"""Readings as sent, checked one by one and made into rows; nothing here asks a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from domain import daily_summaries
from domain.access import Actor
from domain.kinds import Arm, BodyPosition, ReadingSetting, ReadingSource, Role, VitalKind
from domain.rules import plausibility
from domain.rules.device_names import LONGEST_DEVICE_NAME, is_device_name
from domain.rules.identity import reading_id
from domain.rules.units import UNITS, UnknownUnit, to_canonical

# A phone's clock may run a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=365 * 30)
_MINUTE = timedelta(minutes=1)


class NewReading(NamedTuple):
    """One reading as sent: `values` holds value, or systolic, diastolic and perhaps pulse."""

    client_id: UUID
    kind: VitalKind
    measured_at: datetime
    source: ReadingSource
    values: Mapping[str, float]
    unit: str | None = None
    device: str | None = None
    # Where it was taken, if that is known; how it was taken, for a blood pressure.
    setting: ReadingSetting | None = None
    arm: Arm | None = None
    body_position: BodyPosition | None = None
    is_irregular: bool | None = None


@dataclass(frozen=True)
class Rejection:
    """Why the reading at `index` was not kept."""

    index: int
    field: str
    code: str
    message: str


@dataclass(frozen=True)
class Owner:
    """Whose readings these are, and what is known of them before."""

    id: UUID
    zone: ZoneInfo
    usual_weight: float | None


Row = dict[str, Any]


def _around(reading: NewReading, earliest: datetime, latest: datetime) -> list[plausibility.Problem]:
    """What is wrong with the moment and the device."""
    problems: list[tuple[str, str, str]] = []
    if reading.measured_at.tzinfo is None:
        problems.append(("measuredAt", "NO_OFFSET", "Say the offset from UTC; without it nobody knows the moment."))
    elif reading.measured_at > latest:
        problems.append(("measuredAt", "IN_THE_FUTURE", "A reading cannot be measured in the future."))
    elif reading.measured_at < earliest:
        problems.append(("measuredAt", "TOO_OLD", "A reading cannot be older than 30 years."))
    if reading.device is not None and not is_device_name(reading.device):
        problems.append(("device", "NOT_A_NAME", f"Give at most {LONGEST_DEVICE_NAME} printable characters."))
    return [plausibility.Problem(*problem) for problem in problems]


def _numbers(reading: NewReading) -> tuple[tuple[float, float | None, float | None], plausibility.Verdict]:
    """Value, diastolic and pulse in canonical units, and the verdict on them.

    Raises:
        UnknownUnit: the unit is none of the kind's.
    """
    values, unit = reading.values, reading.unit
    if reading.kind is VitalKind.BLOOD_PRESSURE:
        systolic = to_canonical(reading.kind, values["systolic"], unit)
        diastolic = to_canonical(reading.kind, values["diastolic"], unit)
        pulse = values.get("pulse")
        return (systolic, diastolic, pulse), plausibility.check_blood_pressure(systolic, diastolic, pulse)
    value = to_canonical(reading.kind, values["value"], unit)
    return (value, None, None), plausibility.check_quantity(reading.kind, value)


def _against_usual(kind: VitalKind, value: float, owner: Owner) -> plausibility.Verdict:
    """What a weight is, held against what this patient usually weighs."""
    if kind is not VitalKind.WEIGHT or owner.usual_weight is None:
        return plausibility.FINE
    problem = plausibility.check_weight_against(owner.usual_weight, value)
    if problem is not None:
        return plausibility.Verdict((problem,))
    is_usual = abs(value / owner.usual_weight - 1) <= plausibility.USUAL_WEIGHT_CHANGE
    return plausibility.FINE if is_usual else plausibility.Verdict(flags=("UNUSUAL_FOR_PATIENT",))


@dataclass
class Sorted:
    """One call's readings: the rows to keep by clientId, clientIds that came twice, and refusals."""

    rows: dict[UUID, Row] = field(default_factory=dict)
    repeated: list[UUID] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def sort(readings: Sequence[NewReading], at: datetime, owner: Owner, by: Actor) -> Sorted:
    """The readings of one call as rows to keep, repetitions and refusals."""
    found = Sorted()
    # A person's word is taken as the clinic's where nobody says otherwise.
    usual_setting = {
        source: ReadingSetting.OFFICE
        if by.role is Role.CLINICIAN and source is ReadingSource.MANUAL
        else ReadingSetting.HOME
        for source in ReadingSource
    }
    earliest, latest = at - OLDEST, at + CLOCK_SKEW
    for index, reading in enumerate(readings):
        problems = _around(reading, earliest, latest)
        try:
            numbers, verdict = _numbers(reading)
        except UnknownUnit as unknown:
            problems.append(plausibility.Problem("unit", "UNKNOWN_UNIT", str(unknown)))
        else:
            problems += verdict.problems
            flags = verdict.flags
            if not problems:
                verdict = _against_usual(reading.kind, numbers[0], owner)
                problems += verdict.problems
                flags += verdict.flags
        if problems:
            found.rejected += [Rejection(index, one.field, one.code, one.message) for one in problems]
            continue
        row = _stored(reading, numbers, flags, owner, reading.setting or usual_setting[reading.source])
        earlier = found.rows.setdefault(reading.client_id, row)
        if earlier is row:
            continue
        if earlier["id"] == row["id"]:
            found.repeated.append(reading.client_id)
        else:
            found.rejected.append(clash(index))
    return found


def _stored(
    reading: NewReading,
    numbers: tuple[float, float | None, float | None],
    flags: Sequence[str],
    owner: Owner,
    setting: ReadingSetting,
) -> Row:
    """The whole row of a reading whose numbers are known to be good."""
    kind, measured_at = reading.kind, reading.measured_at
    value, diastolic, pulse = numbers
    offset = measured_at.utcoffset()
    return {
        "id": reading_id(owner.id, kind, measured_at, value, diastolic),
        "client_id": reading.client_id,
        "kind": kind,
        "measured_at": measured_at.astimezone(UTC),
        "local_day": daily_summaries.local_day(measured_at, owner.zone),
        "offset_minutes": round(offset / _MINUTE) if offset else 0,
        "source": reading.source,
        "setting": setting,
        "device": reading.device,
        "value": value,
        "diastolic": diastolic,
        "pulse": pulse,
        "flags": flags or None,
        "sent": _as_sent(reading),
        "circumstances": _circumstances(reading),
    }


def _as_sent(reading: NewReading) -> str | None:
    """Numbers and unit as sent, where the unit is not the canonical one."""
    if reading.unit is None or reading.unit == next(iter(UNITS[reading.kind])):
        return None
    return _json({**reading.values, "unit": reading.unit})


def _circumstances(reading: NewReading) -> str | None:
    """How a blood pressure was taken, as far as it was said."""
    if reading.arm is None and reading.body_position is None and reading.is_irregular is None:
        return None
    told = {"arm": reading.arm, "bodyPosition": reading.body_position, "isIrregular": reading.is_irregular}
    return _json({name: value for name, value in told.items() if value is not None})


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def clash(index: int) -> Rejection:
    """The refusal of a clientId that stands for something else."""
    return Rejection(index, "clientId", "CONFLICT", "This clientId was used before for another reading.")
