"""PR, QRS and QT of the median beat of one strip, with how far they can be off; never of single beats.

The QRS begins and ends where its steepness falls below a share of its greatest; several shares are asked, each
corrected by what it misses on the median, and the median of their answers is taken. The T wave ends and the P wave
begins where the tangent at the steepest point meets the level beside the wave. Corrections and method errors come from
the cardiologists' marks in lead I of 116 records of the Lobachevsky University Database.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from analytics.beat_shapes import BEFORE_SECONDS, BeatShapes
from analytics.ecg_signal import RATE_HERTZ, Series, resampled

METHOD, VERSION = "median beat, steepness and tangents", "1"

# All positions below are milliseconds from the R peak, on a grid of 1 ms.
_GRID_HERTZ = 1000.0
_R = round(BEFORE_SECONDS * _GRID_HERTZ)
_SHARES = (0.03, 0.05, 0.08, 0.12, 0.20, 0.30)
_ONSET_MISSES = (-5.0, -0.5, 3.5, 10.0, 15.0, 17.0)
_OFFSET_MISSES = (3.0, -2.0, -9.0, -13.0, -18.0, -23.0)
_P_ONSET_MISS, _T_OFFSET_MISS = 8.5, -8.5
_CORE = 0.35
_WIDEST_BEFORE, _WIDEST_AFTER = 140, 190
_LONGEST_QT_OF_RR = 0.72
_LEAST_P_OF_NOISE, _LEAST_P_OF_QRS = 2.0, 0.015
_LEAST_T_OF_QRS = 0.02
_FEWEST_BEATS = 3
# What the method misses on unseen records, as one standard deviation (68th percentile of the absolute error).
_PR_ERROR_MS, _QRS_ERROR_MS, _QT_ERROR_MS = 12.0, 10.0, 13.0
_BEAT_ERROR_LIMIT_MS = 40.0


@dataclass(frozen=True)
class Measured:
    """A length in milliseconds, and one standard deviation of its error."""

    milliseconds: float
    uncertainty_milliseconds: float


@dataclass(frozen=True)
class BeatIntervals:
    """What could be measured; None where a wave is missing or beats disagree."""

    pr: Measured | None
    qrs: Measured | None
    qt: Measured | None
    qt_fridericia: Measured | None


NO_INTERVALS = BeatIntervals(None, None, None, None)


def _qrs(beat: Series) -> tuple[float, float]:
    """Onset and offset."""
    steep = maximum_filter1d(np.abs(np.gradient(uniform_filter1d(beat, 5))), 13)
    core = np.flatnonzero(steep[_R - 90 : _R + 110] > _CORE * steep[_R - 90 : _R + 110].max()) + _R - 90
    before = steep[_R - _WIDEST_BEFORE : core[0] + 1][::-1]
    after = steep[core[-1] : _R + _WIDEST_AFTER]
    top = steep[_R - 90 : _R + 110].max()
    onsets, offsets = [], []
    for share, onset_miss, offset_miss in zip(_SHARES, _ONSET_MISSES, _OFFSET_MISSES, strict=True):
        calm_before, calm_after = before <= share * top, after <= share * top
        back = int(calm_before.argmax()) if calm_before.any() else len(before) - 1
        on = int(calm_after.argmax()) if calm_after.any() else len(after) - 1
        # The running maximum reaches six milliseconds beyond the slope itself.
        onsets.append(core[0] - back - _R + 6 - onset_miss)
        offsets.append(core[-1] + on - _R - 6 - offset_miss)
    return float(np.median(onsets)), float(np.median(offsets))


def _t_offset(beat: Series, qrs_offset: float, rr_seconds: float) -> tuple[float, float] | None:
    """Where the T wave ends, and its height; None where there is no room for one."""
    smooth = uniform_filter1d(uniform_filter1d(beat, 25), 25)
    first = _R + round(qrs_offset) + 50
    last = min(_R + int(np.clip(1000 * _LONGEST_QT_OF_RR * rr_seconds, 330, 590)), len(smooth) - 10)
    if last - first < 80:  # noqa: PLR2004
        return None
    part = smooth[first:last]
    above = part - np.linspace(part[0], part[-1], len(part))
    top = int(np.abs(above).argmax())
    wave = np.sign(above[top]) * smooth
    falling = np.gradient(wave)[first + top : min(first + top + 180, len(wave) - 5)]
    steepest = first + top + int(falling.argmin())
    level = wave[steepest : steepest + 130].min()
    slope = float(np.gradient(wave)[steepest])
    if slope >= 0:
        return None
    end = steepest + (level - wave[steepest]) / slope
    return float(end - _R - _T_OFFSET_MISS), float(wave[first + top] - level)


def _p_onset(beat: Series, qrs_onset: float) -> tuple[float, float] | None:
    """Where the P wave begins, and its height."""
    smooth = uniform_filter1d(uniform_filter1d(beat, 15), 15)
    first, last = max(10, _R + round(qrs_onset) - 250), _R + round(qrs_onset) - 25
    part = smooth[first:last]
    above = part - np.linspace(part[0], part[-1], len(part))
    top = first + int(np.abs(above).argmax())
    wave = np.sign(above[top - first]) * smooth
    start = max(first - 30, 5, top - 110)
    if top - start < 15:  # noqa: PLR2004
        return None
    slopes = np.gradient(wave)
    steepest = start + int(slopes[start:top].argmax())
    level = wave[max(5, steepest - 70) : steepest + 1].min()
    if slopes[steepest] <= 0:
        return None
    onset = steepest - (wave[steepest] - level) / slopes[steepest]
    return float(onset - _R - _P_ONSET_MISS), float(wave[top] - level)


def _lengths(template: Series, rr_seconds: float) -> tuple[float, float, float, float, float]:
    """PR, QRS, QT in milliseconds, and the heights of P and T beside the QRS; NaN where a wave is missing."""
    beat = resampled(template, RATE_HERTZ, _GRID_HERTZ)
    onset, offset = _qrs(beat)
    height = max(float(np.ptp(beat[_R - 90 : _R + 110])), 1e-9)
    t_wave, p_wave = _t_offset(beat, offset, rr_seconds), _p_onset(beat, onset)
    return (
        onset - p_wave[0] if p_wave else np.nan,
        offset - onset,
        t_wave[0] - onset if t_wave else np.nan,
        p_wave[1] / height if p_wave else 0.0,
        t_wave[1] / height if t_wave else 0.0,
    )


def _measured(value: float, halves: tuple[float, float], error: float, low: float, high: float) -> Measured | None:
    """The value, if it can be that of a heart and both halves of the beats give about the same."""
    beat_error = abs(halves[0] - halves[1]) / 2
    if not (low <= value <= high and beat_error <= _BEAT_ERROR_LIMIT_MS):  # also refuses NaN
        return None
    return Measured(value, float(np.hypot(error, beat_error)))


def measure_intervals(shapes: BeatShapes, rr_seconds: float, *, atria_beat: bool) -> BeatIntervals:
    """The intervals of the main cluster's median beat; `rr_seconds` is the usual time between beats.

    PR is not asked for where the atria do not beat (`atria_beat`) or no P wave rises above what changes from beat to
    beat.
    """
    main = shapes.snippets[shapes.cluster == 0]
    if len(main) < _FEWEST_BEATS:
        return NO_INTERVALS
    main = main - np.median(main, axis=1, keepdims=True)
    template = np.median(main, axis=0)
    pr, qrs, qt, p_size, t_size = _lengths(template, rr_seconds)
    halves = [_lengths(np.median(main[start::2], axis=0), rr_seconds) for start in (0, 1)]
    height = max(float(np.ptp(template)), 1e-9)
    noise = float(np.median(np.std(main - template, axis=0)[: _R // 4])) / height / np.sqrt(len(main))
    has_p = atria_beat and p_size > max(_LEAST_P_OF_NOISE * noise, _LEAST_P_OF_QRS)
    found_qt = _measured(qt, (halves[0][2], halves[1][2]), _QT_ERROR_MS, 200, 700) if t_size > _LEAST_T_OF_QRS else None
    cube_root = rr_seconds ** (1 / 3)
    return BeatIntervals(
        pr=_measured(pr, (halves[0][0], halves[1][0]), _PR_ERROR_MS, 60, 400) if has_p else None,
        qrs=_measured(qrs, (halves[0][1], halves[1][1]), _QRS_ERROR_MS, 40, 250),
        qt=found_qt,
        qt_fridericia=Measured(found_qt.milliseconds / cube_root, found_qt.uncertainty_milliseconds / cube_root)
        if found_qt
        else None,
    )
