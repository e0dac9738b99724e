"""ECG strips from ECGSYN, the dynamical model of McSharry, Clifford, Tarassenko and Smith.

A dynamical model for generating synthetic electrocardiogram signals, IEEE Trans Biomed Eng 2003;50(3):289-294:
a point runs round a unit circle, one turn a beat; P, Q, R, S and T pull it out of the plane as it passes them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]

SAMPLE_RATE_HERTZ = 300
# Table I of the paper: angle (radians), amplitude and width of P, Q, R, S and T.
ANGLES = np.array([-np.pi / 3, -np.pi / 12, 0.0, np.pi / 12, np.pi / 2])
AMPLITUDES = np.array([1.2, -5.0, 30.0, -7.5, 0.75])
WIDTHS = np.array([0.25, 0.1, 0.1, 0.1, 0.4])
# Baseline wander of the paper: 0.15 mV at the respiratory frequency, in the units of z before scaling.
BREATHING_HERTZ = 0.25
BREATHING = 0.005
LF_HERTZ, HF_HERTZ, BAND_SD_HERTZ = 0.1, 0.25, 0.01
PEAK_MICROVOLTS = 1100.0


@dataclass(frozen=True)
class SyntheticStrip:
    """Samples of lead I in microvolts with their truth: the beats, and whether the atria fibrillate."""

    microvolts: NDArray[np.int64]
    beat_seconds: Floats
    atrial_fibrillation: bool


def _sinus_intervals(beats: int, mean_seconds: float, sd_seconds: float, random: np.random.Generator) -> Floats:
    """RR intervals whose spectrum has the two bands of the paper: Mayer waves (LF) and breathing (HF)."""
    beats += beats % 2
    frequencies = np.fft.rfftfreq(beats, mean_seconds)
    low, high = (np.exp(-((frequencies - band) ** 2) / (2 * BAND_SD_HERTZ**2)) for band in (LF_HERTZ, HF_HERTZ))
    # Few beats give few frequencies; a floor keeps a short strip from having no variation at all.
    amplitude = np.sqrt(0.5 * low + high + 1e-3)
    amplitude[0] = 0
    phase = random.uniform(0, 2 * np.pi, len(frequencies))
    series = np.fft.irfft(amplitude * np.exp(1j * phase), beats)
    return np.asarray(mean_seconds + sd_seconds * series / series.std(), dtype=np.float64)


def _fibrillating_intervals(beats: int, mean_seconds: float, random: np.random.Generator) -> Floats:
    """RR intervals without memory, as in atrial fibrillation; the AV node passes none below 0.3 s."""
    return np.maximum(mean_seconds * random.lognormal(-0.02, 0.2, beats), 0.3)


def synthetic_strip(
    *, seconds: float, rate_bpm: float, random: np.random.Generator, atrial_fibrillation: bool = False
) -> SyntheticStrip:
    """One strip of lead I at 300 Hz; in atrial fibrillation intervals are irregular, P is gone, f waves appear."""
    beats = int(seconds * rate_bpm / 60) + 4
    mean = 60 / rate_bpm
    intervals = (
        _fibrillating_intervals(beats, mean, random)
        if atrial_fibrillation
        else _sinus_intervals(beats, mean, 0.04 * mean, random)
    )
    factor = np.sqrt(rate_bpm / 60)
    angles = ANGLES * np.array([np.sqrt(factor), factor, 1.0, factor, np.sqrt(factor)])
    widths = WIDTHS * factor
    amplitudes = AMPLITUDES.copy()
    if atrial_fibrillation:
        amplitudes[0] = 0.0
    times = np.arange(round(seconds * SAMPLE_RATE_HERTZ)) / SAMPLE_RATE_HERTZ
    # On the limit cycle the phase is the integral of 2 pi / RR; R sits where it passes a multiple of 2 pi.
    peaks = np.cumsum(intervals) - intervals[0] / 2
    turns = np.interp(times, np.concatenate([[peaks[0] - intervals[0]], peaks]), np.arange(len(peaks) + 1))
    phase = np.mod(2 * np.pi * turns + np.pi, 2 * np.pi) - np.pi
    omega = 2 * np.pi * np.gradient(turns, 1 / SAMPLE_RATE_HERTZ)
    away = np.mod(phase[:, None] - angles[None, :] + np.pi, 2 * np.pi) - np.pi
    pull = -(amplitudes * away * np.exp(-(away**2) / (2 * widths**2))).sum(axis=1) * (
        omega / (2 * np.pi * rate_bpm / 60)
    )
    # dz/dt = pull - (z - z0), linear in z: integrated exactly over each step.
    kept = np.exp(-1 / SAMPLE_RATE_HERTZ)
    target = pull + BREATHING * np.sin(2 * np.pi * BREATHING_HERTZ * times)
    height = lfilter([1 - kept], [1, -kept], target)
    height = height - np.median(height)
    signal = PEAK_MICROVOLTS * height / np.quantile(height, 0.999)
    if atrial_fibrillation:
        wander = np.cumsum(random.normal(0, 0.02, len(times)))
        signal = signal + 40 * np.sin(2 * np.pi * 6.0 * times + wander)
    signal = signal + random.normal(0, 12, len(times))
    seen = peaks[(peaks >= 0) & (peaks < seconds)]
    return SyntheticStrip(np.rint(signal).astype(np.int64), seen, atrial_fibrillation)
