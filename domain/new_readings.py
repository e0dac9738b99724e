"""Readings as sent, checked one by one and made into rows; nothing here asks a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
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


@dataclass(frozen=True)
class NewReading:
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


def _columns(reading: NewReading, at: datetime) -> tuple[dict[str, Any], list[Rejection]]:
    """The numbers of one reading in canonical units, or the reasons why there are none."""
    problems: list[tuple[str, str, str]] = []
    if reading.measured_at.tzinfo is None:
        problems.append(("measuredAt", "NO_OFFSET", "Say the offset from UTC; without it nobody knows the moment."))
    elif reading.measured_at > at + CLOCK_SKEW:
        problems.append(("measuredAt", "IN_THE_FUTURE", "A reading cannot be measured in the future."))
    elif reading.measured_at < at - OLDEST:
        problems.append(("measuredAt", "TOO_OLD", "A reading cannot be older than 30 years."))
    if reading.device is not None and not is_device_name(reading.device):
        problems.append(("device", "NOT_A_NAME", f"Give at most {LONGEST_DEVICE_NAME} printable characters."))
    row: dict[str, Any] = {"diastolic": None, "pulse": None, "flags": []}
    try:
        if reading.kind is VitalKind.BLOOD_PRESSURE:
            systolic, diastolic = (
                to_canonical(reading.kind, reading.values[name], reading.unit) for name in ("systolic", "diastolic")
            )
            pulse = reading.values.get("pulse")
            verdict = plausibility.check_blood_pressure(systolic, diastolic, pulse)
            row |= {"value": systolic, "diastolic": diastolic, "pulse": pulse}
        else:
            value = to_canonical(reading.kind, reading.values["value"], reading.unit)
            verdict = plausibility.check_quantity(reading.kind, value)
            row |= {"value": value}
    except UnknownUnit as unknown:
        problems.append(("unit", "UNKNOWN_UNIT", str(unknown)))
    else:
        problems += [(problem.field, problem.code, problem.message) for problem in verdict.problems]
        row["flags"] = list(verdict.flags)
    return row, [Rejection(0, *problem) for problem in problems]


def _against_usual(kind: VitalKind, value: float, owner: Owner) -> plausibility.Verdict:
    """What a weight is, held against what this patient usually weighs."""
    if kind is not VitalKind.WEIGHT or owner.usual_weight is None:
        return plausibility.Verdict()
    problem = plausibility.check_weight_against(owner.usual_weight, value)
    if problem is not None:
        return plausibility.Verdict((problem,))
    is_usual = abs(value / owner.usual_weight - 1) <= plausibility.USUAL_WEIGHT_CHANGE
    return plausibility.Verdict(flags=() if is_usual else ("UNUSUAL_FOR_PATIENT",))


@dataclass
class Sorted:
    """One call's readings: the rows to keep by clientId, clientIds that came twice, and refusals."""

    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    repeated: list[UUID] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def sort(readings: Sequence[NewReading], at: datetime, owner: Owner, by: Actor) -> Sorted:
    """The readings of one call as rows to keep, repetitions and refusals."""
    found = Sorted()
    for index, reading in enumerate(readings):
        row, problems = _columns(reading, at)
        if not problems:
            verdict = _against_usual(reading.kind, row["value"], owner)
            problems = [Rejection(0, one.field, one.code, one.message) for one in verdict.problems]
            row["flags"] += verdict.flags
        if problems:
            found.rejected += [Rejection(index, one.field, one.code, one.message) for one in problems]
            continue
        row = _stored(reading, row, owner, by)
        earlier = found.rows.get(reading.client_id)
        if earlier is None:
            found.rows[reading.client_id] = row
        elif earlier["id"] == row["id"]:
            found.repeated.append(reading.client_id)
        else:
            found.rejected.append(clash(index))
    return found


def _stored(reading: NewReading, row: dict[str, Any], owner: Owner, by: Actor) -> dict[str, Any]:
    """The whole row of a reading whose numbers are known to be good."""
    is_office = by.role is Role.CLINICIAN and reading.source is ReadingSource.MANUAL
    circumstances = {
        "arm": reading.arm,
        "bodyPosition": reading.body_position,
        "isIrregular": reading.is_irregular,
    }
    told = {name: value for name, value in circumstances.items() if value is not None}
    is_canonical = reading.unit in (None, next(iter(UNITS[reading.kind])))
    offset = reading.measured_at.utcoffset() or timedelta()
    return row | {
        "id": reading_id(owner.id, reading.kind, reading.measured_at, row["value"], row["diastolic"]),
        "client_id": reading.client_id,
        "kind": reading.kind.value,
        "measured_at": reading.measured_at,
        "local_day": daily_summaries.local_day(reading.measured_at, owner.zone),
        "offset_minutes": round(offset.total_seconds() / 60),
        "source": reading.source.value,
        "setting": (reading.setting or (ReadingSetting.OFFICE if is_office else ReadingSetting.HOME)).value,
        "device": reading.device,
        "flags": ",".join(row["flags"]) or None,
        "sent": None if is_canonical else _json({**reading.values, "unit": reading.unit}),
        "circumstances": _json(told) if told else None,
    }


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def clash(index: int) -> Rejection:
    """The refusal of a clientId that stands for something else."""
    return Rejection(index, "clientId", "CONFLICT", "This clientId was used before for another reading.")
