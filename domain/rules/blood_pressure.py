"""BP-CRISIS-3: a very high blood pressure that a second reading confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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


def confirmed_crisis(
    readings: Sequence[PressureReading], rule: BloodPressureCrisisRule = CRISIS
) -> ConfirmedCrisis | None:
    """The latest two readings, 1 to 30 minutes apart, that both reach a limit.

    Imported, corrected and late readings never count: history must not ring today's alarm.
    """
    high = sorted(
        (
            one
            for one in readings
            if (one.systolic >= rule.systolic_at_least or one.diastolic >= rule.diastolic_at_least)
            and one.source in {"DEVICE", "MANUAL"}
            and (one.received_at - one.measured_at).total_seconds() <= rule.live_within_seconds
        ),
        key=lambda one: (one.measured_at, one.id),
    )
    for second in reversed(high):
        for first in reversed(high):
            apart = (second.measured_at - first.measured_at).total_seconds()
            if rule.confirm_after_seconds <= apart <= rule.confirm_within_seconds:
                return ConfirmedCrisis(first, second, rule)
    return None
