"""Changing and stopping parts of plans: what was before stays as it was, and patients set the hour alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from domain import activities, activity_rows, therapy_plans
from domain.access import Actor
from domain.errors import BadInput, Conflict, Forbidden
from domain.kinds import ActivityKind, EventKind, FoodRule, Role
from domain.prescriptions import Dose, check_dose, checked_instructions, mark_of, tell_charts
from domain.rules import schedules
from domain.rules.schedules import Schedule
from domain.therapy_plans import wall_clock
from domain.unit_of_work import UnitOfWork

LOWEST_PULSE, HIGHEST_PULSE = 30, 250
MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Change:
    """What is to hold from a day on; what is None stays as it is."""

    from_day: date | None = None
    dose: Dose | None = None
    times_of_day: Sequence[time] | None = None
    every_days: int | None = None
    weekdays: Sequence[int] | None = None
    food: FoodRule | None = None
    instructions: str | None = None
    minutes: int | None = None
    pulse: tuple[int, int] | None = None
    ends_on: date | None = None


def check_exercise(minutes: int | None, pulse: tuple[int, int] | None) -> None:
    """Refuse minutes and a pulse that nobody can keep to.

    Raises:
        BadInput: it is so.
    """
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise BadInput(f"minutes: give 1 to {MOST_MINUTES}.")
    if pulse and not LOWEST_PULSE <= pulse[0] < pulse[1] <= HIGHEST_PULSE:
        raise BadInput(f"targetPulse: give two numbers of {LOWEST_PULSE} to {HIGHEST_PULSE}, the lower one first.")


def _check(row: Mapping[str, Any], asked: Change) -> None:
    """Refuse what a part of this kind does not have, or cannot be.

    Raises:
        BadInput: it is so.
    """
    if (asked.dose or asked.food) and row["kind"] != ActivityKind.MEDICATION:
        raise BadInput("dose: only medicines have one.")
    if (asked.minutes is not None or asked.pulse) and row["kind"] != ActivityKind.EXERCISE:
        raise BadInput("minutes: only exercises have them.")
    if asked.dose:
        check_dose(asked.dose)
    check_exercise(asked.minutes, asked.pulse)


def _check_patient(row: Mapping[str, Any], asked: Change) -> None:
    """Patients choose their hours, and nothing else.

    Raises:
        Forbidden: it is something else.
    """
    if asked.times_of_day is None or asked != Change(from_day=asked.from_day, times_of_day=asked.times_of_day):
        raise Forbidden("Only a clinician changes more than the times of day.")
    if len(set(asked.times_of_day)) != len(row["times_of_day"]):
        raise Forbidden("Only a clinician changes how often something is done.")


def _expect(row: Mapping[str, Any], expected_version: int | None, now: datetime) -> None:
    """Refuse a part that is not as it was expected.

    Raises:
        Conflict: it is so.
    """
    if expected_version not in (None, row["version"]):
        raise Conflict("The activity has changed since you saw it.", currentVersion=row["version"])
    if row["ends"] is not None and row["ends"] <= now:
        raise Conflict("The activity has ended.", currentVersion=row["version"])


def _changed(phase: Mapping[str, Any], asked: Change, first: date) -> dict[str, Any]:
    """What is to hold instead of `phase`."""
    schedule = schedules.checked(
        Schedule(
            phase["times_of_day"] if asked.times_of_day is None else asked.times_of_day,
            phase["every_days"] if asked.every_days is None else asked.every_days,
            phase["weekdays"] if asked.weekdays is None else asked.weekdays,
        )
    )
    said = {
        "anchor_day": None if asked.every_days is None else first,
        "instructions": checked_instructions(asked.instructions),
        "dose_value": asked.dose and asked.dose.value,
        "dose_unit": asked.dose and asked.dose.unit,
        "food": asked.food,
        "minutes": asked.minutes,
        "pulse_low": asked.pulse and asked.pulse[0],
        "pulse_high": asked.pulse and asked.pulse[1],
    }
    return {
        **phase,
        "every_days": schedule.every_days,
        "weekdays": schedule.weekdays,
        "times_of_day": schedule.times_of_day,
        **{name: value for name, value in said.items() if value is not None},
    }


async def _remaining(work: UnitOfWork, activity_id: UUID, since: datetime) -> Sequence[Mapping[str, Any]]:
    return await work.connection.fetch(
        "SELECT * FROM activity_schedule WHERE activity_id = $1 AND begins IS DISTINCT FROM ends"
        " AND (ends IS NULL OR ends > $2) ORDER BY begins",
        activity_id,
        since,
    )


async def change(
    work: UnitOfWork, by: Actor, activity_id: UUID, expected_version: int | None, asked: Change
) -> Mapping[str, Any]:
    """Let something else hold of a part, from tomorrow on if no day is said.

    Another dose takes the place of all steps that were planned from then on; other changes are made to each of them.

    Raises:
        Forbidden: a patient changes only the times of day.
        NotFound: no such part for `by`.
        BadInput: a value cannot be.
        Conflict: another version than expected, or it has ended or will before.
    """
    row = await activities.locked(work, by, activity_id)
    now = wall_clock(work.at, row["time_zone"])
    _expect(row, expected_version, now)
    if by.role is Role.PATIENT:
        _check_patient(row, asked)
    _check(row, asked)
    first = asked.from_day or now.date() + timedelta(days=1)
    therapy_plans.checked_days(now.date(), first, asked.ends_on)
    # What is set for today holds from now on.
    begins = max(datetime.combine(first, time.min), now)
    phases = await _remaining(work, activity_id, begins)
    if not phases:
        raise Conflict("The activity ends before that day.", currentVersion=row["version"])
    last = datetime.combine(asked.ends_on + timedelta(days=1), time.min) if asked.ends_on else phases[-1]["ends"]
    if asked.dose:
        phases = phases[:1]
    new = [_changed(phase, asked, first) | {"begins": max(phase["begins"], begins)} for phase in phases]
    new = [phase for phase in new if last is None or phase["begins"] < last]
    if not new:
        raise BadInput("endsOn: the activity begins later.")
    new[-1]["ends"] = last
    await _end(work, activity_id, begins)
    await activity_rows.keep_schedules(work, by, new)
    if asked.ends_on:
        await therapy_plans.last_until(work, row["plan_id"], asked.ends_on)
    if asked.dose:
        await tell_charts(work, by, row, new[0]["begins"], mark_of(row["medication"], phases[0], new[0]))
    work.tell(EventKind.ACTIVITY_SET, patient_id=row["patient_id"], subject_id=activity_id)
    work.audit("changeActivity", patient_id=row["patient_id"], subject_id=activity_id)
    return await activities.by_id(work.connection, activity_id, work.at)


async def _end(work: UnitOfWork, activity_id: UUID, at: datetime) -> None:
    """Let nothing hold of a part from a moment on."""
    await work.connection.execute(
        "WITH changed AS (UPDATE activity SET version = version + 1 WHERE id = $1)"
        " UPDATE activity_schedule SET ends = greatest(begins, $2)"
        " WHERE activity_id = $1 AND (ends IS NULL OR ends > greatest(begins, $2))",
        activity_id,
        at,
    )


async def stop(
    work: UnitOfWork, by: Actor, activity_id: UUID, expected_version: int | None, ends_on: date | None
) -> Mapping[str, Any]:
    """End a part of a plan now, or after a day to come; what was before stays.

    Raises:
        NotFound: no such part for `by`.
        BadInput: the day lies in the past.
        Conflict: another version than expected, or it has ended or will sooner.
    """
    row = await activities.locked(work, by, activity_id)
    now = wall_clock(work.at, row["time_zone"])
    _expect(row, expected_version, now)
    if ends_on is not None and ends_on < now.date():
        raise BadInput("endsOn: give today or a day to come.")
    if ends_on is not None and row["ends_on"] is not None and ends_on > row["ends_on"]:
        raise Conflict("The activity ends sooner by itself.", currentVersion=row["version"])
    ends = now if ends_on is None else datetime.combine(ends_on + timedelta(days=1), time.min)
    await _end(work, activity_id, ends)
    if row["kind"] == ActivityKind.MEDICATION:
        await tell_charts(work, by, row, ends, mark_of(row["medication"]))
    work.tell(EventKind.ACTIVITY_STOPPED, patient_id=row["patient_id"], subject_id=activity_id)
    work.audit("stopActivity", patient_id=row["patient_id"], subject_id=activity_id)
    return await activities.by_id(work.connection, activity_id, work.at)
