"""Variability of the heart rate on one short strip: ultra-short numbers, not those of five minutes or a day.

RMSSD, SDNN and pNN50 as defined by the Task Force of the ESC and NASPE, Circulation 1996;93:1043; no spectrum, for
which a strip is too short.
"""

from dataclasses import dataclass

import numpy as np

from analytics.beat_shapes import BeatKind
from analytics.ecg_signal import Series

FEWEST_INTERVALS = 8
_MOST_ECTOPY = 0.10
_FIFTY_SECONDS = 0.05


@dataclass(frozen=True)
class Variability:
    """RMSSD and SDNN in milliseconds, pNN50 as a share, of so many seconds."""

    rmssd_milliseconds: float
    sdnn_milliseconds: float
    pnn50: float
    seconds: float


def variability(r_seconds: Series, kinds: tuple[BeatKind, ...]) -> Variability | None:
    """The numbers of normal-like neighbours only, or None with more than a tenth of ectopy or too few intervals."""
    normal = np.array([kind is BeatKind.NORMAL_LIKE for kind in kinds], dtype=bool)
    if not len(normal) or (~normal).mean() > _MOST_ECTOPY:
        return None
    rr = np.diff(r_seconds)
    # The interval before and the one after a strange beat are not those of the sinus node.
    between = normal[:-1] & normal[1:]
    steps = np.diff(rr)[between[:-1] & between[1:]]
    kept = rr[between]
    if len(kept) < FEWEST_INTERVALS or len(steps) < FEWEST_INTERVALS - 1:
        return None
    return Variability(
        rmssd_milliseconds=float(1000 * np.sqrt(np.mean(steps**2))),
        sdnn_milliseconds=float(1000 * kept.std(ddof=1)),
        pnn50=float((np.abs(steps) > _FIFTY_SECONDS).mean()),
        seconds=float(kept.sum()),
    )
