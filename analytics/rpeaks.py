"""R peaks of a whole strip at once: one pass over all of it, nothing streamed, learned or random.

Energy in the band of the QRS is compared with its own neighbourhood of +-4 s; small neighbours of large beats
are T or P waves; gaps are searched again with a lower threshold; each peak is then placed between samples.
Thresholds were chosen on 22 records of the MIT-BIH Arrhythmia Database, the noise rule on CinC 2017.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

LOWEST_RATE_HERTZ = 50.0

_SHORTEST_SECONDS = 1.0
_HIGHEST_MICROVOLTS = 1e6
_QRS_BAND_HERTZ = (5.0, 20.0)  # most of a QRS, little of P, T, breath and muscle
_SHAPE_BAND_HERTZ = (2.0, 40.0)  # the peak itself, where a cardiologist would put it
_ENERGY_WINDOW_SECONDS = 0.10
_SLOPE_WINDOW_SECONDS = 0.15
_REFRACTORY_SECONDS = 0.20
# What a beat's energy is here: the median, over +-4 s, of the highest within 1.5 s (a beat even at 40/min).
_REFERENCE_SECONDS = 4.0
_REFERENCE_WINDOW_SECONDS = 1.5
_REFERENCE_GRID_HERTZ = 10.0
_FLOOR_MICROVOLTS = 12.0  # an electrode in the air; real QRS bands start near 70
_ACCEPTED = 0.36
_ACCEPTED_IN_A_GAP = 0.18
_GAP_OF_MEDIAN = 1.6
_GAP_PASSES = 3
# A T wave follows and a P wave precedes a beat this closely, and rises less steeply by this factor.
_T_WAVE_SECONDS, _T_WAVE_SLOPE = 0.36, 0.4
_P_WAVE_SECONDS, _P_WAVE_SLOPE = 0.25, 0.7
_REFINED_SECONDS = 0.08
_SHORTEST_RR_SECONDS = 0.15
# Between beats a heart rests, so half of the time is far below a beat (0.05-0.30 of it); noise never rests
# (0.40-0.60) and looks like itself nowhere. A sine fills all the time (0.7 and more).
_RESTLESS, _UNLIKE = 0.3, 0.65
_EVER_RESTLESS = 0.7
_TEMPLATE_SECONDS = 0.1
_FEWEST_BEATS = 3

Series = NDArray[np.float64]
Positions = NDArray[np.intp]


@lru_cache(maxsize=32)
def _filter(low_hertz: float, high_hertz: float, sample_rate_hertz: float) -> Series:
    """Second-order sections, cached because strips of one device share their rate."""
    high_hertz = min(high_hertz, 0.45 * sample_rate_hertz)
    sections: Series = butter(2, (low_hertz, high_hertz), "bandpass", fs=sample_rate_hertz, output="sos")
    return sections


def _local_reference(energy: Series, sample_rate_hertz: float) -> Series:
    """The energy of a typical beat around each sample."""
    window = round(_REFERENCE_WINDOW_SECONDS * sample_rate_hertz)
    highest = maximum_filter1d(energy, window, mode="nearest")
    grid = np.arange(0, len(energy), sample_rate_hertz / _REFERENCE_GRID_HERTZ).astype(np.intp)
    half = round(_REFERENCE_SECONDS * _REFERENCE_GRID_HERTZ)
    padded = np.pad(highest[grid], half, mode="symmetric")
    medians: Series = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    reference: Series = np.interp(np.arange(len(energy)), grid, medians)
    return reference.clip(_FLOOR_MICROVOLTS)


def _without_t_waves(peaks: Positions, slope: Series, sample_rate_hertz: float) -> Positions:
    kept: list[int] = []
    for peak in peaks.tolist():
        close = kept and peak - kept[-1] < _T_WAVE_SECONDS * sample_rate_hertz
        if not (close and slope[peak] < _T_WAVE_SLOPE * slope[kept[-1]]):
            kept.append(peak)
    return np.array(kept, dtype=np.intp)


def _without_p_waves(peaks: Positions, slope: Series, sample_rate_hertz: float) -> Positions:
    close = np.diff(peaks) < _P_WAVE_SECONDS * sample_rate_hertz
    flat = slope[peaks[:-1]] < _P_WAVE_SLOPE * slope[peaks[1:]]
    p_waves: Positions = np.flatnonzero(close & flat)
    return np.delete(peaks, p_waves)


def _with_found_in_gaps(peaks: Positions, weak: Positions, strength: Series, sample_rate_hertz: float) -> Positions:
    """The peaks and, where a beat seems to be missing, the strongest of the weak candidates between."""
    for _ in range(_GAP_PASSES):
        rr = np.diff(peaks)
        found = []
        for at in range(len(rr)):
            usual = np.median(rr[max(0, at - 4) : at + 5])
            if rr[at] <= _GAP_OF_MEDIAN * usual:
                continue
            earliest = peaks[at] + _T_WAVE_SECONDS * sample_rate_hertz
            latest = peaks[at + 1] - _P_WAVE_SECONDS * sample_rate_hertz
            between = weak[np.searchsorted(weak, earliest) : np.searchsorted(weak, latest)]
            if len(between):
                found.append(between[np.argmax(strength[between])])
        if not found:
            break
        peaks = np.sort(np.append(peaks, found))
    return peaks


def _refined(shape: Series, peaks: Positions, sample_rate_hertz: float) -> Series:
    """Each peak at the largest excursion nearby, as a fractional sample by a parabola through three."""
    half = round(_REFINED_SECONDS * sample_rate_hertz)
    size = np.abs(shape)
    centre = np.array(
        [max(0, peak - half) + np.argmax(size[max(0, peak - half) : peak + half + 1]) for peak in peaks.tolist()],
        dtype=np.intp,
    ).clip(1, len(shape) - 2)
    before, top, after = size[centre - 1], size[centre], size[centre + 1]
    curvature = before - 2 * top + after
    bent = curvature < 0
    shift = np.where(bent, 0.5 * (before - after) / np.where(bent, curvature, 1.0), 0.0)
    refined: Series = centre + shift.clip(-0.5, 0.5)
    return refined


def _is_noise(energy: Series, reference: Series, shape: Series, peaks: Series, sample_rate_hertz: float) -> bool:
    """Whether the strip never rests, and its peaks do not look like each other."""
    restless = np.median(energy) / np.median(reference)
    if restless < _RESTLESS:
        return False
    half = round(_TEMPLATE_SECONDS * sample_rate_hertz)
    centre = np.round(peaks).astype(np.intp)
    centre = centre[(centre >= half) & (centre < len(shape) - half)]
    if restless > _EVER_RESTLESS or len(centre) < _FEWEST_BEATS:
        return True
    beats = shape[centre[:, None] + np.arange(-half, half + 1)]
    beats = beats - beats.mean(axis=1, keepdims=True)
    template = np.median(beats, axis=0)
    scale = np.linalg.norm(beats, axis=1) * np.linalg.norm(template)
    return bool(np.median(beats @ template / np.maximum(scale, np.finfo(float).tiny)) < _UNLIKE)


def find_r_peaks(signal_microvolts: NDArray[np.float64], sample_rate_hertz: float) -> NDArray[np.float64]:
    """When the heart beats: the R peaks of one lead, in seconds from the first sample, strictly increasing.

    Of either polarity. A flat strip, an electrode in the air and plain noise have no beats, nor has a strip
    shorter than a second. Values that are no number count as zero.

    Raises:
        ValueError: below 50 Hz, where a QRS is not sampled any more.
    """
    if not sample_rate_hertz >= LOWEST_RATE_HERTZ:
        raise ValueError("sample_rate_hertz")
    none = np.empty(0, dtype=np.float64)
    if len(signal_microvolts) < _SHORTEST_SECONDS * sample_rate_hertz:
        return none
    signal = np.nan_to_num(np.asarray(signal_microvolts, dtype=np.float64), posinf=0.0, neginf=0.0)
    signal = signal.clip(-_HIGHEST_MICROVOLTS, _HIGHEST_MICROVOLTS)
    signal -= np.median(signal)
    band = sosfiltfilt(_filter(*_QRS_BAND_HERTZ, sample_rate_hertz), signal)
    shape = sosfiltfilt(_filter(*_SHAPE_BAND_HERTZ, sample_rate_hertz), signal)

    window = round(_ENERGY_WINDOW_SECONDS * sample_rate_hertz) | 1
    energy = np.sqrt(uniform_filter1d(band**2, window).clip(0))  # the running sum may end below zero
    reference = _local_reference(energy, sample_rate_hertz)
    strength = energy / reference
    slope = maximum_filter1d(np.abs(np.gradient(band)), round(_SLOPE_WINDOW_SECONDS * sample_rate_hertz) | 1)

    candidates, _ = find_peaks(energy, distance=round(_REFRACTORY_SECONDS * sample_rate_hertz))
    peaks = _without_t_waves(candidates[strength[candidates] >= _ACCEPTED], slope, sample_rate_hertz)
    if not len(peaks):
        return none
    weak = candidates[strength[candidates] >= _ACCEPTED_IN_A_GAP]
    peaks = _with_found_in_gaps(peaks, weak, strength, sample_rate_hertz)
    peaks = _without_p_waves(peaks, slope, sample_rate_hertz)
    exact = _refined(shape, peaks, sample_rate_hertz)
    if _is_noise(energy, reference, shape, exact, sample_rate_hertz):
        return none
    seconds = exact / sample_rate_hertz
    return seconds[np.diff(seconds, prepend=-np.inf) >= _SHORTEST_RR_SECONDS]
