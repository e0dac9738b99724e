"""How long an alert may be quiet, and who is told when nobody takes it: the set times of each severity, as data.

All of them are our own and to be confirmed by a clinician; docs/rules/alert-life.md tells them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.kinds import AlertAudience, AlertSeverity

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """Whom to tell, so long after the alert was opened, if nobody has acknowledged it by then."""

    audience: AlertAudience
    after: timedelta


@dataclass(frozen=True)
class SnoozeLimit:
    """The longest snooze, and for how long after an alert became so severe it may be quiet at all."""

    longest: timedelta
    since_severe: timedelta | None = None


STEPS: Mapping[AlertSeverity, Sequence[Step]] = {
    AlertSeverity.EMERGENCY: (
        Step(AlertAudience.RESPONSIBLE, timedelta()),
        Step(AlertAudience.CARE_TEAM, 5 * MINUTE),
        Step(AlertAudience.ON_CALL, 15 * MINUTE),
    ),
    AlertSeverity.URGENT: (
        Step(AlertAudience.RESPONSIBLE, timedelta()),
        Step(AlertAudience.CARE_TEAM, 2 * HOUR),
        Step(AlertAudience.ON_CALL, 6 * HOUR),
    ),
    # The worklist shows it at once; nobody is told of it before it has waited for three days.
    AlertSeverity.REVIEW: (Step(AlertAudience.RESPONSIBLE, 3 * DAY), Step(AlertAudience.CARE_TEAM, 5 * DAY)),
    AlertSeverity.INFO: (),
}
SNOOZES: Mapping[AlertSeverity, SnoozeLimit] = {
    AlertSeverity.EMERGENCY: SnoozeLimit(15 * MINUTE, since_severe=HOUR),
    AlertSeverity.URGENT: SnoozeLimit(8 * HOUR, since_severe=DAY),
    AlertSeverity.REVIEW: SnoozeLimit(14 * DAY),
    AlertSeverity.INFO: SnoozeLimit(90 * DAY),
}
# What was acknowledged so long ago, and has not been resolved, is opened again by a repeat.
REMINDS_AFTER: Mapping[AlertSeverity, timedelta | None] = {
    AlertSeverity.EMERGENCY: HOUR,
    AlertSeverity.URGENT: DAY,
    AlertSeverity.REVIEW: 7 * DAY,
    AlertSeverity.INFO: None,
}


def first_step_at(severity: AlertSeverity, opened_at: datetime) -> datetime | None:
    """When an alert that is opened now escalates first, if it ever does."""
    steps = STEPS[severity]
    return opened_at + steps[0].after if steps else None


def next_step_at(severity: AlertSeverity, taken: int, due_at: datetime) -> datetime | None:
    """When the step after the `taken` first ones is due, of which the last was due at `due_at`."""
    steps = STEPS[severity]
    return due_at + (steps[taken].after - steps[taken - 1].after) if taken < len(steps) else None


def steps_after_hand_over(severity: AlertSeverity, at: datetime) -> tuple[int, datetime | None]:
    """How many steps are behind an alert whose new assignee is told at once, and when the next one is due."""
    steps = STEPS[severity]
    taken = sum(step.after == timedelta() for step in steps)
    return taken, at + steps[taken].after if taken < len(steps) else None


def reminds_at(severity: AlertSeverity, acknowledged_at: datetime) -> datetime | None:
    """From when on a repeat opens what was acknowledged."""
    after = REMINDS_AFTER[severity]
    return acknowledged_at + after if after is not None else None


def latest_snooze(severity: AlertSeverity, severe_since: datetime, now: datetime) -> datetime:
    """Until when an alert may be quiet at the latest; not after `now` where it may not be so at all."""
    limit = SNOOZES[severity]
    latest = now + limit.longest
    return latest if limit.since_severe is None else min(latest, severe_since + limit.since_severe)
