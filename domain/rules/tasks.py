"""Tasks: how they are named, and what is said of them at some moment."""

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from domain.errors import BadInput
from domain.kinds import ActivityKind, TaskOutcome

# So long after its time a task is late.
LATE_AFTER = timedelta(hours=1)
# So long after its day a task can be completed, skipped and taken back.
OPEN_DAYS = 7
# Who is up and about takes so many steps a day, and each minute of brisk walking adds so many: 30 minutes make 8,000
# (Tudor-Locke and others, Int J Behav Nutr Phys Act 2011;8:79: 7,000 to 8,000 steps with 30 minutes of moderate
# activity; 2018;15:8: 100 steps a minute and more are moderate). To be confirmed by a clinician.
USUAL_STEPS = 5_000
STEPS_A_MINUTE = 100
# The pulse is in its target range at least for this share of an exercise, from the first such reading to the last. Our
# own; to be confirmed by a clinician.
PULSE_SHARE = 0.5

_ID_BYTES = 21


class TaskStatus(StrEnum):
    """What is to be said of a task now."""

    UPCOMING = "UPCOMING"
    DUE = "DUE"
    LATE = "LATE"
    MISSED = "MISSED"
    TAKEN = "TAKEN"
    DONE = "DONE"
    SKIPPED = "SKIPPED"


class TaskKey(NamedTuple):
    """What makes a task the same one, whatever zone its patient is in: the activity, the day and the time."""

    activity_id: UUID
    day: date
    time_of_day: time


def task_id(key: TaskKey) -> str:
    """An opaque name for a task, which has no row as long as nothing became of it."""
    minutes = key.time_of_day.hour * 60 + key.time_of_day.minute
    packed = key.activity_id.bytes + key.day.toordinal().to_bytes(3, "big") + minutes.to_bytes(2, "big")
    return base64.urlsafe_b64encode(packed).decode()


def task_key(name: str) -> TaskKey:
    """The task of that name.

    Raises:
        BadInput: no task can have it.
    """
    try:
        packed = base64.b64decode(name.encode(), altchars=b"-_", validate=True)
        if len(packed) != _ID_BYTES:
            raise ValueError  # noqa: TRY301 - one refusal for every name of no task
        hours, minutes = divmod(int.from_bytes(packed[19:], "big"), 60)
        return TaskKey(
            UUID(bytes=packed[:16]), date.fromordinal(int.from_bytes(packed[16:19], "big")), time(hours, minutes)
        )
    except (ValueError, binascii.Error, OverflowError):
        raise BadInput("taskId: this is not an id of Cuore.") from None


def status(row: Mapping[str, Any], at: datetime) -> TaskStatus:
    """Of a task with `outcome`, `opens_at`, `due_at` and `closes_at`."""
    if row["outcome"] is not None:
        return TaskStatus(row["outcome"])
    if at < row["opens_at"]:
        return TaskStatus.UPCOMING
    if at >= row["closes_at"]:
        return TaskStatus.MISSED
    return TaskStatus.DUE if at < row["due_at"] + LATE_AFTER else TaskStatus.LATE


def is_late(row: Mapping[str, Any]) -> bool:
    """Whether it was completed long after its time."""
    return row["completed_at"] is not None and row["completed_at"] >= row["due_at"] + LATE_AFTER


def fitting(kind: ActivityKind, outcome: TaskOutcome) -> bool:
    """Whether this can become of a task of that kind: medicines are taken, all else is done."""
    if kind is ActivityKind.MEDICATION:
        return outcome is not TaskOutcome.DONE
    return outcome is not TaskOutcome.TAKEN
