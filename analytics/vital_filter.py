"""The robust Kalman filter of one home series on the true, irregular times of its readings.

State: level, day effect, coefficients of the cosine and of the sine of 24 hours. Between readings the level wanders
(variance grows with time) and the day effect fades (an Ornstein-Uhlenbeck process). The arithmetic is written once,
with plain operators in one order, and serves floats and rows of numpy alike: one reading by itself and a batch of
thousands agree to the last bit. That is also why powers, cosines and sines are looked up and never computed twice.

Times are whole minutes since 1970; the hour and the day are those of the patient's clock.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.vital_population import Population

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Number = TypeVar("Number", float, Floats)

MINUTES_A_DAY = 1440
# A day effect that is older than this is forgotten.
LONGEST_EFFECT_DAYS = 400
COSINES = tuple(cos(2 * pi * minute / MINUTES_A_DAY) for minute in range(MINUTES_A_DAY))
SINES = tuple(sin(2 * pi * minute / MINUTES_A_DAY) for minute in range(MINUTES_A_DAY))


@dataclass(frozen=True)
class Constants:
    """A population as the variances and the tables of powers that the recursion needs.

    `settling` is how unsure the level once it is known to have changed.
    """

    level_mean: float
    level_variance: float
    wander: float
    day_effect: float
    swing: float
    noise: float
    settling: float
    minute_powers: tuple[float, ...]
    day_powers: tuple[float, ...]


@lru_cache(maxsize=64)
def constants(population: Population) -> Constants:
    """Computed once per population."""
    return Constants(
        level_mean=float(population.level_mean),
        level_variance=population.level_sd**2,
        wander=population.wander_sd**2 / MINUTES_A_DAY,
        day_effect=population.day_effect_sd**2,
        swing=population.swing_sd**2,
        noise=population.noise_sd**2,
        settling=9.0 * (population.noise_sd**2 + population.day_effect_sd**2),
        minute_powers=tuple(population.day_correlation ** (minute / MINUTES_A_DAY) for minute in range(MINUTES_A_DAY)),
        day_powers=(*(population.day_correlation**days for days in range(LONGEST_EFFECT_DAYS)), 0.0),
    )


# Means of level, day effect, cosine, sine; then their covariances, the upper triangle row by row.
State = tuple[Number, ...]


def prior(fixed: Constants) -> tuple[float, ...]:
    """The state before the first reading."""
    means = (fixed.level_mean, 0.0, 0.0, 0.0)
    return (*means, fixed.level_variance, 0.0, 0.0, 0.0, fixed.day_effect, 0.0, 0.0, fixed.swing, 0.0, fixed.swing)


def foresee(
    state: State[Number], wandered: Number, decay: Number, cosine: Number, sine: Number, fixed: Constants
) -> tuple[State[Number], State[Number], Number, Number]:
    """The state at the next reading's time, its covariance with that reading, the reading's mean and variance.

    `wandered` is the variance that the level gained since the last reading, `decay` what is left of the day effect.
    """
    level, day, cosines, sines, ll, ld, lc, ls, dd, dc, ds, cc, cs, ss = state
    day = day * decay
    ll = ll + wandered
    ld = ld * decay
    squared = decay * decay
    dd = dd * squared + fixed.day_effect * (1.0 - squared)
    dc = dc * decay
    ds = ds * decay
    to_level = ll + ld + lc * cosine + ls * sine
    to_day = ld + dd + dc * cosine + ds * sine
    to_cosine = lc + dc + cc * cosine + cs * sine
    to_sine = ls + ds + cs * cosine + ss * sine
    variance = to_level + to_day + to_cosine * cosine + to_sine * sine + fixed.noise
    expected = level + day + cosines * cosine + sines * sine
    foreseen = (level, day, cosines, sines, ll, ld, lc, ls, dd, dc, ds, cc, cs, ss)
    return foreseen, (to_level, to_day, to_cosine, to_sine), expected, variance


def absorb(foreseen: State[Number], reach: State[Number], innovation: Number, gain: Number) -> State[Number]:
    """The state after a reading; `gain` is its weight over its variance, nothing for a reading that is not believed.

    A weight below one is the exact update for a reading whose variance is larger by that factor.
    """
    level, day, cosines, sines, ll, ld, lc, ls, dd, dc, ds, cc, cs, ss = foreseen
    to_level, to_day, to_cosine, to_sine = reach
    by_level = to_level * gain
    by_day = to_day * gain
    by_cosine = to_cosine * gain
    by_sine = to_sine * gain
    return (
        level + by_level * innovation,
        day + by_day * innovation,
        cosines + by_cosine * innovation,
        sines + by_sine * innovation,
        ll - by_level * to_level,
        ld - by_level * to_day,
        lc - by_level * to_cosine,
        ls - by_level * to_sine,
        dd - by_day * to_day,
        dc - by_day * to_cosine,
        ds - by_day * to_sine,
        cc - by_cosine * to_cosine,
        cs - by_cosine * to_sine,
        ss - by_sine * to_sine,
    )


# How far a reading is believed: fully up to 2 standard deviations, then by Huber's weight, fading from 4.5, not at all
# from 6 on. Readings that stray to the same side three times in a row are believed after all, and the level unsettled.
HUBER = 2.0
FADES_FROM, FADED_AT = 4.5, 6.0
STRAYS_FROM, STRAYS_BELIEVED = 3.5, 3.0
# The patient's squared scale: an inverse-gamma prior that weighs so many readings, and how the past is forgotten.
SCALE_PRIOR = 4.0
SCALE_MEMORY = 0.995
CLIP = 3.0
# Of late: the last ten readings or so, so that a restless week makes no point errors.
LATE_SHARE = 0.1


@dataclass(frozen=True)
class Filtered:
    """What the filter says of each reading, shape (steps, series), series sorted by length; beyond a series' end 0.

    `z` is the innovation in the patient's standard deviations, `late` the squared scale of late, `spread` the standard
    deviation foreseen in the measure's unit, `scale` the patient's squared scale that it holds, `weight` how far a
    reading was believed; `believed` readings strayed as those before them did.
    """

    expected: Floats
    spread: Floats
    z: Floats
    late: Floats
    scale: Floats
    weight: Floats
    believed: Booleans


@lru_cache(maxsize=64)
def _tables(fixed: Constants) -> tuple[Floats, Floats]:
    return np.array(fixed.minute_powers), np.array(fixed.day_powers)


_COSINES, _SINES = np.array(COSINES), np.array(SINES)


def _believe(scaled: Floats, size: Floats, strays: Floats) -> tuple[Floats, Floats, Booleans]:
    """How far readings are believed, how many strayed to one side in a row (with its sign), and who is for that."""
    signs = np.sign(scaled)
    strays = np.where(size > STRAYS_FROM, np.where(strays * scaled > 0.0, strays + signs, signs), 0.0)
    faded = np.maximum(FADED_AT - np.maximum(size, FADES_FROM), 0.0) / (FADED_AT - FADES_FROM)
    weight = HUBER / np.maximum(size, HUBER) * faded
    believed = np.abs(strays) >= STRAYS_BELIEVED
    return np.where(believed, 1.0, weight), strays, believed


def filter_batch(
    population: Population,
    minutes: Integers,
    clock: Integers,
    values: Floats,
    counts: Integers,
    *,
    unsettled: Floats | None = None,
    robust: bool = True,
) -> Filtered:
    """Filter many series of one measure at once.

    Args:
        population: the measure's parameters.
        minutes: times since 1970, shape (steps, series), increasing along the first axis.
        clock: minute of the patient's day, same shape.
        values: readings in the measure's unit, same shape.
        counts: readings of each series, shape (series,), not increasing; what lies beyond is not read.
        unsettled: variance that the level gains besides before each reading, same shape; for known changes.
        robust: False gives the plain filter in the population's scale.
    """
    fixed = constants(population)
    minute_powers, day_powers = _tables(fixed)
    steps, series = values.shape
    expected, spread, z, late, scales, weights = (np.zeros((steps, series)) for _ in range(6))
    believed = np.zeros((steps, series), dtype=bool)
    active = np.searchsorted(-counts, -np.arange(steps), side="left")
    state: State[Floats] = tuple(np.full(series, number) for number in prior(fixed))
    weight_sum, square_sum = np.full(series, SCALE_PRIOR), np.full(series, SCALE_PRIOR)
    recent, strays = np.ones(series), np.zeros(series)
    for step in range(steps):
        count = active[step]
        if count == 0:
            break
        if count < len(recent):
            state = tuple(part[:count] for part in state)
            weight_sum, square_sum, recent, strays = (part[:count] for part in (weight_sum, square_sum, recent, strays))
        elapsed = minutes[step, :count] - minutes[max(step - 1, 0), :count]
        days, rest = np.divmod(elapsed, MINUTES_A_DAY)
        decay = day_powers[np.minimum(days, LONGEST_EFFECT_DAYS)] * minute_powers[rest]
        wandered: Floats = np.multiply(elapsed, fixed.wander)
        if unsettled is not None:
            wandered = wandered + unsettled[step, :count]
        if step > 0:
            wandered = wandered + np.where(np.abs(strays) == STRAYS_BELIEVED, fixed.settling, 0.0)
        at = clock[step, :count]
        foreseen, reach, mean, variance = foresee(state, wandered, decay, _COSINES[at], _SINES[at], fixed)
        innovation = values[step, :count] - mean
        expected[step, :count] = mean
        if not robust:
            spread[step, :count] = np.sqrt(variance)
            z[step, :count] = innovation / spread[step, :count]
            state = absorb(foreseen, reach, innovation, 1.0 / variance)
            continue
        scale = square_sum / weight_sum
        deviation = np.sqrt(variance * scale)
        scaled = innovation / deviation
        size = np.abs(scaled)
        spread[step, :count] = deviation
        z[step, :count] = scaled
        late[step, :count] = recent
        weight, strays, believed[step, :count] = _believe(scaled, size, strays)
        weights[step, :count] = weight
        scales[step, :count] = scale
        state = absorb(foreseen, reach, innovation, weight / variance)
        square = np.minimum(size, CLIP)
        square = square * square
        weight_sum = weight_sum * SCALE_MEMORY + 1.0
        square_sum = square_sum * SCALE_MEMORY + square * scale
        recent = recent + (square - recent) * LATE_SHARE
    return Filtered(expected, spread, z, late, scales, weights, believed)
