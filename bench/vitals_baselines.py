"""What others would do, on the same series: each gives a score after each day with readings, and a threshold decides.

Written here from their definitions; all are causal and begin after three weeks. Scores are divided by a robust spread
of the patient's own days, drawn towards the measure's usual one while there are few.
"""

from collections.abc import Callable, Sequence

import numpy as np

from bench.vitals_scoring import FIRST_DAY, days_since_begin
from bench.vitals_worlds import Floats, Series

Score = Callable[[Floats, Floats, float], Floats]

_MAD = 1.4826
_USUAL_DAYS = 10.0


def daily(series: Series) -> tuple[Floats, Floats]:
    """The days with readings and their medians."""
    day = np.floor([days_since_begin(minute) for minute in series.minutes.tolist()])
    days, first = np.unique(day, return_index=True)
    return days, np.array([np.median(part) for part in np.split(series.values, first[1:])])


def _spreads(values: Floats, usual: float) -> Floats:
    """Of each day: the robust spread of the day-to-day differences before it, over the root of two."""
    differences = np.abs(np.diff(values, prepend=values[0]))
    found = np.array(
        [_MAD / np.sqrt(2) * np.median(differences[max(0, at - 42) : max(at, 1)]) for at in range(len(values))]
    )
    weight = np.minimum(np.arange(len(values), dtype=np.float64), 42.0)
    return np.asarray(np.sqrt((weight * found**2 + _USUAL_DAYS * usual**2) / (weight + _USUAL_DAYS)), np.float64)


def ewma(_: Floats, values: Floats, usual: float) -> Floats:
    """Exponentially weighted mean (a fifth a day) against the one of six weeks."""
    fast = slow = float(np.median(values[:7]))
    scores = []
    for value in values.tolist():
        scores.append(abs(fast + 0.2 * (value - fast) - slow))
        fast += 0.2 * (value - fast)
        slow += (value - slow) / 42
    beside: Floats = np.array(scores) / (_spreads(values, usual) / 3)
    return beside


def cusum(_: Floats, values: Floats, usual: float) -> Floats:
    """Cumulative sums beyond half a standard deviation, against the mean of the last six weeks."""
    spreads, level = _spreads(values, usual), float(np.median(values[:7]))
    up = down = 0.0
    scores = []
    for value, spread in zip(values.tolist(), spreads.tolist(), strict=True):
        z = float(np.clip((value - level) / spread, -4, 4))
        up, down = max(0.0, up + z - 0.5), max(0.0, down - z - 0.5)
        level += (value - level) / 42
        scores.append(max(up, down))
    return np.array(scores)


def mean_3_against_28(days: Floats, values: Floats, usual: float) -> Floats:
    """Mean of three days against the median of the 28 before them."""
    spreads = _spreads(values, usual)
    scores = np.zeros(len(days))
    for at, day in enumerate(days.tolist()):
        late, before = (days > day - 3) & (days <= day), (days <= day - 3) & (days > day - 31)
        if before.sum() >= 5:
            scores[at] = abs(values[late].mean() - np.median(values[before])) / (spreads[at] / np.sqrt(late.sum()))
    return scores


def macd(_: Floats, values: Floats, usual: float) -> Floats:
    """Difference of the exponential means of 3 and of 21 days."""
    fast = slow = float(np.median(values[:7]))
    scores = []
    for value in values.tolist():
        fast += 2 / 4 * (value - fast)
        slow += 2 / 22 * (value - slow)
        scores.append(abs(fast - slow))
    return np.array(scores) / _spreads(values, usual)


def theil_sen_28(days: Floats, values: Floats, usual: float) -> Floats:
    """Median slope between all pairs of days of four weeks."""
    spreads = _spreads(values, usual)
    scores = np.zeros(len(days))
    for at, day in enumerate(days.tolist()):
        late = (days > day - 28) & (days <= day)
        if late.sum() >= 10:
            x, y = days[late], values[late]
            first, second = np.triu_indices(len(x), 1)
            scores[at] = abs(np.median((y[second] - y[first]) / (x[second] - x[first]))) * len(x) ** 1.5 / spreads[at]
    return scores


def spread_14(days: Floats, values: Floats, usual: float) -> Floats:
    """Robust spread of 14 days against that of the six weeks before."""
    differences = np.abs(np.diff(values, prepend=values[0]))
    scores = np.zeros(len(days))
    for at, day in enumerate(days.tolist()):
        late, before = (days > day - 14) & (days <= day), (days <= day - 14) & (days > day - 56)
        if late.sum() >= 5 and before.sum() >= 5:
            scores[at] = np.mean(differences[late]) / (np.mean(differences[before]) + 0.1 * usual)
    return scores


BASELINES: dict[str, Score] = {
    "EWMA 0.2": ewma,
    "CUSUM, moving level": cusum,
    "mean 3 d vs 28 d": mean_3_against_28,
    "MACD 3/21": macd,
    "Theil-Sen 28 d": theil_sen_28,
    "spread 14 d": spread_14,
}


def scored(series: Sequence[Series], score: Score) -> list[tuple[Floats, Floats]]:
    """Of each series: when its days end, and their scores, from the first day that counts."""
    found = []
    for one in series:
        days, values = daily(one)
        usual = float(np.hypot(one.vital.noise, one.vital.day_effect))
        counts = days - days[0] >= FIRST_DAY
        found.append((days[counts] + 1, score(days, values, usual)[counts]))
    return found


def raised(scores: Sequence[tuple[Floats, Floats]], threshold: float) -> list[list[float]]:
    """When each series lies above the threshold, in days of the world."""
    return [days[score > threshold].tolist() for days, score in scores]


def esc_weight_rule(series: Series) -> list[float]:
    """More than 2 kg above the lowest of the three days before (ESC, heartfailurematters.org)."""
    days = np.array([days_since_begin(minute) for minute in series.minutes.tolist()])
    found = []
    for at in range(1, len(days)):
        before = (days < days[at]) & (np.floor(days) >= np.floor(days[at]) - 3)
        if days[at] >= FIRST_DAY and before.any() and series.values[at] - series.values[before].min() > 2:
            found.append(float(days[at]))
    return found


def robust_ewma_points(series: Series) -> Floats:
    """How far each reading lies from a robust exponential mean of the readings before it, in robust spreads."""
    usual = float(np.hypot(series.vital.noise, series.vital.day_effect))
    level, square = float(np.median(series.values[:5])), usual**2
    scores = []
    for value in series.values.tolist():
        z = (value - level) / np.sqrt(square)
        drawn = float(np.clip(z, -2.5, 2.5)) * np.sqrt(square)
        scores.append(abs(z))
        level += 0.12 * drawn
        square += 0.03 * (drawn**2 * 1.1 - square)
    return np.array(scores)


def rolling_points(series: Series) -> Floats:
    """How far each reading lies from the median of the 14 before it, in their median absolute deviations."""
    usual = 0.3 * float(np.hypot(series.vital.noise, series.vital.day_effect))
    scores = np.zeros(len(series.values))
    for at in range(5, len(scores)):
        before = series.values[max(0, at - 14) : at]
        middle = np.median(before)
        scores[at] = abs(series.values[at] - middle) / (_MAD * np.median(np.abs(before - middle)) + usual)
    return scores


POINT_BASELINES: dict[str, Callable[[Series], Floats]] = {
    "robust EWMA": robust_ewma_points,
    "rolling median 14": rolling_points,
}
