"""The slopes of thousands of series of one measure at once: what `analytics.trend` says of each, without its matrices.

The day effect is a process with a memory of one step, so that all that generalised least squares needs of the inverse
covariance (its product with the readings and the design, and its diagonal) comes from one pass forward and one back
(de Jong 1988, "A cross-validation filter for time series models"): the work grows with the readings, not with their
third power.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analytics.noise_models import NoiseModel
from analytics.trend import (
    FURTHEST_SDS,
    LARGEST_RATIO,
    LEAST_DAYS,
    LEAST_READINGS,
    MEDIAN_OF_CHI_SQUARE,
    MOST_ITERATIONS,
    MOST_POINTS,
    OUTLIER_COUNTS_AS,
    OUTLIER_FROM,
    PRIOR_READINGS,
    SECONDS_PER_DAY,
    SMALLEST_OWN_PART,
    fit_trend,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_CELLS = 600_000


@dataclass(frozen=True)
class Slopes:
    """Slope per week and its 95 % interval, shape (series,), not a number where there is too little to go by."""

    slope: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class _Block:
    """Series side by side, longest first, shape (points, series); beyond a series' end nothing is read.

    `columns` are offsets from the median, ones and weeks from the middle, shape (3, points, series); `decay` is what is
    left of the day effect of the point before; `inside` marks the points there are.
    """

    columns: Floats
    decay: Floats
    inside: NDArray[np.bool_]
    counts: Integers


def _total(points: Floats) -> Floats:
    """Sums down the columns, in order: numpy's own sum takes another order for one column than for many."""
    totals: Floats = np.cumsum(points, axis=0)[-1]
    return totals


def _block(times_seconds: Floats, values: Floats, first: Integers, counts: Integers, noise: NoiseModel) -> _Block:
    steps = np.arange(int(counts[0]))[:, None]
    inside = steps < counts
    places = first + np.minimum(steps, counts - 1)
    ordered = np.sort(np.where(inside, values[places], np.inf), axis=0)
    across = np.arange(len(counts))
    centre = (ordered[(counts - 1) // 2, across] + ordered[counts // 2, across]) / 2
    furthest = FURTHEST_SDS * float(np.hypot(noise.noise_sd, noise.day_effect_sd))
    offsets = np.clip(values[places] - centre, -furthest, furthest)
    days = times_seconds[places] / SECONDS_PER_DAY
    days = days - _total(np.where(inside, days, 0.0)) / counts
    decay = np.zeros(days.shape)
    decay[1:] = noise.day_correlation ** np.diff(days, axis=0)
    columns = np.stack([offsets, np.ones(days.shape), days / 7]) * inside
    return _Block(columns, decay, inside, counts)


def _by_inverse(block: _Block, own_noise: Floats, day_effect: float) -> tuple[Floats, Floats]:
    """The inverse covariance times each column, shape (3, points, series), and its diagonal."""
    _, steps, series = block.columns.shape
    errors = np.empty_like(block.columns)
    variances, gains = np.empty((steps, series)), np.empty((steps, series))
    mean, variance = np.zeros((3, series)), np.full(series, day_effect)
    for step in range(steps):
        if step > 0:
            decay = block.decay[step]
            mean = mean * decay
            variance = variance * decay**2 + day_effect * (1 - decay**2)
        errors[:, step] = block.columns[:, step] - mean
        variances[step] = variance + own_noise[step]
        gains[step] = variance / variances[step]
        mean = mean + gains[step] * errors[:, step]
        variance = variance * (1 - gains[step])
    products, diagonal = np.zeros_like(block.columns), np.zeros((steps, series))
    carried, power = np.zeros((3, series)), np.zeros(series)
    for step in range(steps - 1, -1, -1):
        inside = block.inside[step]
        decay = block.decay[step + 1] if step + 1 < steps else np.zeros(series)
        gain, left = decay * gains[step], decay * (1 - gains[step])
        precise = errors[:, step] / variances[step]
        products[:, step] = np.where(inside, precise - gain * carried, 0.0)
        diagonal[step] = np.where(inside, 1 / variances[step] + gain**2 * power, 0.0)
        carried = np.where(inside, precise + left * carried, 0.0)
        power = np.where(inside, 1 / variances[step] + left**2 * power, 0.0)
    return products, diagonal


@dataclass(frozen=True)
class _Fit:
    """Level and slope, their unscaled covariance (as level, both, slope), and what is left per point."""

    line: tuple[Floats, Floats]
    uncertainty: tuple[Floats, Floats, Floats]
    foretold: Floats
    own: Floats


def _fit(block: _Block, extra: Floats, noise: NoiseModel) -> _Fit:
    products, diagonal = _by_inverse(block, noise.noise_sd**2 + extra, noise.day_effect_sd**2)
    offsets, ones, weeks = block.columns
    of_offsets, of_ones, of_weeks = products
    a, b, d = _total(ones * of_ones), _total(ones * of_weeks), _total(weeks * of_weeks)
    whole = a * d - b * b
    level_part, both_part, slope_part = d / whole, -b / whole, a / whole
    level_pull, slope_pull = _total(offsets * of_ones), _total(offsets * of_weeks)
    level = level_part * level_pull + both_part * slope_pull
    slope = both_part * level_pull + slope_part * slope_pull
    own = diagonal - (level_part * of_ones**2 + 2 * both_part * of_ones * of_weeks + slope_part * of_weeks**2)
    return _Fit(
        (level, slope),
        (level_part, both_part, slope_part),
        of_offsets - of_ones * level - of_weeks * slope,
        np.maximum(own, SMALLEST_OWN_PART / (noise.noise_sd**2 + noise.day_effect_sd**2)),
    )


def _slopes(block: _Block, noise: NoiseModel) -> tuple[Floats, Floats]:
    """Slope and half the width of its interval; the weighing is that of `analytics.trend`, series by series."""
    inside, counts = block.inside, block.counts.astype(np.float64)
    series = len(counts)
    extra = np.zeros(inside.shape)
    scale, freedom = np.zeros(series), np.zeros(series)
    open_ = np.ones(series, dtype=bool)
    for iteration in range(MOST_ITERATIONS):
        fit = _fit(block, extra, noise)
        variances = np.maximum(1 / fit.own - extra, noise.noise_sd**2)
        squares = (fit.foretold / fit.own) ** 2 / variances
        kept = _total(np.where(inside, variances * fit.own, 0.0))
        new_freedom = PRIOR_READINGS + kept - 2
        astray = np.minimum(OUTLIER_COUNTS_AS * (counts - kept), new_freedom / 2)
        new_scale = (PRIOR_READINGS + _total(block.columns[0] * fit.foretold)) / (new_freedom - astray)
        scale, freedom = np.where(open_, new_scale, scale), np.where(open_, new_freedom, freedom)
        judge = scale
        if iteration == 0:
            ordered = np.sort(np.where(inside, squares, np.inf), axis=0)
            across = np.arange(series)
            middle = (ordered[(block.counts - 1) // 2, across] + ordered[block.counts // 2, across]) / 2
            judge = (PRIOR_READINGS + counts * middle / MEDIAN_OF_CHI_SQUARE) / (PRIOR_READINGS + counts)
        ratios = np.minimum(np.sqrt(squares / judge) / OUTLIER_FROM, LARGEST_RATIO)
        wanted = np.where(inside, variances * (np.maximum(ratios, 1.0) ** 4 - 1), 0.0)
        open_ &= ~(np.abs(wanted - extra) <= 1e-4 * np.abs(extra)).all(axis=0)
        if not open_.any():
            break
        extra = np.where(open_, wanted, extra)
    fit = _fit(block, extra, noise)
    return fit.line[1], stdtrit(freedom, 0.975) * np.sqrt(scale * fit.uncertainty[2])


def fit_slopes(times_seconds: Floats, values: Floats, starts: Integers, noise: NoiseModel) -> Slopes:
    """The slopes of many series of one measure; equal to `fit_trend` of each by itself.

    Args:
        times_seconds: times of the readings, series after series, increasing within each, shape (readings,).
        values: the readings in the measure's unit, same shape, all finite.
        starts: series i reaches from `starts[i]` to `starts[i + 1]`, shape (series + 1,).
        noise: the measure's population scatter.
    """
    counts = np.diff(starts)
    slope, half = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    enough = counts >= LEAST_READINGS
    enough[enough] = (
        times_seconds[starts[1:][enough] - 1] - times_seconds[starts[:-1][enough]] >= LEAST_DAYS * SECONDS_PER_DAY
    )
    for series in np.flatnonzero(enough & (counts > MOST_POINTS)).tolist():
        part = slice(starts[series], starts[series + 1])
        alone = fit_trend(times_seconds[part], values[part], noise)
        assert alone is not None
        slope[series], half[series] = alone.slope_per_week, alone.slope_high - alone.slope_per_week
    order = np.flatnonzero(enough & (counts <= MOST_POINTS))
    order = order[np.argsort(-counts[order], kind="stable")]
    while len(order):
        some, order = np.split(order, [max(MOST_CELLS // int(counts[order[0]]) // 4, 1)])
        block = _block(times_seconds, values, starts[some], counts[some], noise)
        slope[some], half[some] = _slopes(block, noise)
    return Slopes(slope, slope - half, slope + half)
