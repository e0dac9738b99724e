"""When scores become a finding, and what the finding says: shared by the batch and by the single reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from analytics.vital_filter import MINUTES_A_DAY, Floats, Integers
from analytics.vital_population import POPULATIONS
from analytics.vital_population import VERSION as POPULATION_VERSION
from analytics.vital_scores import SQUARE_MEAN
from analytics.vital_shapes import shapes

VERSION = 1
METHOD = "robust Kalman filter on irregular times, likelihood ratios over windows"
# A change that a record of medication accounts for shows within so many days of it, and may seem to begin a little
# earlier; then the new level is taken for granted.
EXPLAINED_DAYS, EARLIER_DAYS = 14, 4
MOST_SHOWN = 0.7
FEWEST_READINGS, FEWEST_DAYS = 10, 21
REFRACTORY_DAYS = 7
OBSERVED_DAYS = 3
# From this share of the squares on, what is one-sided is no restlessness.
ONE_SIDED = 0.5
NORMAL_95 = 1.959963984540054


class FindingKind(StrEnum):
    """What a series showed."""

    POINT = "POINT"
    SHIFT = "SHIFT"
    RAMP = "RAMP"
    DRIFT = "DRIFT"
    VARIABILITY = "VARIABILITY"


class FindingDirection(StrEnum):
    """Which way."""

    UP = "UP"
    DOWN = "DOWN"


_LASTING_KINDS = (FindingKind.SHIFT, FindingKind.RAMP, FindingKind.DRIFT, FindingKind.VARIABILITY)
# Channels of what lasts, in the order of their scores.
UP, DOWN, RESTLESS = range(3)


@dataclass(frozen=True)
class Thresholds:
    """Above which score a finding is raised.

    After one, what lasts must reach `escalation` times that score to be told again, until the score has fallen below
    `rearm` times its threshold: one change, one finding.
    """

    point: float = 6.4
    up: float = 3.5
    down: float = 3.5
    restless: float = 4.5
    rearm: float = 0.7
    escalation: float = 2.5
    version: int = 1

    def limits(self) -> tuple[float, float, float]:
        """By channel."""
        return self.up, self.down, self.restless


# Calibrated to an alert budget on simulated series of the hard world (seeds below 500; see docs/analysis.md). Weight
# is watched for heart failure: gains are told earlier, losses and restlessness later.
_USUAL = Thresholds()
THRESHOLDS: Mapping[str, Thresholds] = dict.fromkeys(POPULATIONS, _USUAL) | {
    "WEIGHT": Thresholds(up=3.0, down=3.6, restless=4.8)
}


class Finding(NamedTuple):
    """One finding. Readings are numbered from 0 within their series, times are minutes since 1970.

    `observed` is a reading, or the mean of the last days (outliers drawn in), or, for VARIABILITY, a standard
    deviation; what was expected of the very same holds with 95 % probability. All in the measure's unit.
    """

    kind: FindingKind
    direction: FindingDirection
    score: float
    reading: int
    minute: int
    onset_reading: int
    onset_minute: int
    observed: float
    expected_low: float
    expected_high: float
    explained: bool
    method: str
    version: str


@dataclass(frozen=True)
class Raised:
    """What raised findings of lasting change, one row each: running sums as the windows subtract them.

    `readings`, `minutes`, `z`, `squares`, `expected` and `excess` have shape (findings, days + 1): column 0 is after
    the last reading, column a + 1 before the first reading of the day a days ago or later; minutes are those of that
    reading. `excess` is in the measure's unit. The others have shape (findings,).
    """

    channels: Integers
    scores: Floats
    spreads: Floats
    readings: Integers
    minutes: Integers
    z: Floats
    squares: Floats
    expected: Floats
    excess: Floats


def version(thresholds: Thresholds) -> str:
    """Names everything a finding depends on besides the readings."""
    return f"findings-{VERSION}/population-{POPULATION_VERSION}/thresholds-{thresholds.version}"


def point_finding(
    score: float,
    z: float,
    value: float,
    expected: float,
    spread: float,
    reading: int,
    minute: int,
    thresholds: Thresholds,
) -> Finding:
    """The finding that one reading is not to be believed."""
    return Finding(
        kind=FindingKind.POINT,
        direction=FindingDirection.UP if z > 0 else FindingDirection.DOWN,
        score=score,
        reading=reading,
        minute=minute,
        onset_reading=reading,
        onset_minute=minute,
        observed=value,
        expected_low=expected - NORMAL_95 * spread,
        expected_high=expected + NORMAL_95 * spread,
        explained=False,
        method=METHOD,
        version=version(thresholds),
    )


def _since(columns: Floats | Integers, day: Integers) -> Floats:
    """What came since the day, of each row."""
    return np.asarray(columns[:, 0] - columns[np.arange(len(day)), day], dtype=np.float64)


def lasting_findings(raised: Raised, changes: Sequence[Sequence[int]], thresholds: Thresholds) -> list[Finding]:
    """The findings that the last days differ: up, down, or in how much they vary.

    Args:
        raised: what raised them.
        changes: for each, when medication changed in its series, minutes since 1970.
        thresholds: above which they were raised.
    """
    kinds, onsets = shapes(raised.readings, raised.z)
    # The day at which the windows' score of restlessness is highest.
    counts = raised.readings[:, :1] - raised.readings[:, 1:]
    restlessness = (raised.squares[:, :1] - raised.squares[:, 1:]) / np.sqrt(np.maximum(counts, 1))
    restless_days = np.where(counts > 0, restlessness, -np.inf).argmax(axis=1) + 1
    is_restless, is_down = raised.channels == RESTLESS, raised.channels == DOWN
    # A step makes restless, too. Where most of it is one-sided it is called what it is.
    sided, count, excess = (_since(column, restless_days) for column in (raised.z, raised.readings, raised.squares))
    one_sided = (
        is_restless & (sided * sided > ONE_SIDED * count * excess) & (np.abs(sided) > NORMAL_95 * np.sqrt(count))
    )
    is_restless &= ~one_sided
    is_down = np.where(one_sided, sided < 0, is_down)
    onsets = np.where(is_restless, restless_days, onsets)
    shown = np.where(is_restless, onsets, np.minimum(onsets, OBSERVED_DAYS))
    # The last reading may lie further back than the days that are shown.
    readings = np.maximum(_since(raised.readings, shown), 1.0)
    expected, beyond = (_since(column, shown) / readings for column in (raised.expected, raised.excess))
    half = NORMAL_95 * raised.spreads / np.sqrt(readings)
    squares = np.maximum(_since(raised.squares, shown) / readings / SQUARE_MEAN + 1.0, 0.0)
    relative = NORMAL_95 / np.sqrt(2.0 * readings)
    observed = np.where(is_restless, raised.spreads * np.sqrt(squares), expected + beyond)
    low = np.where(is_restless, raised.spreads * np.maximum(1.0 - relative, 0.0), expected - half)
    high = np.where(is_restless, raised.spreads * (1.0 + relative), expected + half)
    kinds = np.where(is_restless, len(_LASTING_KINDS) - 1, kinds)
    begun = np.arange(len(onsets)), onsets
    named = version(thresholds)
    return [
        Finding(
            kind=_LASTING_KINDS[kind],
            direction=FindingDirection.DOWN if down else FindingDirection.UP,
            score=score,
            reading=number - 1,
            minute=minute,
            onset_reading=onset_reading,
            onset_minute=onset_minute,
            observed=seen,
            expected_low=lowest,
            expected_high=highest,
            explained=bool(known) and _explains(raised, row, onset_minute, known),
            method=METHOD,
            version=named,
        )
        for row, kind, down, score, number, minute, onset_reading, onset_minute, seen, lowest, highest, known in zip(
            range(len(kinds)),
            kinds.tolist(),
            is_down.tolist(),
            raised.scores.tolist(),
            raised.readings[:, 0].tolist(),
            raised.minutes[:, 0].tolist(),
            raised.readings[begun].tolist(),
            raised.minutes[begun].tolist(),
            observed.tolist(),
            low.tolist(),
            high.tolist(),
            changes,
            strict=True,
        )
    ]


def _explains(raised: Raised, row: int, onset_minute: int, changes: Sequence[int]) -> bool:
    """Whether a change of medication accounts for a finding: it came after, and most of what shows began after.

    Where a finding seems to begin is uncertain by days; so it is enough if what came since the change shows nearly as
    clearly as what came since any other day.
    """
    minute = int(raised.minutes[row, 0])
    for change in changes:
        if not change <= minute <= change + EXPLAINED_DAYS * MINUTES_A_DAY:
            continue
        if onset_minute >= change - EARLIER_DAYS * MINUTES_A_DAY:
            return True
        sums = raised.squares[row] if raised.channels[row] == RESTLESS else raised.z[row]
        counts = np.maximum(raised.readings[row, 0] - raised.readings[row, 1:], 1)
        shown = np.abs(sums[0] - sums[1:]) / np.sqrt(counts)
        since = raised.minutes[row, 1:] >= change
        if since.any() and shown[np.flatnonzero(since)[-1]] >= MOST_SHOWN * shown.max():
            return True
    return False
