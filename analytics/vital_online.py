"""One new reading of one series: the same numbers as in a batch, to the last bit, in plain floats.

A `Memory` holds all that the past has to say, in some hundred numbers; keeping one of an earlier moment and observing
the readings since again is how late and corrected readings are taken in (see `analytics.vital_replay`).
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

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
    FEWEST,
    LONGEST_DAYS,
    RESTLESS_WINDOWS_DAYS,
    SHARED,
    SQUARE_CLIP,
    SQUARE_MEAN,
    SQUARE_SD,
    WINDOWS_DAYS,
)

_WINDOWS = tuple((window, SHARED / window, window in RESTLESS_WINDOWS_DAYS) for window in WINDOWS_DAYS)
# A named tuple's own constructor takes longer than all that is computed between two of them.
_new = tuple.__new__


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
    """A series after its last reading. Times are minutes; `days` are those of the longest window, oldest first, on
    these `places`.

    `bars` say by channel above which score a finding is raised, none before `quiet_until`; the first `settled` of the
    known changes are taken for granted.
    """

    filter: Filter
    sums: Sums
    places: tuple[int, ...]
    days: tuple[Sums, ...]
    first_day: int
    last_day: int
    bars: tuple[float, float, float]
    quiet_until: int
    changes: tuple[int, ...]
    settled: int


@dataclass(frozen=True)
class Watch:
    """What every reading of a measure needs, prepared once."""

    population: Population
    thresholds: Thresholds
    constants: Constants
    limits: tuple[float, float, float]
    calm: tuple[float, float, float]


def watch(population: Population, thresholds: Thresholds) -> Watch:
    """Prepare for the readings of a measure."""
    limits = up, down, restless = thresholds.limits()
    rearm = thresholds.rearm
    calm = (up * rearm, down * rearm, restless * rearm)
    return Watch(population, thresholds, constants(population), limits, calm)


def begin(by: Watch) -> Memory:
    """A series before its first reading."""
    return Memory(
        filter=Filter(prior(by.constants), SCALE_PRIOR, SCALE_PRIOR, 1.0, 0.0),
        sums=Sums(LONGEST_DAYS, 0, 0, 0.0, 0.0, 0.0, 0.0),
        places=(),
        days=(),
        first_day=0,
        last_day=0,
        bars=by.limits,
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
    filter_, sums, places, days, first_day, last_day, bars, quiet_until, changes, settled = memory
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
            wandered += by.constants.settling
            places, days, bars = (), (), by.limits
    filter_, expected, spread, z, point = _filter(filter_, elapsed, wandered, clock, value, by.constants)

    if day > last_day or not days:
        if day > last_day:
            place += min(day - last_day, LONGEST_DAYS + 1)
            last_day = day
        past = bisect_right(places, place - LONGEST_DAYS)
        places = (*places[past:], place)
        days = (*days[past:], Sums(place, minute, number, z_sum, squares, expected_sum, excess))
    drawn = CLIP if z > CLIP else -CLIP if z < -CLIP else z  # noqa: FURB136 - as below
    number += 1
    square = z * z
    squares += (square if square < SQUARE_CLIP else SQUARE_CLIP) - SQUARE_MEAN  # noqa: FURB136 - as below
    sums = _new(
        Sums,
        (
            place,
            minute,
            number,
            z_sum + drawn,
            squares,
            expected_sum + expected,
            excess + min(max(z, -FADED_AT), FADED_AT) * spread,
        ),
    )

    found: tuple[Finding, ...] = ()
    if point > by.thresholds.point and number >= FEWEST_READINGS:
        found = (point_finding(point, z, value, expected, spread, number - 1, minute, by.thresholds),)
    up, down, restless = scores = _scores(places, days, sums)
    if minute >= quiet_until:
        limits = by.limits
        if bars is not limits:
            calm_up, calm_down, calm_restless = by.calm
            bars = (
                limits[0] if up < calm_up else bars[0],
                limits[1] if down < calm_down else bars[1],
                limits[2] if restless < calm_restless else bars[2],
            )
            bars = limits if bars == limits else bars
        if (up > bars[0] or down > bars[1] or restless > bars[2]) and (
            number >= FEWEST_READINGS and day - first_day >= FEWEST_DAYS
        ):
            ratios = [
                score / limit if score > bar else 0.0 for bar, score, limit in zip(bars, scores, limits, strict=True)
            ]
            channel = ratios.index(max(ratios))
            raised = _raised(channel, scores[channel], spread, days, sums)
            found += tuple(lasting_findings(raised, [changes], by.thresholds))
            quiet_until = minute + REFRACTORY_DAYS * MINUTES_A_DAY
            bars = _bars(
                max(score, limit) * by.thresholds.escalation for score, limit in zip(scores, limits, strict=True)
            )
    after = (filter_, sums, places, days, first_day, last_day, bars, quiet_until, changes, settled)
    return _new(Memory, after), found


def _bars(by_channel: Iterable[float]) -> tuple[float, float, float]:
    up, down, restless = by_channel
    return up, down, restless


def _filter(
    memory: Filter, elapsed: int, wandered: float, clock: int, value: float, fixed: Constants
) -> tuple[Filter, float, float, float, float]:
    """The filter after a reading; the reading's mean, standard deviation, innovation in those and score as a point."""
    state, weight_sum, square_sum, recent, strays = memory
    whole, rest = divmod(elapsed, MINUTES_A_DAY)
    if abs(strays) == STRAYS_BELIEVED:
        wandered += fixed.settling
    decay = fixed.day_powers[min(whole, LONGEST_EFFECT_DAYS)] * fixed.minute_powers[rest]
    foreseen, reach, expected, variance = foresee(state, wandered, decay, COSINES[clock], SINES[clock], fixed)
    innovation = value - expected
    scale = square_sum / weight_sum
    spread = sqrt(variance * scale)
    z = innovation / spread
    size = abs(z)
    point = size * sqrt(sqrt(sqrt(scale) / max(recent, 1.0)))
    weight = 1.0
    if size > STRAYS_FROM:
        sign = 1.0 if z > 0.0 else -1.0
        strays = strays + sign if strays * z > 0.0 else sign
    else:
        strays = 0.0
    if size > HUBER:
        if abs(strays) >= STRAYS_BELIEVED:
            point = 0.0
        else:
            weight = HUBER / size * (max(FADED_AT - max(size, FADES_FROM), 0.0) / (FADED_AT - FADES_FROM))
    state = absorb(foreseen, reach, innovation, weight / variance)
    square = min(size, CLIP)
    square = square * square
    weight_sum = weight_sum * SCALE_MEMORY + 1.0
    square_sum = square_sum * SCALE_MEMORY + square * scale
    recent += (square - recent) * LATE_SHARE
    return _new(Filter, (state, weight_sum, square_sum, recent, strays)), expected, spread, z, point


def _scores(places: tuple[int, ...], days: tuple[Sums, ...], now: Sums) -> tuple[float, float, float]:
    """The highest score of all windows up, down, and of restlessness."""
    place, _, number, z_sum, squares, _, _ = now
    highest, lowest, restless = -inf, inf, -inf
    for window, shared, counts_squares in _WINDOWS:
        _, _, before, z_before, squares_before, _, _ = days[bisect_right(places, place - window)]
        count = number - before
        if count < FEWEST:
            continue
        root = sqrt(count * (1.0 + shared * count))
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
