"""How irregular the times between beats are: indices from the literature, on one short strip.

CoSEn: Lake and Moorman, Am J Physiol Heart Circ Physiol 2011;300:H319. Lorenz evidence: after Sarkar, Ritscher and
Mehra, IEEE Trans Biomed Eng 2008;55:1219, simplified. Turning points: Dash et al., Ann Biomed Eng 2009;37:1701.
"""

from dataclasses import dataclass

import numpy as np

from analytics.ecg_signal import Series

FEWEST_INTERVALS = 4
_TOLERANCE_SECONDS = 0.03
_FEWEST_MATCHES = 5
_LORENZ_BIN_SECONDS = 0.04
_LORENZ_LIMIT_SECONDS = 0.6
_ORIGIN_SECONDS = 0.08
_FIFTY_SECONDS, _HISTOGRAM_WIDTH = 0.05, 0.05
_TINY = 1e-9


@dataclass(frozen=True)
class Irregularity:
    """Indices without unit; large means irregular, except for `turning_points`, which is 0.67 in pure chance."""

    coefficient_of_entropy: float
    median_step: float
    lorenz_evidence: float
    rmssd_ratio: float
    variation: float
    nn50: float
    turning_points: float
    entropy: float
    step_entropy: float
    short_long: float


def coefficient_of_sample_entropy(rr_seconds: Series) -> float:
    """CoSEn with templates of one interval; the tolerance grows until there are matches enough."""
    distance = np.abs(rr_seconds[:, None] - rr_seconds[None, :])
    later = np.triu(np.ones((len(rr_seconds) - 1,) * 2, dtype=bool), 1)
    first, both = distance[:-1, :-1][later], np.maximum(distance[:-1, :-1], distance[1:, 1:])[later]
    needed = min(_FEWEST_MATCHES, len(both))
    tolerance = max(_TOLERANCE_SECONDS, float(np.partition(both, needed - 1)[needed - 1]) + _TINY)
    alike, alike_next = int((first <= tolerance).sum()), int((both <= tolerance).sum())
    return float(-np.log(alike_next / alike) + np.log(2 * tolerance) - np.log(rr_seconds.mean()))


def _lorenz_evidence(steps: Series) -> float:
    """How many cells the plot of successive steps fills, less how many lie at rest or are made by extra beats."""
    before, after = steps[:-1], steps[1:]
    at_rest = (np.abs(before) < _ORIGIN_SECONDS) & (np.abs(after) < _ORIGIN_SECONDS)
    across, up = (
        np.round(side.clip(-_LORENZ_LIMIT_SECONDS, _LORENZ_LIMIT_SECONDS) / _LORENZ_BIN_SECONDS)
        for side in (before[~at_rest], after[~at_rest])
    )
    filled = len(np.unique(1000 * across + up))
    # Around an extra beat a step is given back at once: the points lie on the diagonal.
    given_back = (np.abs(before + after) < _ORIGIN_SECONDS) & ~at_rest
    return float((filled - at_rest.sum() - 2 * max(0, given_back.sum() - filled / 4)) / len(before))


def _entropy(values: Series, width: float) -> float:
    """Shannon entropy of a histogram in nats, as a share of what so many values could have."""
    counts = np.unique(np.round(values / width), return_counts=True)[1] / len(values)
    return float(-(counts * np.log(counts)).sum() / np.log(len(values)))


def _correlation(first: Series, second: Series) -> float:
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale > _TINY else 0.0


def irregularity(rr_seconds: Series) -> Irregularity | None:
    """The indices of successive intervals in seconds, or None where they are too few."""
    if len(rr_seconds) < FEWEST_INTERVALS:
        return None
    steps = np.diff(rr_seconds)
    usual = float(np.median(rr_seconds))
    inner = rr_seconds[1:-1]
    turns = ((inner > rr_seconds[:-2]) & (inner > rr_seconds[2:])) | (
        (inner < rr_seconds[:-2]) & (inner < rr_seconds[2:])
    )
    return Irregularity(
        coefficient_of_entropy=coefficient_of_sample_entropy(rr_seconds),
        median_step=float(np.median(np.abs(steps)) / usual),
        lorenz_evidence=_lorenz_evidence(steps),
        rmssd_ratio=float(np.sqrt(np.mean(steps**2)) / rr_seconds.mean()),
        variation=float(rr_seconds.std() / rr_seconds.mean()),
        nn50=float((np.abs(steps) > _FIFTY_SECONDS).mean()),
        turning_points=float(turns.mean()),
        entropy=_entropy(rr_seconds / usual, _HISTOGRAM_WIDTH),
        step_entropy=_entropy(steps / usual, _HISTOGRAM_WIDTH),
        short_long=_correlation(steps[:-1], steps[1:]),
    )
