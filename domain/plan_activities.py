"""What a clinician adds to a plan beside medicines: what to measure, how to move, to eat by, to learn or to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from domain import activities, activity_rows, therapy_plans
from domain.access import Actor
from domain.activity_changes import check_exercise
from domain.errors import BadInput, Conflict
from domain.kinds import ActivityKind, EventKind, ExerciseKind, VitalKind
from domain.prescriptions import checked_instructions, require_room
from domain.rules import questionnaires, schedules
from domain.rules.schedules import Schedule
from domain.therapy_plans import wall_clock
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_TITLE = 100
MOST_READINGS = 10


@dataclass(frozen=True)
class NewActivity:
    """A part as it is asked for; of the last six each is said for its own kind alone."""

    kind: ActivityKind
    title: str
    schedule: Schedule
    starts_on: date
    ends_on: date | None
    instructions: str | None
    measured_kind: VitalKind | None = None
    readings_each: int | None = None
    exercise: ExerciseKind | None = None
    minutes: int | None = None
    pulse: tuple[int, int] | None = None
    questionnaire: str | None = None


def _check(asked: NewActivity) -> None:
    """Refuse what a part of this kind does not have, or needs and has not, or cannot be.

    Raises:
        BadInput: it is so.
    """
    if asked.kind is ActivityKind.MEDICATION:
        raise BadInput("kind: medicines are prescribed by prescribeMedication.")
    for name, kind, values in (
        ("measurement", ActivityKind.MEASUREMENT, (asked.measured_kind, asked.readings_each)),
        ("exercise", ActivityKind.EXERCISE, (asked.exercise, asked.minutes)),
        ("questionnaireId", ActivityKind.QUESTIONNAIRE, (asked.questionnaire,)),
    ):
        if any((value is None) == (asked.kind is kind) for value in values):
            raise BadInput(f"{name}: give it for this kind, and for no other.")
    if asked.readings_each is not None and not 1 <= asked.readings_each <= MOST_READINGS:
        raise BadInput(f"measurement: ask for 1 to {MOST_READINGS} readings in a row.")
    if asked.questionnaire is not None and questionnaires.newest(asked.questionnaire) is None:
        raise BadInput("questionnaireId: there is no such questionnaire.")
    check_exercise(asked.minutes, asked.pulse)
    if asked.schedule.is_as_needed:
        raise BadInput("timesOfDay: give at least one.")


async def add(work: UnitOfWork, by: Actor, client_id: UUID, plan_id: UUID, asked: NewActivity) -> Mapping[str, Any]:
    """Add a part to a plan; the same clientId once more is the same part.

    Raises:
        NotFound: no such plan for `by`.
        BadInput: a value cannot be.
        Conflict: the plan does not run, or the clientId stands for something else.
    """
    title = " ".join(asked.title.split())
    if not 1 <= len(title) <= LONGEST_TITLE or not title.isprintable():
        raise BadInput(f"title: give 1 to {LONGEST_TITLE} printable characters.")
    _check(asked)
    schedule, instructions = schedules.checked(asked.schedule), checked_instructions(asked.instructions)
    plan = await therapy_plans.locked(work, by, plan_id)
    known = await work.connection.fetchrow(
        "SELECT id, kind, title FROM activity WHERE patient_id = $1 AND client_id = $2", plan["patient_id"], client_id
    )
    if known is not None:
        if (known["kind"], known["title"]) != (asked.kind, title):
            raise Conflict("This clientId was used before for another activity.")
        return await activities.by_id(work.connection, known["id"], work.at)
    await require_room(work, plan)
    now = wall_clock(work.at, plan["time_zone"])
    therapy_plans.checked_days(now.date(), asked.starts_on, asked.ends_on)
    this = new_id()
    row = {
        "id": this,
        "plan_id": plan_id,
        "patient_id": plan["patient_id"],
        "client_id": client_id,
        "kind": asked.kind,
        "title": title,
    }
    await activity_rows.keep_activities(work, by, [row], await activity_rows.next_position(work, plan_id))
    holds = {
        "patient_id": plan["patient_id"],
        "activity_id": this,
        "begins": max(datetime.combine(asked.starts_on, time.min), now),
        "ends": None if asked.ends_on is None else datetime.combine(asked.ends_on + timedelta(days=1), time.min),
        "anchor_day": asked.starts_on,
        "every_days": schedule.every_days,
        "weekdays": schedule.weekdays,
        "times_of_day": schedule.times_of_day,
        "instructions": instructions,
        "measured_kind": asked.measured_kind,
        "readings_each": asked.readings_each,
        "exercise": asked.exercise,
        "minutes": asked.minutes,
        "pulse_low": asked.pulse and asked.pulse[0],
        "pulse_high": asked.pulse and asked.pulse[1],
        "questionnaire": asked.questionnaire,
    }
    await activity_rows.keep_schedules(work, by, [holds])
    await therapy_plans.last_until(work, plan_id, asked.ends_on)
    work.tell(EventKind.ACTIVITY_SET, patient_id=plan["patient_id"], subject_id=this)
    work.audit("addActivity", patient_id=plan["patient_id"], subject_id=this)
    return await activities.by_id(work.connection, this, work.at)
