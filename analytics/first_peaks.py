"""A first opinion on where the beats are, by energy alone; nothing streamed, learned or random.

Energy in the band of the QRS is compared with its own neighbourhood of +-4 s; small neighbours of large beats
are T or P waves; gaps are searched again with a lower threshold. What this finds gives the strip its own measure of a
beat; `analytics.rpeaks` then judges every candidate against that.
Thresholds were chosen on 22 records of the MIT-BIH Arrhythmia Database.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks

from analytics.ecg_signal import RATE_HERTZ, Lead, Positions, Series

_SLOPE_WINDOW_SECONDS = 0.15
_REFRACTORY_SECONDS = 0.20
# What a beat's energy is here: the median, over +-4 s, of the highest within 1.5 s (a beat even at 40/min).
_REFERENCE_SECONDS = 4.0
_REFERENCE_WINDOW_SECONDS = 1.5
_REFERENCE_GRID_HERTZ = 10.0
_FLOOR_MICROVOLTS = 12.0  # an electrode in the air; real QRS bands start near 70
_ACCEPTED = 0.36
_ACCEPTED_IN_A_GAP = 0.18
_CANDIDATE = 0.12
_GAP_OF_MEDIAN = 1.6
_GAP_PASSES = 3
_NEIGHBOURS = 4
# A T wave follows and a P wave precedes a beat this closely, and rises less steeply by this factor.
_T_WAVE_SECONDS, _T_WAVE_SLOPE = 0.36, 0.4
_P_WAVE_SECONDS, _P_WAVE_SLOPE = 0.25, 0.7


@dataclass(frozen=True)
class FirstOpinion:
    """Every place that could be a beat, the ones taken for beats, and how strong a beat is around each sample."""

    candidates: Positions
    beats: Positions
    reference: Series
    slope: Series


def _local_reference(energy: Series) -> Series:
    """The energy of a typical beat around each sample."""
    highest = maximum_filter1d(energy, round(_REFERENCE_WINDOW_SECONDS * RATE_HERTZ), mode="nearest")
    grid = np.arange(0, len(energy), RATE_HERTZ / _REFERENCE_GRID_HERTZ).astype(np.intp)
    half = round(_REFERENCE_SECONDS * _REFERENCE_GRID_HERTZ)
    padded = np.pad(highest[grid], half, mode="symmetric")
    medians: Series = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    reference: Series = np.interp(np.arange(len(energy)), grid, medians)
    return reference.clip(_FLOOR_MICROVOLTS)


def _without_t_waves(peaks: Positions, slope: Series) -> Positions:
    kept: list[int] = []
    for peak in peaks.tolist():
        close = kept and peak - kept[-1] < _T_WAVE_SECONDS * RATE_HERTZ
        if not (close and slope[peak] < _T_WAVE_SLOPE * slope[kept[-1]]):
            kept.append(peak)
    return np.array(kept, dtype=np.intp)


def _without_p_waves(peaks: Positions, slope: Series) -> Positions:
    close = np.diff(peaks) < _P_WAVE_SECONDS * RATE_HERTZ
    flat = slope[peaks[:-1]] < _P_WAVE_SLOPE * slope[peaks[1:]]
    p_waves: Positions = np.flatnonzero(close & flat)
    return np.delete(peaks, p_waves)


def _with_found_in_gaps(peaks: Positions, weak: Positions, strength: Series) -> Positions:
    """The peaks and, where a beat seems to be missing, the strongest of the weak candidates between."""
    for _ in range(_GAP_PASSES):
        rr = np.diff(peaks)
        if not len(rr):
            break
        around = np.pad(rr, _NEIGHBOURS, mode="reflect" if len(rr) > _NEIGHBOURS else "edge")
        usual = np.median(np.lib.stride_tricks.sliding_window_view(around, 2 * _NEIGHBOURS + 1), axis=1)
        found = []
        for at in np.flatnonzero(rr > _GAP_OF_MEDIAN * usual).tolist():
            earliest = peaks[at] + _T_WAVE_SECONDS * RATE_HERTZ
            latest = peaks[at + 1] - _P_WAVE_SECONDS * RATE_HERTZ
            between = weak[np.searchsorted(weak, earliest) : np.searchsorted(weak, latest)]
            if len(between):
                found.append(between[np.argmax(strength[between])])
        if not found:
            break
        peaks = np.sort(np.append(peaks, found))
    return peaks


def first_opinion(lead: Lead) -> FirstOpinion:
    """Candidates and beats as positions at 250 Hz; both may be empty."""
    reference = _local_reference(lead.energy)
    strength = lead.energy / reference
    slope = maximum_filter1d(np.abs(np.gradient(lead.qrs)), round(_SLOPE_WINDOW_SECONDS * RATE_HERTZ) | 1)
    candidates, _ = find_peaks(lead.energy, distance=round(_REFRACTORY_SECONDS * RATE_HERTZ))
    candidates = candidates[strength[candidates] >= _CANDIDATE]
    beats = _without_t_waves(candidates[strength[candidates] >= _ACCEPTED], slope)
    if len(beats):
        weak = candidates[strength[candidates] >= _ACCEPTED_IN_A_GAP]
        beats = _without_p_waves(_with_found_in_gaps(beats, weak, strength), slope)
    return FirstOpinion(candidates, beats, reference, slope)
