"""VITALS-CHANGE: what lasts in a patient's vitals and is out of their own usual range, as one item of the worklist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kinds import FindingDirection, FindingKind, Measure, ReadingSource


@dataclass(frozen=True)
class VitalChangesRule:
    """The rule as data."""

    id: str
    version: int
    severity: str
    kinds: frozenset[FindingKind]
    # They are shown beside what raises an alert, and raise none by themselves.
    context: frozenset[Measure]
    live_within_seconds: float
    # Restlessness counts when it comes again within so many days.
    variability_again_within_days: int
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


CHANGES = VitalChangesRule(
    id="VITALS-CHANGE",
    version=1,
    severity="REVIEW",
    kinds=frozenset({FindingKind.SHIFT, FindingKind.RAMP, FindingKind.DRIFT, FindingKind.VARIABILITY}),
    context=frozenset(
        {
            Measure.STEPS,
            Measure.SLEEP_DURATION,
            Measure.HEART_RATE_VARIABILITY_RMSSD,
            Measure.HEART_RATE_VARIABILITY_SDNN,
        }
    ),
    live_within_seconds=86_400,
    variability_again_within_days=90,
    source="our own: robust Kalman filter with scores over windows (W-TREND and BP-VAR of the rule catalogue)",
    mark="own",
    to_be_confirmed_by_a_clinician=True,
)


@dataclass(frozen=True)
class NewFinding:
    """What the rule needs of a finding that was not known before."""

    measure: Measure
    kind: FindingKind
    direction: FindingDirection
    is_explained: bool
    measured_at: datetime
    received_at: datetime
    source: str
    reading_id: UUID
    # Whether the same measure was restless before, within the rule's days.
    came_before: bool


def is_news(found: NewFinding, now: datetime, rule: VitalChangesRule = CHANGES) -> bool:
    """Whether a clinician should look.

    Point errors go to no clinician, explained changes neither; imported, corrected and late readings never ring.
    """
    latest = max(found.received_at, now)
    return (
        found.kind in rule.kinds
        and not found.is_explained
        and found.measure not in rule.context
        and (found.kind is not FindingKind.VARIABILITY or found.came_before)
        and found.source in {ReadingSource.DEVICE, ReadingSource.MANUAL}
        and (latest - found.measured_at).total_seconds() <= rule.live_within_seconds
    )


_DOES = {
    (FindingKind.VARIABILITY, FindingDirection.UP): "varies more than usual",
    (FindingKind.SHIFT, FindingDirection.UP): "has stepped up above the usual",
    (FindingKind.SHIFT, FindingDirection.DOWN): "has stepped down below the usual",
    (FindingKind.RAMP, FindingDirection.UP): "has risen within days above the usual",
    (FindingKind.RAMP, FindingDirection.DOWN): "has fallen within days below the usual",
    (FindingKind.DRIFT, FindingDirection.UP): "has been rising for weeks above the usual",
    (FindingKind.DRIFT, FindingDirection.DOWN): "has been falling for weeks below the usual",
}


def title(told: Sequence[tuple[str, str, str]]) -> str:
    """What has changed, by name of the measure, kind and direction, without values."""
    parts = [f"{name} {_DOES[FindingKind(kind), FindingDirection(direction)]}" for name, kind, direction in told]
    return "; ".join(dict.fromkeys(parts))
