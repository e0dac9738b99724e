"""R peaks of a whole strip at once: one pass over all of it, nothing streamed, random or remembered between strips.

A first opinion by energy (`analytics.first_peaks`) gives the strip its own measure of a beat. Every place that could be
a beat is then described beside it (`analytics.peak_features`) and judged by boosted trees that were learned on
annotated recordings with made-up noise, tall P waves and beats that the ventricles left out (`dev.train_peak_model`).
Each peak is then placed between samples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.boosted_trees import BoostedTrees, load_model
from analytics.ecg_signal import LOWEST_RATE_HERTZ, RATE_HERTZ, Lead, Positions, Series, prepare
from analytics.first_peaks import FirstOpinion, first_opinion
from analytics.peak_features import describe

__all__ = ["LOWEST_RATE_HERTZ", "Beats", "detect_beats", "find_r_peaks"]

_MODEL = "peaks"
# A beat of the first opinion is given up, and another place taken for a beat, only on good grounds.
_KEPT, _TAKEN = 0.15, 0.45
_SHORTEST_RR_SECONDS = 0.20
_REFINED_SECONDS, _ABOUT_AS_LARGE = 0.08, 0.6
# Of a beat this near to an end half is missing, and the end of a filtered slope looks like one.
_EDGE_SECONDS = 0.04
# Between beats a heart rests, so half of the time is far below a beat (0.05-0.30 of it); noise never rests (0.40-0.60),
# and the model doubts its peaks (0.45-0.80; beats under as much muscle as heart 0.97 and more). A sine fills all the
# time (0.7 and more).
_RESTLESS, _EVER_RESTLESS, _DOUBTFUL = 0.3, 0.7, 0.85
# Fewer beats than these in so many seconds are none: no heart keeps anybody alive at 20/min.
_FEWEST_BEATS, _SECONDS_FOR_FEWEST = 3, 9.0


@dataclass(frozen=True)
class Beats:
    """R peaks in seconds from the first sample, strictly increasing, and how sure each one is (0 to 1), both (n,).

    `agreement` is how far the two opinions name the same beats, from 0 to 1.
    """

    seconds: Series
    certainty: Series
    agreement: float


_NO_BEATS = Beats(np.empty(0, dtype=np.float64), np.empty(0, dtype=np.float64), 0.0)


def _refined(shape: Series, peaks: Positions) -> Series:
    """Each peak at the largest excursion nearby, as a fractional sample by a parabola through three.

    Where R and S are about as large, the side is taken on which most beats of the strip have theirs.
    """
    half = round(_REFINED_SECONDS * RATE_HERTZ)
    windows = shape[(peaks[:, None] + np.arange(-half, half + 1)).clip(0, len(shape) - 1)]
    own = np.arange(len(peaks))
    largest = np.abs(windows).argmax(axis=1)
    sides = np.sign(windows[own, largest])
    side = 1.0 if sides.sum() >= 0 else -1.0
    usual = (side * windows).argmax(axis=1)
    is_large = side * windows[own, usual] >= _ABOUT_AS_LARGE * np.abs(windows[own, largest])
    centre = (peaks + np.where(is_large, usual, largest) - half).clip(1, len(shape) - 2)
    before, top, after = (np.abs(shape[centre + step]) for step in (-1, 0, 1))
    curvature = before - 2 * top + after
    bent = curvature < 0
    shift = np.where(bent, 0.5 * (before - after) / np.where(bent, curvature, 1.0), 0.0)
    refined: Series = centre + shift.clip(-0.5, 0.5)
    return refined


def _is_noise(lead: Lead, reference: Series, certainty: Series) -> bool:
    """Whether the strip never rests, and hardly any of its peaks looks like a beat."""
    restless = np.median(lead.energy) / np.median(reference)
    if restless < _RESTLESS:
        return False
    return bool(restless > _EVER_RESTLESS or len(certainty) < _FEWEST_BEATS or np.median(certainty) < _DOUBTFUL)


def _apart(peaks: Positions, certainty: Series) -> NDArray[np.bool_]:
    """Of peaks closer than a heart can beat, the surest one."""
    kept = np.zeros(len(peaks), dtype=bool)
    for at in np.argsort(-certainty, kind="stable").tolist():
        near = np.abs(peaks - peaks[at]) < _SHORTEST_RR_SECONDS * RATE_HERTZ
        kept[at] = not (kept & near).any()
    return kept


def _judged(lead: Lead, first: FirstOpinion, model: BoostedTrees) -> tuple[Positions, Series]:
    """The candidates taken for beats, and how sure they are."""
    certainty = model.probabilities(describe(lead, first, first.beats))[:, 1]
    needed = np.where(np.isin(first.candidates, first.beats), _KEPT, _TAKEN)
    taken = certainty >= needed
    peaks, certainty = first.candidates[taken], certainty[taken]
    apart = _apart(peaks, certainty)
    return peaks[apart], certainty[apart]


def detect_beats(lead: Lead, model: BoostedTrees | None = None) -> Beats:
    """The beats of a lead; none where it is flat, noise, or an electrode in the air.

    With another model than the shipped one it is tried on records that the model has not seen.
    """
    first = first_opinion(lead)
    if not len(first.beats):
        return _NO_BEATS
    peaks, certainty = _judged(lead, first, model or load_model(_MODEL))
    if not len(peaks) or _is_noise(lead, first.reference, certainty):
        return _NO_BEATS
    exact = _refined(lead.peak, peaks)
    common = np.isin(peaks, first.beats).sum()
    # Two peaks may be refined to the same place; the surer one stays.
    kept = _apart(np.round(exact).astype(np.intp), certainty)
    kept &= np.minimum(exact, len(lead.peak) - 1 - exact) >= _EDGE_SECONDS * RATE_HERTZ
    if kept.sum() < _FEWEST_BEATS and lead.seconds > _SECONDS_FOR_FEWEST:
        return _NO_BEATS
    return Beats(
        seconds=exact[kept] / RATE_HERTZ,
        certainty=certainty[kept],
        agreement=float(2 * common / (len(peaks) + len(first.beats))),
    )


def find_r_peaks(signal_microvolts: NDArray[np.float64], sample_rate_hertz: float) -> NDArray[np.float64]:
    """When the heart beats: the R peaks of one lead, in seconds from the first sample, strictly increasing.

    Of either polarity. A flat strip, an electrode in the air and plain noise have no beats, nor has a strip
    shorter than a second. Values that are no number count as zero.

    Raises:
        ValueError: below 50 Hz, where a QRS is not sampled any more.
    """
    lead = prepare(signal_microvolts, sample_rate_hertz)
    return detect_beats(lead).seconds if lead is not None else _NO_BEATS.seconds
