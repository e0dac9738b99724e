"""BP-CRISIS: a very high blood pressure, confirmed by a second reading or not, with symptoms or without."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID


@dataclass(frozen=True)
class BloodPressureCrisisRule:
    """The rule as data; pressures in mm[Hg]."""

    id: str
    version: int
    systolic_at_least: float
    diastolic_at_least: float
    confirm_after_seconds: float
    confirm_within_seconds: float
    live_within_seconds: float
    severity: str
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


CRISIS = BloodPressureCrisisRule(
    id="BP-CRISIS-3",
    version=1,
    systolic_at_least=180,
    diastolic_at_least=110,
    confirm_after_seconds=60,
    confirm_within_seconds=1800,
    live_within_seconds=86_400,
    severity="URGENT",
    source="ESC 2024 guidelines on elevated blood pressure and hypertension: urgent evaluation at 180/110 or more;"
    " repeat after 1 minute as the American Heart Association advises; 30 minutes and 24 hours are our own",
    mark="[S]",
    to_be_confirmed_by_a_clinician=True,
)
# With one of the symptoms of `domain.rules.limit_rules.DANGER`. BP-CRISIS-2, the same without symptoms, is a part of
# BP-CRISIS-3 and as urgent: it has no rule of its own.
WITH_SYMPTOMS = replace(
    CRISIS,
    id="BP-CRISIS-1",
    diastolic_at_least=120,
    severity="EMERGENCY",
    source="American Heart Association: 180/120 or more, repeated, with chest pain, breathlessness or other symptoms;"
    " that a symptom counts within 2 hours is our own",
    mark="[V]",
)
UNCONFIRMED = replace(
    CRISIS,
    id="BP-CRISIS-4",
    source="own: no repeat within 30 minutes",
    mark="own",
)
TOPIC = "BP-CRISIS"


@dataclass(frozen=True)
class PressureReading:
    """What the rule needs of a reading."""

    id: UUID
    measured_at: datetime
    received_at: datetime
    systolic: float
    diastolic: float
    source: str


@dataclass(frozen=True)
class ConfirmedCrisis:
    """The latest pair of readings that fulfils the rule."""

    first: PressureReading
    second: PressureReading
    rule: BloodPressureCrisisRule

    def sentence(self) -> str:
        """What was seen and which limit it reached."""
        shown = " and ".join(
            f"{one.systolic:.0f}/{one.diastolic:.0f} mm[Hg] at {one.measured_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            for one in (self.first, self.second)
        )
        limit = f"{self.rule.systolic_at_least:.0f}/{self.rule.diastolic_at_least:.0f}"
        return f"Blood pressure was {shown}: at or above {limit} mm[Hg], confirmed by a second reading."


def _live_and_high(readings: Sequence[PressureReading], rule: BloodPressureCrisisRule) -> Sequence[PressureReading]:
    return sorted(
        (
            one
            for one in readings
            if (one.systolic >= rule.systolic_at_least or one.diastolic >= rule.diastolic_at_least)
            and one.source in {"DEVICE", "MANUAL"}
            and (one.received_at - one.measured_at).total_seconds() <= rule.live_within_seconds
        ),
        key=lambda one: (one.measured_at, one.id),
    )


def confirmed_crisis(
    readings: Sequence[PressureReading], rule: BloodPressureCrisisRule = CRISIS
) -> ConfirmedCrisis | None:
    """The latest two readings, 1 to 30 minutes apart, that both reach a limit.

    Imported, corrected and late readings never count: history must not ring today's alarm.
    """
    high = _live_and_high(readings, rule)
    for second in reversed(high):
        for first in reversed(high):
            apart = (second.measured_at - first.measured_at).total_seconds()
            if rule.confirm_after_seconds <= apart <= rule.confirm_within_seconds:
                return ConfirmedCrisis(first, second, rule)
    return None


@dataclass(frozen=True)
class UnconfirmedCrisis:
    """A reading that reaches a limit and has not been repeated; it rings from `rings_at` on."""

    reading: PressureReading
    rings_at: datetime
    rule: BloodPressureCrisisRule

    def sentence(self) -> str:
        """What was seen, which limit it reached, and what is missing."""
        one, rule = self.reading, self.rule
        return (
            f"Blood pressure was {one.systolic:.0f}/{one.diastolic:.0f} mm[Hg] at"
            f" {one.measured_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: at or above {rule.systolic_at_least:.0f}/"
            f"{rule.diastolic_at_least:.0f} mm[Hg], and not repeated within"
            f" {rule.confirm_within_seconds / 60:.0f} minutes."
        )


def unconfirmed_crisis(
    readings: Sequence[PressureReading], rule: BloodPressureCrisisRule = UNCONFIRMED
) -> UnconfirmedCrisis | None:
    """The latest reading that reaches a limit, if no reading follows it in time and none before confirms it."""
    high = _live_and_high(readings, rule)
    if not high:
        return None
    last = high[-1]
    within = timedelta(seconds=rule.confirm_within_seconds)
    after = timedelta(seconds=rule.confirm_after_seconds)
    is_repeated = any(after <= one.measured_at - last.measured_at <= within for one in readings)
    is_confirmed = any(after <= last.measured_at - one.measured_at <= within for one in high)
    return None if is_repeated or is_confirmed else UnconfirmedCrisis(last, last.measured_at + within, rule)
