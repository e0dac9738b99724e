"""The heart rate of a strip from its R peaks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FEWEST_BEATS = 3
_WINDOW_INTERVALS = 3


@dataclass(frozen=True)
class HeartRate:
    """Beats per minute: over the whole strip, and at its slowest and fastest; minimum <= mean <= maximum."""

    mean: float
    minimum: float
    maximum: float


def heart_rate(r_seconds: NDArray[np.float64], *, by_median: bool = False) -> HeartRate | None:
    """The rate from R peaks in increasing seconds, or None below three beats.

    The mean is 60 over the mean interval, or `by_median` over the median one, which single false and missed beats of
    a poor strip do not move. Slowest and fastest are medians of three intervals in a row, so that a
    single missed beat, false beat or extrasystole does not make an extreme.

    Raises:
        ValueError: when the peaks do not increase.
    """
    if len(r_seconds) < _FEWEST_BEATS:
        return None
    intervals = np.diff(r_seconds)
    if not (intervals > 0).all():
        raise ValueError("r_seconds")
    window = min(_WINDOW_INTERVALS, len(intervals))
    usual = np.median(np.lib.stride_tricks.sliding_window_view(intervals, window), axis=1)
    mean = float(60 / (np.median(intervals) if by_median else intervals.mean()))
    # A pause lengthens the mean interval but no median: the three numbers must still agree.
    return HeartRate(mean, min(mean, float(60 / usual.max())), max(mean, float(60 / usual.min())))
