"""How good findings are: false episodes, sensitivity within a horizon, delay, and the points that were wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.vitals_worlds import BEGIN, CHANGES, MINUTES_A_DAY, Series

REFRACTORY_DAYS = 7.0
FIRST_DAY = 21.0
HORIZON_DAYS = {"shift": 14.0, "ramp": 14.0, "drift": 35.0, "variance": 21.0, "dose": 14.0}
DAYS_A_MONTH = 30.0

# Days since the beginning of the world at which something lasting was raised, in order.
Raised = Sequence[float]


@dataclass(frozen=True)
class Found:
    """Share of one kind of change that was found within its horizon, after how many days (median), and by chance."""

    sensitivity: float
    delay_days: float
    count: int

    def over_chance(self, false_per_month: float, horizon_days: float) -> float:
        """What is left when so many false episodes would have fallen into the horizon anyway."""
        chance = 1 - np.exp(-false_per_month * horizon_days / DAYS_A_MONTH)
        return float((self.sensitivity - chance) / (1 - chance))


@dataclass(frozen=True)
class Points:
    """Precision, recall and false points per series-month."""

    precision: float
    recall: float
    false_per_month: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def days_since_begin(minute: float) -> float:
    """Minutes since 1970 as days of the world."""
    return (minute - BEGIN) / MINUTES_A_DAY


def episodes(raised: Raised) -> list[float]:
    """What counts: nothing within the refractory period after one that counts."""
    counted: list[float] = []
    for day in raised:
        if not counted or day - counted[-1] >= REFRACTORY_DAYS:
            counted.append(day)
    return counted


def false_per_month(series: Sequence[Series], raised: Sequence[Raised]) -> float:
    """False episodes a month of the series without a change."""
    clean = [place for place, one in enumerate(series) if one.change is None]
    months = sum(days_since_begin(series[place].minutes[-1]) - FIRST_DAY for place in clean) / DAYS_A_MONTH
    return sum(len(episodes(raised[place])) for place in clean) / months


def found(series: Sequence[Series], raised: Sequence[Raised], change: str, horizon: float | None = None) -> Found:
    """How many of the series with this change raised something from its onset to its horizon."""
    horizon = HORIZON_DAYS[change] if horizon is None else horizon
    delays, count = [], 0
    for one, days in zip(series, raised, strict=True):
        if one.change == change:
            count += 1
            inside = [day - one.onset_day for day in days if 0 <= day - one.onset_day <= horizon]
            delays += inside[:1]
    return Found(len(delays) / max(count, 1), float(np.median(delays)) if delays else np.nan, count)


def all_found(series: Sequence[Series], raised: Sequence[Raised]) -> dict[str, Found]:
    """`found` of each kind of change."""
    return {change: found(series, raised, change) for change in CHANGES}


def mean_sensitivity(by_change: dict[str, Found]) -> float:
    """Over the kinds of change."""
    return float(np.mean([one.sensitivity for one in by_change.values()]))


def points(series: Sequence[Series], raised: Sequence[set[int]], first: int = 0) -> Points:
    """Readings called wrong against those that are, from some number on."""
    right = wrong = missed = 0
    months = 0.0
    for one, every in zip(series, raised, strict=True):
        numbers = {number for number in every if number >= first}
        truth = set((first + np.flatnonzero(one.wrong[first:])).tolist())
        right += len(numbers & truth)
        wrong += len(numbers - truth)
        missed += len(truth - numbers)
        months += days_since_begin(one.minutes[-1]) / DAYS_A_MONTH
    return Points(right / max(right + wrong, 1), right / max(right + missed, 1), wrong / months)


def threshold_for(rate: Callable[[float], float], target: float, lowest: float, highest: float) -> float:
    """The lowest threshold whose rate is at most the target, by bisection; the rate falls as the threshold rises."""
    for _ in range(25):
        middle = (lowest + highest) / 2
        lowest, highest = (middle, highest) if rate(middle) > target else (lowest, middle)
    return highest
