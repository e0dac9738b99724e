"""The trend of one measure of one patient, computed beside the event loop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import numpy as np

from analytics.noise_models import NOISE_MODELS
from analytics.trend import LEAST_DAYS, LEAST_READINGS, fit_trend
from analytics.trend import Trend as Fit
from domain import expected_ranges, readings, vitals
from domain.child_processes import in_child
from domain.errors import BadInput
from domain.kinds import Measure
from domain.unit_of_work import UnitOfWork

FEWEST_DAYS = 7
MOST_DAYS = 366
NAMES = {
    Measure.SYSTOLIC: "systolic blood pressure",
    Measure.DIASTOLIC: "diastolic blood pressure",
    Measure.HEART_RATE: "heart rate",
    Measure.WEIGHT: "weight",
    Measure.OXYGEN_SATURATION: "oxygen saturation",
    Measure.BODY_TEMPERATURE: "body temperature",
    Measure.STEPS: "number of steps",
    Measure.RESTING_HEART_RATE: "resting heart rate",
    Measure.RESPIRATORY_RATE: "respiratory rate",
    Measure.HEART_RATE_VARIABILITY_RMSSD: "heart rate variability (RMSSD)",
    Measure.HEART_RATE_VARIABILITY_SDNN: "heart rate variability (SDNN)",
    Measure.SLEEP_DURATION: "sleep duration",
}


class TrendDirection(StrEnum):
    """Which way a measure goes, as far as the readings can tell."""

    RISING = "RISING"
    FALLING = "FALLING"
    NO_RELIABLE_TREND = "NO_RELIABLE_TREND"
    TOO_FEW_READINGS = "TOO_FEW_READINGS"


@dataclass(frozen=True)
class Trend:
    """A trend with the window and the readings it rests on; `fit` is absent where they are too few.

    `seconds` (since 1970) and `numbers` (in `unit`) are the readings, oldest first. `usual` is the 95 % range of the
    next reading at this hour as far as the analysis can tell, which knows the hours of the day and the patient's own
    scatter; the fit's range takes its place where that cannot be told.
    """

    measure: Measure
    unit: str
    since: datetime
    until: datetime
    seconds: Sequence[float]
    numbers: Sequence[float]
    fit: Fit | None
    usual: tuple[float, float] | None = None

    @property
    def expected(self) -> tuple[float, float] | None:
        """The 95 % range of the next reading."""
        return self.usual or ((self.fit.expected_low, self.fit.expected_high) if self.fit else None)

    @property
    def readings(self) -> int:
        return len(self.numbers)

    @property
    def direction(self) -> TrendDirection:
        return TrendDirection(self.fit.direction) if self.fit else TrendDirection.TOO_FEW_READINGS

    def sentence(self) -> str:
        """What a clinician reads: how many readings, which way, how sure."""
        name = NAMES[self.measure]
        window = f"{self.readings} readings from {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"
        if self.fit is None or self.expected is None:
            return f"{window}: a trend needs at least {LEAST_READINGS} over {LEAST_DAYS:.0f} days."
        verb = {
            TrendDirection.RISING: "is rising",
            TrendDirection.FALLING: "is falling",
        }.get(self.direction, "shows no reliable trend")
        low, high = self.expected
        return (
            f"{window}: the {name} {verb}, {self.fit.slope_per_week:+.2g} {self.unit} a week"
            f" (95 % interval {self.fit.slope_low:+.2g} to {self.fit.slope_high:+.2g}); the next reading is expected"
            f" between {low:.4g} and {high:.4g} {self.unit}."
        )


def _fit(seconds: Sequence[float], numbers: Sequence[float], measure: str) -> Fit | None:
    return fit_trend(np.asarray(seconds), np.asarray(numbers), NOISE_MODELS[measure])


def _load() -> None:
    # A second or two that the first one who asks for a trend need not wait.
    import statsmodels.regression.linear_model  # noqa: F401, PLC0415


async def warm_up() -> None:
    """Start the process that fits trends before anybody asks for one."""
    await in_child(_load)


async def measured(work: UnitOfWork, patient_id: UUID, measure: Measure, days: int) -> Trend:
    """What was measured in the last `days` days of a patient that is visible to the caller, without a fit.

    Raises:
        BadInput: `days` is out of range, or a trend is not made of this measure.
    """
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise BadInput(f"days: ask for {FEWEST_DAYS} to {MOST_DAYS}.")
    if measure not in NAMES:
        raise BadInput("measure: symptoms are grades; a straight trend is not made of them.")
    since = work.at - timedelta(days=days)
    # A reading of this very moment belongs to the window.
    until = work.at + vitals.CLOCK_SKEW
    seconds, numbers = await readings.measure_values(work.connection, patient_id, measure, since, until)
    usual = await expected_ranges.expected_range(work.connection, patient_id, measure, work.at)
    work.audit(f"trend:{measure}", patient_id=patient_id)
    return Trend(measure, NOISE_MODELS[measure].unit, since, work.at, seconds, numbers, None, usual)


async def fitted(found: Trend) -> Trend:
    """The same with its fit, where there is enough to go by.

    The fit runs in a child process that stays warm, so that neither its seconds nor statsmodels' memory are the
    web process's.
    """
    if found.readings < LEAST_READINGS:
        return found
    return replace(found, fit=await in_child(_fit, found.seconds, found.numbers, found.measure.value))


async def trend(work: UnitOfWork, patient_id: UUID, measure: Measure, days: int) -> Trend:
    """The trend over the last `days` days of a patient that is visible to the caller; no connection waits for the fit.

    Raises:
        BadInput: `days` is out of range, or a trend is not made of this measure.
    """
    found = await measured(work, patient_id, measure, days)
    await work.connection.rest()
    return await fitted(found)
