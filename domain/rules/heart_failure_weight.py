"""W-ESC: a weight that rises fast in a patient with heart failure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.kinds import ReadingSource


@dataclass(frozen=True)
class WeightGainRule:
    """The rule as data; weights in kg."""

    id: str
    version: int
    condition: str
    gain_more_than: float
    within_seconds: float
    live_within_seconds: float
    severity: str
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


WEIGHT_GAIN = WeightGainRule(
    id="W-ESC",
    version=1,
    condition="HEART_FAILURE",
    gain_more_than=2,
    within_seconds=3 * 86_400,
    live_within_seconds=86_400,
    severity="URGENT",
    source="European Society of Cardiology, heartfailurematters.org: more than 2 kg in 3 days;"
    " the 24 hours until it is late are our own",
    mark="[V]",
    to_be_confirmed_by_a_clinician=True,
)


@dataclass(frozen=True)
class WeightReading:
    """What the rule needs of a reading."""

    id: UUID
    measured_at: datetime
    received_at: datetime
    kilograms: float
    source: str


@dataclass(frozen=True)
class WeightGain:
    """The latest weight, and the lowest of the days before it."""

    lowest: WeightReading
    latest: WeightReading
    rule: WeightGainRule

    def sentence(self) -> str:
        """What was seen and which limit it crossed."""
        lowest, latest = (
            f"{one.kilograms:.1f} kg at {one.measured_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            for one in (self.lowest, self.latest)
        )
        gain = self.latest.kilograms - self.lowest.kilograms
        return (
            f"Weight was {lowest} and {latest}: {gain:.1f} kg more, which is more than"
            f" {self.rule.gain_more_than:g} kg within {self.rule.within_seconds / 86_400:g} days."
        )


def weight_gain(
    conditions: Collection[str], weights: Sequence[WeightReading], rule: WeightGainRule = WEIGHT_GAIN
) -> WeightGain | None:
    """Whether the latest weight is that much above the lowest of the three days before it.

    Only with heart failure, and only a live latest weight rings; what it is held against may be of any source.
    """
    if rule.condition not in conditions or not weights:
        return None
    latest = max(weights, key=lambda one: (one.measured_at, one.id))
    late = (latest.received_at - latest.measured_at).total_seconds() > rule.live_within_seconds
    if late or latest.source not in {ReadingSource.DEVICE, ReadingSource.MANUAL}:
        return None
    before = [
        one for one in weights if 0 < (latest.measured_at - one.measured_at).total_seconds() <= rule.within_seconds
    ]
    lowest = min(before, key=lambda one: (one.kilograms, one.measured_at, one.id), default=None)
    # A tenth of a gram: 82.1 is 2 kg more than 80.1, not a little more than that.
    if lowest is None or latest.kilograms - lowest.kilograms <= rule.gain_more_than + 1e-4:
        return None
    return WeightGain(lowest, latest, rule)
