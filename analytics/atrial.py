"""What the atria show between the ventricles' beats: P waves that keep their place and shape, or restless waves.

P waves are looked for before the beats of the main cluster; restless waves in what is left when the median beat is
taken away from each beat.
"""

from dataclasses import dataclass

import numpy as np

from analytics.beat_shapes import BEFORE_SECONDS, BeatShapes, cut, unit
from analytics.ecg_signal import RATE_HERTZ, Lead, Series, band

_P_FROM_SECONDS, _P_TO_SECONDS = 0.30, 0.06
_REST_FROM_SECONDS = 0.45
_FEWEST_BEATS = 3
_FIBRILLATION_BAND_HERTZ = (3.5, 10.0)
_ATRIAL_BAND_HERTZ = (1.0, 15.0)
_SHIFT_SECONDS = 0.04
_TINY = 1e-9


@dataclass(frozen=True)
class AtrialActivity:
    """P waves beside the QRS, and the spectrum of what remains; shares lie between 0 and 1."""

    p_consistency: float
    p_consistency_low: float
    p_in_place: float
    p_size: float
    p_microvolts: float
    p_noise: float
    p_seconds_before: float
    p_skew: float
    p_halves: float
    p_over_rest: float
    remainder: float
    remainder_at_rest: float
    restless_share: float
    restless_peak: float
    restless_hertz: float


_NONE = AtrialActivity(*(0.0,) * 15)


def _remainder(lead: Lead, shapes: BeatShapes) -> Series:
    """The lead without each beat's QRS and T wave, scaled to that beat."""
    slow: Series = lead.shape.copy()
    offsets = np.arange(shapes.snippets.shape[1])
    fade = np.interp(offsets / RATE_HERTZ - BEFORE_SECONDS, (-0.10, -0.06, 0.36, 0.46), (0.0, 1.0, 1.0, 0.0))
    template = (shapes.template - np.median(shapes.template)) * fade
    first = shapes.positions - round(BEFORE_SECONDS * RATE_HERTZ)
    for start, size in zip(first.tolist(), np.exp(shapes.size.clip(-0.5, 0.5)).tolist(), strict=True):
        low, high = max(0, start), min(len(slow), start + len(template))
        slow[low:high] -= size * template[low - start : high - start]
    return slow


def atrial_activity(lead: Lead, shapes: BeatShapes) -> AtrialActivity:
    """The numbers of one strip; all zero where too few beats are alike."""
    main = shapes.positions[shapes.cluster == 0]
    if len(main) < _FEWEST_BEATS:
        return _NONE
    filtered = band(lead.shape, *_ATRIAL_BAND_HERTZ, RATE_HERTZ)
    rows = cut(filtered, main, _P_FROM_SECONDS, -_P_TO_SECONDS)
    units, _ = unit(rows)
    median = np.median(rows, axis=0)
    like = units @ unit(median)[0]
    qrs = float(np.ptp(np.median(cut(lead.shape, main, 0.08, 0.08), axis=0))) + _TINY
    # Where in the window each beat has its highest wave: P waves keep their place.
    polarity = 1.0 if median.max() - np.median(median) >= np.median(median) - median.min() else -1.0
    peak = (polarity * rows).argmax(axis=1)
    usual = np.median(peak)
    in_place = float((np.abs(peak - usual) <= _SHIFT_SECONDS * RATE_HERTZ).mean())
    height = float(np.ptp(median))
    noise = float(np.median(np.std(rows - median, axis=0)))
    # Real waves come again in each half of the beats, what is left of noise by chance does not.
    odd, even = (unit(np.median(rows[start::2], axis=0))[0] for start in (0, 1))
    before = np.median(cut(filtered, main, _REST_FROM_SECONDS, -_P_FROM_SECONDS), axis=0)
    rest = _remainder(lead, shapes)
    quiet = band(rest, *_ATRIAL_BAND_HERTZ, RATE_HERTZ)
    power = np.abs(np.fft.rfft((quiet - quiet.mean()) * np.hanning(len(quiet)))) ** 2
    hertz = np.fft.rfftfreq(len(quiet), 1 / RATE_HERTZ)
    inside = (hertz >= _FIBRILLATION_BAND_HERTZ[0]) & (hertz <= _FIBRILLATION_BAND_HERTZ[1])
    smooth = np.convolve(power, np.ones(15) / 15, "same")
    strongest = int(np.argmax(np.where(inside, smooth, 0.0)))
    around = np.abs(hertz - hertz[strongest]) <= 1.0
    return AtrialActivity(
        p_consistency=float(np.median(like)),
        p_consistency_low=float(np.percentile(like, 20)),
        p_in_place=in_place,
        p_size=height / qrs,
        p_microvolts=height,
        p_noise=noise / (height + _TINY),
        p_seconds_before=_P_FROM_SECONDS - float(usual) / RATE_HERTZ,
        p_skew=float(np.mean(((median - median.mean()) / (median.std() + _TINY)) ** 3)),
        p_halves=float(odd @ even),
        p_over_rest=float(np.log((median.std() + _TINY) / (before.std() + _TINY))),
        remainder=float(quiet.std()) / qrs,
        remainder_at_rest=float(np.median(np.abs(quiet))) / qrs,
        restless_share=float(power[inside].sum() / (power.sum() + _TINY)),
        restless_peak=float(power[inside & around].sum() / (power[inside].sum() + _TINY)),
        restless_hertz=float(hertz[strongest]),
    )
