"""How far a strip can be trusted: for each second and for the whole, with reasons and the times they hold.

Every disturbance is measured beside this strip's own beats: a second is bad when its rest between beats is not at rest,
when its beats look like no others, or when the signal itself is missing. No threshold is on kurtosis or on the share of
the QRS band: devices filter, and then those say little.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from analytics.beat_shapes import BeatShapes
from analytics.ecg_signal import RATE_HERTZ, Lead, Series, cleaned

_FLAT_MICROVOLTS = 8.0  # peak to peak of a second: an electrode that is off, or a device that stopped
_CLIPPED_SHARE = 0.02
_CLIPPED_RUN_SECONDS = 0.02
_BASELINE_MICROVOLTS = 1500.0
_MAINS_SHARE = 0.25
_MUSCLE, _RESTLESS, _MOTION = 0.22, 0.35, 1.3
_UNLIKE = 0.6
_DOUBTED = 0.6
_LIKE_OTHERS = 0.9
_RATE_FOR_MAINS_HERTZ, _MAINS_WIDTH_HERTZ, _MAINS_LOWEST_HERTZ = 125.0, 1.5, 0.5
# The least score of a second for each use.
_FOR_RATE, _FOR_RHYTHM, _FOR_ALL = 0.25, 0.45, 0.70
# How likely noise may be for each use, and in how much of the strip a use must be possible.
_NOISE, _DOUBTFUL, _NOT_GOOD = 0.5, 0.3, 0.1
_HALF, _MOST, _SOME = 0.5, 0.8, 0.25
_TINY = 1e-9


class Usability(StrEnum):
    """What may be taken from a stretch of signal, from best to worst."""

    GOOD = "GOOD"
    USABLE_FOR_RHYTHM = "USABLE_FOR_RHYTHM"
    USABLE_FOR_RATE = "USABLE_FOR_RATE"
    UNUSABLE = "UNUSABLE"


class Reason(StrEnum):
    """What disturbs a stretch of signal."""

    FLAT_LINE = "FLAT_LINE"
    CLIPPED = "CLIPPED"
    BASELINE_WANDER = "BASELINE_WANDER"
    MAINS_HUM = "MAINS_HUM"
    MUSCLE_NOISE = "MUSCLE_NOISE"
    ELECTRODE_MOTION = "ELECTRODE_MOTION"
    UNLIKE_BEATS = "UNLIKE_BEATS"
    DOUBTFUL_BEATS = "DOUBTFUL_BEATS"
    NO_BEATS = "NO_BEATS"
    TOO_SHORT = "TOO_SHORT"


@dataclass(frozen=True)
class Disturbance:
    """A reason and from which to which second it holds."""

    reason: Reason
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class SecondBySecond:
    """Measures of each whole second (n,), and the reasons as columns (n, reasons)."""

    muscle: Series
    restless: Series
    motion: Series
    likeness: Series
    certainty: Series
    reasons: dict[Reason, NDArray[np.bool_]]
    usability: tuple[Usability, ...]
    score: Series

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Neighbouring seconds with the same reason as one range, in order of time."""
        found = []
        for reason, seconds in self.reasons.items():
            edges = np.flatnonzero(np.diff(seconds.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
            found += [Disturbance(reason, float(start), float(end)) for start, end in edges]
        return tuple(sorted(found, key=lambda one: (one.start_seconds, one.end_seconds, one.reason)))


@dataclass(frozen=True)
class StripQuality:
    """What may be taken from the strip, how good it is from 0 to 1, and why not better.

    `reasons` are those of a good part of the strip; `disturbances` all of them with their times; `seconds` one for each
    second.
    """

    usability: Usability
    score: float
    reasons: tuple[Reason, ...]
    disturbances: tuple[Disturbance, ...]
    seconds: tuple[Usability, ...]

    @property
    def is_usable(self) -> bool:
        """Whether anything may be taken from it."""
        return self.usability is not Usability.UNUSABLE


def _rows(values: Series, rate_hertz: float, count: int) -> Series:
    """The values of each second, (count, samples); the last second may reach over the end and stands still there."""
    starts = np.round(np.arange(count) * rate_hertz).astype(np.intp)
    index = starts[:, None] + np.arange(max(1, int(rate_hertz)))
    rows: Series = values[index.clip(0, len(values) - 1)]
    return rows


def _longest_run(same: NDArray[np.bool_]) -> int:
    changes = np.flatnonzero(np.diff(same.astype(np.int8), prepend=0, append=0))
    return int(np.diff(changes)[::2].max(initial=0))


def _clipped(rows: Series, lowest: float, highest: float, rate_hertz: float) -> NDArray[np.bool_]:
    """Seconds in which the signal stands at the strip's own limit for longer than a peak does."""
    at_limit = (rows >= highest) | (rows <= lowest)
    clipped: NDArray[np.bool_] = at_limit.mean(axis=1) > _CLIPPED_SHARE
    for second in np.flatnonzero(clipped).tolist():
        clipped[second] = _longest_run(at_limit[second]) > max(3, _CLIPPED_RUN_SECONDS * rate_hertz)
    return clipped


def _mains_share(rows: Series, rate_hertz: float) -> Series:
    """The share of the power above 0.5 Hz that lies near 50 or 60 Hz."""
    if rate_hertz < _RATE_FOR_MAINS_HERTZ:
        return np.zeros(len(rows))
    size = rows.shape[1]
    power = np.abs(np.fft.rfft((rows - rows.mean(axis=1, keepdims=True)) * np.hanning(size), axis=1)) ** 2
    hertz = np.fft.rfftfreq(size, 1 / rate_hertz)
    hum = (np.abs(hertz - 50) <= _MAINS_WIDTH_HERTZ) | (np.abs(hertz - 60) <= _MAINS_WIDTH_HERTZ)
    share: Series = power[:, hum].sum(axis=1) / (power[:, hertz > _MAINS_LOWEST_HERTZ].sum(axis=1) + _TINY)
    return share


def _beats_by_second(shapes: BeatShapes, certainty: Series, count: int) -> tuple[Series, Series]:
    """The least likeness and the least certainty of the beats in each second; one where there are none."""
    likeness, sure = np.ones(count), np.ones(count)
    # A beat that is like others, if not like the main ones, is no disturbance.
    own = np.where(shapes.cluster > 0, np.maximum(shapes.likeness, _LIKE_OTHERS), shapes.likeness)
    second = (shapes.positions / RATE_HERTZ).astype(int).clip(0, count - 1)
    np.minimum.at(likeness, second, own)
    np.minimum.at(sure, second, certainty)
    return likeness, sure


def judge_seconds(
    microvolts: NDArray[np.float64], rate_hertz: float, lead: Lead, shapes: BeatShapes | None, certainty: Series
) -> SecondBySecond:
    """Each second's disturbances and what may be taken from it; `certainty` (beats,) is the detector's own."""
    signal = cleaned(microvolts)
    count = max(1, int(lead.seconds + 0.5))
    raw = _rows(signal, rate_hertz, count)
    wander = uniform_filter1d(signal, max(1, round(rate_hertz)), mode="nearest")
    flat = np.ptp(raw, axis=1) < _FLAT_MICROVOLTS
    clipped = _clipped(raw, float(signal.min()), float(signal.max()), rate_hertz)
    baseline = np.ptp(_rows(wander, rate_hertz, count)[:, ::10], axis=1)
    hum = _mains_share(raw, rate_hertz)
    energies = np.array([lead.fast_energy, lead.energy, lead.slow_energy])
    tops = (
        np.median(energies[:, shapes.positions], axis=1) if shapes is not None else np.percentile(energies, 95, axis=1)
    )
    muscle, restless, motion = (
        np.median(_rows(energy, RATE_HERTZ, count)[:, ::4], axis=1) / (top + _TINY)
        for energy, top in zip(energies, tops, strict=True)
    )
    likeness, sure = (
        _beats_by_second(shapes, certainty, count) if shapes is not None else (np.ones(count), np.ones(count))
    )
    reasons = {
        Reason.FLAT_LINE: flat,
        Reason.CLIPPED: clipped,
        Reason.BASELINE_WANDER: baseline > _BASELINE_MICROVOLTS,
        Reason.MAINS_HUM: hum > _MAINS_SHARE,
        Reason.MUSCLE_NOISE: muscle > _MUSCLE,
        Reason.ELECTRODE_MOTION: (motion > _MOTION) | (restless > _RESTLESS),
        Reason.UNLIKE_BEATS: likeness < _UNLIKE,
        Reason.DOUBTFUL_BEATS: sure < _DOUBTED,
        Reason.NO_BEATS: np.full(count, shapes is None),
    }
    score = (
        (1 - 0.9 * (muscle / (2 * _MUSCLE)).clip(0, 1) ** 2)
        * (1 - 0.9 * (restless / (2 * _RESTLESS)).clip(0, 1) ** 2)
        * (1 - 0.8 * ((1 - likeness) / 1.2).clip(0, 1) ** 2)
        * (0.4 + 0.6 * sure)
    )
    lost = flat | reasons[Reason.NO_BEATS]
    score = np.where(lost, 0.0, np.where(clipped, 0.5 * score, score))
    doubtful = reasons[Reason.DOUBTFUL_BEATS] & reasons[Reason.UNLIKE_BEATS]
    disturbed = reasons[Reason.BASELINE_WANDER] | reasons[Reason.MAINS_HUM]
    usability = np.select(
        [
            lost | (score < _FOR_RATE),
            clipped | doubtful | (score < _FOR_RHYTHM),
            disturbed | (score < _FOR_ALL),
        ],
        [Usability.UNUSABLE, Usability.USABLE_FOR_RATE, Usability.USABLE_FOR_RHYTHM],
        Usability.GOOD,
    )
    kinds = tuple(Usability(one) for one in usability)
    return SecondBySecond(muscle, restless, motion, likeness, sure, reasons, kinds, score)


def judge_strip(seconds: SecondBySecond, noise_probability: float) -> StripQuality:
    """The whole strip, from its seconds and from how likely a person would call it noise."""
    order = list(Usability)
    rank = np.array([order.index(one) for one in seconds.usability])
    good, for_rhythm, for_rate = ((rank <= limit).mean() for limit in range(3))
    if noise_probability > _NOISE or for_rate < _HALF:
        usability = Usability.UNUSABLE
    elif noise_probability > _DOUBTFUL or for_rhythm < _HALF:
        usability = Usability.USABLE_FOR_RATE
    elif noise_probability > _NOT_GOOD or good < _MOST:
        usability = Usability.USABLE_FOR_RHYTHM
    else:
        usability = Usability.GOOD
    often = tuple(
        reason
        for reason, held in seconds.reasons.items()
        if held.mean() > (_SOME if usability == Usability.GOOD else 0.1)
    )
    return StripQuality(
        usability=usability,
        score=float((1 - noise_probability) * (0.5 + 0.5 * seconds.score.mean())) if for_rate else 0.0,
        reasons=often,
        disturbances=seconds.disturbances(),
        seconds=seconds.usability,
    )
