"""ECG strips from ECGSYN, the dynamical model of McSharry, Clifford, Tarassenko and Smith.

A dynamical model for generating synthetic electrocardiogram signals, IEEE Trans Biomed Eng 2003;50(3):289-294:
a point runs round a unit circle, one turn a beat, and P, Q, R, S and T pull it out of the plane as it passes them.
The strips start on the circle, where the angular velocity is 2 pi / RR, so an event's angle and width are times.
The paper's table of angles gives a QRS of nearly 150 ms, and squeezes it in every short interval; here the times are
those of a healthy lead I, of which the rate moves P a little and T by Bazett's square root.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLE_RATE_HERTZ = 300


@dataclass(frozen=True)
class Wave:
    """One event: its peak, when that comes after R, its standard deviation (both at 60/min and by powers of RR)."""

    microvolts: float
    seconds: float
    sd_seconds: float
    seconds_power: float = 0.0
    sd_power: float = 0.0


P = Wave(110, -0.155, 0.022, seconds_power=0.25)
QRS = (Wave(-70, -0.030, 0.007), Wave(950, 0.0, 0.010), Wave(-170, 0.030, 0.008))
T = Wave(240, 0.260, 0.040, seconds_power=0.5, sd_power=0.5)

# The paper's baseline wander, and the two bands of its RR intervals: Mayer waves and breathing.
BREATHING_HERTZ, BREATHING_MICROVOLTS = 0.25, 150.0
LOW_BAND_HERTZ, HIGH_BAND_HERTZ, BAND_SD_HERTZ, LOW_TO_HIGH = 0.1, 0.25, 0.01, 0.5
RELATIVE_SD = 0.04
INTERVALS_HERTZ, INTERVALS_SECONDS = 4, 256
# In fibrillation intervals have no memory; the AV node passes none below 0.3 s.
FIBRILLATING_SD, SHORTEST_SECONDS = 0.2, 0.3
NOISE_MICROVOLTS = 10.0
# The pull towards the baseline forgets its start within a few seconds.
SETTLING_SECONDS = 4.0


@dataclass(frozen=True)
class SyntheticStrip:
    """Samples of lead I in microvolts with their truth: when R peaks, and whether the atria fibrillate."""

    microvolts: NDArray[np.int64]
    beat_seconds: Floats
    atrial_fibrillation: bool


def _sinus_intervals(mean_seconds: float, random: np.random.Generator) -> Floats:
    """RR over time at `INTERVALS_HERTZ`, with the paper's spectrum and random phases."""
    count = INTERVALS_SECONDS * INTERVALS_HERTZ
    frequencies = np.fft.rfftfreq(count, 1 / INTERVALS_HERTZ)
    low, high = (
        np.exp(-((frequencies - band) ** 2) / (2 * BAND_SD_HERTZ**2)) for band in (LOW_BAND_HERTZ, HIGH_BAND_HERTZ)
    )
    phases = np.exp(2j * np.pi * random.random(len(frequencies)))
    series = np.fft.irfft(np.sqrt(LOW_TO_HIGH * low + high) * phases, count)
    return np.asarray(mean_seconds * (1 + RELATIVE_SD * series / series.std()), dtype=np.float64)


def _peaks(seconds: float, mean_seconds: float, random: np.random.Generator, *, fibrillating: bool) -> Floats:
    """When R peaks, from before the first second to after the last."""
    if fibrillating:
        count = 2 * round(seconds / mean_seconds) + 10
        spread = random.lognormal(-(FIBRILLATING_SD**2) / 2, FIBRILLATING_SD, count)
        peaks = np.cumsum(np.maximum(mean_seconds * spread, SHORTEST_SECONDS)) - 2 * mean_seconds
        return np.asarray(peaks[: np.searchsorted(peaks, seconds) + 2], dtype=np.float64)
    intervals = _sinus_intervals(mean_seconds, random)
    found = [-2 * mean_seconds * random.random() - mean_seconds]
    while found[-1] < seconds + mean_seconds:
        at = int(max(found[-1], 0) * INTERVALS_HERTZ) % len(intervals)
        found.append(found[-1] + float(intervals[at]))
    return np.array(found)


def _pull(wave: Wave, times: Floats, peaks: Floats, mean_seconds: float) -> Floats:
    """What one event adds to dz/dt, in microvolts a second: minus a times angle, fading with the angle's square."""
    centres = peaks + wave.seconds * mean_seconds**wave.seconds_power
    sd = wave.sd_seconds * mean_seconds**wave.sd_power
    nearest = np.rint(np.interp(times, centres, np.arange(len(centres)))).astype(np.intp)
    away = (times - centres[nearest]) / sd
    return np.asarray(-wave.microvolts * away * np.exp(-(away**2) / 2) / sd, dtype=np.float64)


def _fibrillatory_waves(times: Floats, random: np.random.Generator) -> Floats:
    """The sawtooth of Stridh and Sörnmo (IEEE Trans Biomed Eng 2001;48(1):105-111), small as lead I shows it."""
    hertz, start = random.uniform(5.0, 7.0), random.uniform(0, 2 * np.pi, 3)
    angle = 2 * np.pi * hertz * times + 0.25 / 0.2 * np.sin(2 * np.pi * 0.2 * times + start[0]) + start[1]
    swell = 60 + 25 * np.sin(2 * np.pi * 0.3 * times + start[2])
    saw = sum(np.sin(order * angle) / order for order in (1, 2, 3))
    return np.asarray(-2 / np.pi * swell * saw, dtype=np.float64)


def synthetic_strip(
    *, seconds: float, rate_bpm: float, random: np.random.Generator, atrial_fibrillation: bool = False
) -> SyntheticStrip:
    """One strip of lead I at 300 Hz; in atrial fibrillation intervals are irregular, P is gone, f waves appear."""
    from scipy.signal import lfilter  # noqa: PLC0415 - a second long, and only the first start makes strips

    mean_seconds = 60 / rate_bpm
    whole = SETTLING_SECONDS + seconds
    peaks = _peaks(whole, mean_seconds, random, fibrillating=atrial_fibrillation)
    times = np.arange(round(whole * SAMPLE_RATE_HERTZ)) / SAMPLE_RATE_HERTZ
    waves = (*QRS, T) if atrial_fibrillation else (P, *QRS, T)
    pulls = sum(_pull(wave, times, peaks, mean_seconds) for wave in waves)
    baseline = BREATHING_MICROVOLTS * np.sin(2 * np.pi * BREATHING_HERTZ * times)
    # dz/dt = pulls - (z - baseline) is linear in z: integrated exactly over each step.
    kept = np.exp(-1 / SAMPLE_RATE_HERTZ)
    signal = lfilter([1 - kept], [1, -kept], pulls + baseline)
    if atrial_fibrillation:
        signal = signal + _fibrillatory_waves(times, random)
    signal = signal + random.normal(0, NOISE_MICROVOLTS, len(times))
    first = round(SETTLING_SECONDS * SAMPLE_RATE_HERTZ)
    beats = peaks - SETTLING_SECONDS
    return SyntheticStrip(
        np.rint(signal[first:]).astype(np.int64), beats[(beats >= 0) & (beats < seconds)], atrial_fibrillation
    )
