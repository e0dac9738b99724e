"""One new reading of one series: the same numbers as in a batch, to the last bit, in plain floats.

A `Memory` holds all that the past has to say, in some hundred numbers; keeping one of an earlier moment and observing
the readings since again is how late and corrected readings are taken in (see `analytics.vital_replay`).
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from analytics.vital_batch import settling_variance
from analytics.vital_filter import (
    CLIP,
    COSINES,
    FADED_AT,
    FADES_FROM,
    HUBER,
    LATE_SHARE,
    LONGEST_EFFECT_DAYS,
    MINUTES_A_DAY,
    SCALE_MEMORY,
    SCALE_PRIOR,
    SINES,
    STRAYS_BELIEVED,
    STRAYS_FROM,
    Constants,
    absorb,
    constants,
    foresee,
    prior,
)
from analytics.vital_findings import (
    EXPLAINED_DAYS,
    FEWEST_DAYS,
    FEWEST_READINGS,
    REFRACTORY_DAYS,
    Finding,
    Raised,
    Thresholds,
    lasting_findings,
    point_finding,
)
from analytics.vital_population import Population
from analytics.vital_scores import (
    LONGEST_DAYS,
    RESTLESS_WINDOWS_DAYS,
    SQUARE_CLIP,
    SQUARE_MEAN,
    SQUARE_SD,
    WINDOWS_DAYS,
)

_WINDOWS = tuple((window, window in RESTLESS_WINDOWS_DAYS) for window in WINDOWS_DAYS)
_ALL_ARMED = (True, True, True)


class Filter(NamedTuple):
    """What the filter keeps of the past; see `analytics.vital_filter`."""

    state: tuple[float, ...]
    weight_sum: float
    square_sum: float
    recent: float
    strays: float


class Sums(NamedTuple):
    """Running sums after a reading, or before the first reading of a day: what the windows subtract."""

    place: int
    minute: int
    readings: int
    z: float
    squares: float
    expected: float
    excess: float


class Memory(NamedTuple):
    """A series after its last reading. `days` are those of the longest window, oldest first; times are minutes.

    `armed` says by channel whether a finding may be raised, none before `quiet_until`; the first `settled` of the
    known changes are taken for granted.
    """

    filter: Filter
    sums: Sums
    days: tuple[Sums, ...]
    first_day: int
    last_day: int
    armed: tuple[bool, bool, bool]
    quiet_until: int
    changes: tuple[int, ...]
    settled: int


@dataclass(frozen=True)
class Watch:
    """What every reading of a measure needs, prepared once."""

    population: Population
    thresholds: Thresholds
    constants: Constants
    settling: float
    limits: tuple[float, float, float]
    calm: tuple[float, float, float]


def watch(population: Population, thresholds: Thresholds) -> Watch:
    """Prepare for the readings of a measure."""
    up, down, restless = thresholds.limits()
    rearm = thresholds.rearm
    return Watch(
        population,
        thresholds,
        constants(population),
        settling_variance(population),
        (up, down, restless),
        (up * rearm, down * rearm, restless * rearm),
    )


def begin(by: Watch) -> Memory:
    """A series before its first reading."""
    return Memory(
        filter=Filter(prior(by.constants), SCALE_PRIOR, SCALE_PRIOR, 1.0, 0.0),
        sums=Sums(LONGEST_DAYS, 0, 0, 0.0, 0.0, 0.0, 0.0),
        days=(),
        first_day=0,
        last_day=0,
        armed=_ALL_ARMED,
        quiet_until=-(2**62),
        changes=(),
        settled=0,
    )


def note_change(memory: Memory, minute: int) -> Memory:
    """The series knowing of a change of medication; changes come in order of time."""
    return memory._replace(changes=(*memory.changes, minute))


def observe(  # noqa: C901 - the story of one reading, told without calls that would cost as much as it
    memory: Memory, minute: int, local_minute: int, value: float, by: Watch
) -> tuple[Memory, tuple[Finding, ...]]:
    """The series with one more reading, no earlier than its last, and what that one found."""
    filter_, sums, days, first_day, last_day, armed, quiet_until, changes, settled = memory
    place, last_minute, number, z_sum, squares, expected_sum, excess = sums
    day, clock = divmod(local_minute, MINUTES_A_DAY)
    if number == 0:
        last_minute, first_day, last_day = minute, day, day
    elapsed = minute - last_minute
    wandered = elapsed * by.constants.wander
    if settled < len(changes):
        before = settled
        while settled < len(changes) and minute >= changes[settled] + EXPLAINED_DAYS * MINUTES_A_DAY:
            settled += 1
        if settled > before and number > 0:
            wandered += by.settling
            days, armed = (), _ALL_ARMED
    filter_, expected, spread, z, point = _filter(filter_, elapsed, wandered, clock, value, by.constants)

    if day > last_day:
        place += min(day - last_day, LONGEST_DAYS + 1)
        last_day = day
        days = (*(one for one in days if one[0] > place - LONGEST_DAYS), sums._replace(place=place, minute=minute))
    elif not days:
        days = (sums._replace(place=place, minute=minute),)
    drawn = min(max(z, -CLIP), CLIP)
    number += 1
    sums = Sums(
        place,
        minute,
        number,
        z_sum + drawn,
        squares + (min(z * z, SQUARE_CLIP) - SQUARE_MEAN),
        expected_sum + expected,
        excess + drawn * spread,
    )

    found: tuple[Finding, ...] = ()
    if point > by.thresholds.point and number > FEWEST_READINGS:
        found = (point_finding(point, z, value, expected, spread, number - 1, minute, by.thresholds),)
    up, down, restless = scores = _scores(days, sums)
    calm_up, calm_down, calm_restless = by.calm
    armed = (armed[0] or up < calm_up, armed[1] or down < calm_down, armed[2] or restless < calm_restless)
    if number > FEWEST_READINGS and day - first_day >= FEWEST_DAYS:
        limit_up, limit_down, limit_restless = by.limits
        new = (armed[0] and up > limit_up, armed[1] and down > limit_down, armed[2] and restless > limit_restless)
        if True in new:
            armed = (armed[0] and not new[0], armed[1] and not new[1], armed[2] and not new[2])
            if minute >= quiet_until:
                quiet_until = minute + REFRACTORY_DAYS * MINUTES_A_DAY
                ratios = [
                    score / limit if is_new else 0.0
                    for is_new, score, limit in zip(new, scores, by.limits, strict=True)
                ]
                channel = ratios.index(max(ratios))
                raised = _raised(channel, scores[channel], spread, days, sums)
                found += tuple(lasting_findings(raised, [changes], by.thresholds))
    return Memory(filter_, sums, days, first_day, last_day, armed, quiet_until, changes, settled), found


def _filter(
    memory: Filter, elapsed: int, wandered: float, clock: int, value: float, fixed: Constants
) -> tuple[Filter, float, float, float, float]:
    """The filter after a reading; the reading's mean, standard deviation, innovation in those and score as a point."""
    state, weight_sum, square_sum, recent, strays = memory
    whole, rest = divmod(elapsed, MINUTES_A_DAY)
    decay = fixed.day_powers[min(whole, LONGEST_EFFECT_DAYS)] * fixed.minute_powers[rest]
    foreseen, reach, expected, variance = foresee(state, wandered, decay, COSINES[clock], SINES[clock], fixed)
    innovation = value - expected
    scale = square_sum / weight_sum
    spread = sqrt(variance * scale)
    z = innovation / spread
    size = abs(z)
    point = size / sqrt(recent) if recent > 1.0 else size
    weight = 1.0
    if size > STRAYS_FROM:
        sign = 1.0 if z > 0.0 else -1.0
        repeated = strays * z > 0.0
        strays = strays + sign if repeated else sign
        point = 0.0 if repeated else point
    else:
        strays = 0.0
    if size > HUBER and abs(strays) < STRAYS_BELIEVED:
        weight = HUBER / size * (max(FADED_AT - max(size, FADES_FROM), 0.0) / (FADED_AT - FADES_FROM))
    state = absorb(foreseen, reach, innovation, weight / variance)
    square = min(size, CLIP)
    square = square * square
    after = Filter(
        state,
        weight_sum * SCALE_MEMORY + 1.0,
        square_sum * SCALE_MEMORY + square * scale,
        recent + (square - recent) * LATE_SHARE,
        strays,
    )
    return after, expected, spread, z, point


def _scores(days: tuple[Sums, ...], now: Sums) -> tuple[float, float, float]:
    """The highest score of all windows up, down, and of restlessness."""
    place, _, number, z_sum, squares, _, _ = now
    highest, lowest, restless = -inf, inf, -inf
    at = len(days) - 1
    for window, counts_squares in _WINDOWS:
        limit = place - window
        while at > 0 and days[at - 1][0] > limit:
            at -= 1
        _, _, before, z_before, squares_before, _, _ = days[at]
        root = sqrt(number - before)
        score = (z_sum - z_before) / root
        # Plain comparisons: this is run for each reading, and max() takes three times as long.
        if score > highest:  # noqa: PLR1730
            highest = score
        if score < lowest:  # noqa: PLR1730
            lowest = score
        if counts_squares:
            score = (squares - squares_before) / root
            if score > restless:  # noqa: PLR1730
                restless = score
    return highest, -lowest, restless / SQUARE_SD


def _raised(channel: int, score: float, spread: float, days: tuple[Sums, ...], now: Sums) -> Raised:
    """The columns of one finding."""
    columns = [now]
    at = len(days)
    for ago in range(LONGEST_DAYS):
        while at > 0 and days[at - 1].place >= now.place - ago:
            at -= 1
        columns.append(days[at] if at < len(days) else now)
    _, minutes, readings, z, squares, expected, excess = (np.array([part]) for part in zip(*columns, strict=True))
    return Raised(
        channels=np.array([channel]),
        scores=np.array([score]),
        spreads=np.array([spread]),
        readings=readings,
        minutes=minutes,
        z=z,
        squares=squares,
        expected=expected,
        excess=excess,
    )
