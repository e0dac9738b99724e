"""A lead made ready: any rate, offset and odd value in, the bands that the analyses look at out, at 250 Hz.

Working at one rate makes every later step the same for every device. Filters are built for the device's own rate and
run forward and back, so nothing is delayed; only what they leave is resampled, by a cubic spline.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, median_filter, uniform_filter1d
from scipy.signal import butter, sosfiltfilt

LOWEST_RATE_HERTZ = 50.0
RATE_HERTZ = 250.0
SHORTEST_SECONDS = 1.0

_HIGHEST_MICROVOLTS = 1e6
_SHAPE_BAND_HERTZ = (0.5, 40.0)  # all that a cardiologist looks at
_PEAK_BAND_HERTZ = (2.0, 40.0)  # the peak itself, where a cardiologist would put it
_QRS_BAND_HERTZ = (5.0, 20.0)  # most of a QRS, little of P, T, breath and muscle
_SLOW_BAND_HERTZ = (1.0, 6.0)  # T waves, P waves and moving electrodes
_FAST_BAND_HERTZ = (14.0, 45.0)  # narrow QRS and muscle
_ENERGY_WINDOW_SECONDS = 0.10
# Half the longest spike, how far around it the signal is looked at, and the least height: absolute, and beside that.
_SPIKE_SECONDS, _SPIKE_NEIGHBOURHOOD_SECONDS = 0.006, 0.03
_SPIKE_MICROVOLTS, _SPIKE_OF_NEIGHBOURHOOD = 60.0, 0.7
_MOST_SPIKES, _RATE_FOR_SPIKES_HERTZ = 0.05, 240.0

Series = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Lead:
    """One lead at 250 Hz: microvolts in each band, and the running root mean square of three of them."""

    shape: Series
    peak: Series
    qrs: Series
    energy: Series
    slow_energy: Series
    fast_energy: Series

    @property
    def seconds(self) -> float:
        """How long the lead is."""
        return len(self.shape) / RATE_HERTZ


@lru_cache(maxsize=64)
def _filter(low_hertz: float, high_hertz: float, rate_hertz: float) -> Series:
    """Second-order sections, cached because strips of one device share their rate."""
    high_hertz = min(high_hertz, 0.45 * rate_hertz)
    sections: Series = butter(2, (low_hertz, high_hertz), "bandpass", fs=rate_hertz, output="sos")
    return sections


def band(signal: Series, low_hertz: float, high_hertz: float, rate_hertz: float) -> Series:
    """Zero-phase band-pass of second order, run forward and back."""
    filtered: Series = sosfiltfilt(_filter(low_hertz, high_hertz, rate_hertz), signal)
    return filtered


def resampled(signal: Series, rate_hertz: float, wanted_hertz: float = RATE_HERTZ) -> Series:
    """A band-limited signal on the grid of another rate, by a cubic spline."""
    if rate_hertz == wanted_hertz:
        return signal
    count = max(1, int(np.floor((len(signal) - 1) / rate_hertz * wanted_hertz + 1e-9)) + 1)
    at = np.arange(count) * (rate_hertz / wanted_hertz)
    values: Series = map_coordinates(signal, [at], order=3, mode="mirror")
    return values


def root_mean_square(signal: Series, seconds: float = _ENERGY_WINDOW_SECONDS) -> Series:
    """Running root mean square at 250 Hz."""
    window = round(seconds * RATE_HERTZ) | 1
    running: Series = np.sqrt(uniform_filter1d(signal**2, window).clip(0))  # the running sum may end below zero
    return running


def cleaned(signal_microvolts: NDArray[np.float64]) -> Series:
    """Without what is no number and no voltage, around its median."""
    signal = np.nan_to_num(np.asarray(signal_microvolts, dtype=np.float64), posinf=0.0, neginf=0.0)
    signal = signal.clip(-_HIGHEST_MICROVOLTS, _HIGHEST_MICROVOLTS)
    return signal - np.median(signal) if len(signal) else signal


def without_spikes(signal: Series, rate_hertz: float) -> Series:
    """Without what is narrower than any QRS: a pacemaker's spikes, and single samples that went wrong."""
    if rate_hertz < _RATE_FOR_SPIKES_HERTZ:
        return signal
    smooth = median_filter(signal, 2 * round(_SPIKE_SECONDS * rate_hertz) + 1, mode="nearest")
    spike = np.abs(signal - smooth)
    at = np.flatnonzero(spike > _SPIKE_MICROVOLTS)
    if not 0 < len(at) <= _MOST_SPIKES * len(signal):
        return signal  # so many are no spikes but noise
    # Of a spike nearly all is gone in the median, of the sharpest R wave a fraction.
    half = round(_SPIKE_NEIGHBOURHOOD_SECONDS * rate_hertz)
    around = smooth[(at[:, None] + np.arange(-half, half + 1)).clip(0, len(signal) - 1)]
    is_spike = spike[at] > _SPIKE_OF_NEIGHBOURHOOD * np.ptp(around, axis=1)
    cleaned_signal: Series = signal.copy()
    cleaned_signal[at[is_spike]] = smooth[at[is_spike]]
    return cleaned_signal


def prepare(signal_microvolts: NDArray[np.float64], rate_hertz: float) -> Lead | None:
    """The lead in its bands, or None below a second.

    Raises:
        ValueError: below 50 Hz, where a QRS is not sampled any more.
    """
    if not rate_hertz >= LOWEST_RATE_HERTZ:
        raise ValueError("sample_rate_hertz")
    if len(signal_microvolts) < SHORTEST_SECONDS * rate_hertz:
        return None
    calm = without_spikes(cleaned(signal_microvolts), rate_hertz)
    shape = resampled(band(calm, *_SHAPE_BAND_HERTZ, rate_hertz), rate_hertz)
    qrs = band(shape, *_QRS_BAND_HERTZ, RATE_HERTZ)
    return Lead(
        shape=shape,
        peak=band(shape, *_PEAK_BAND_HERTZ, RATE_HERTZ),
        qrs=qrs,
        energy=root_mean_square(qrs),
        slow_energy=root_mean_square(band(shape, *_SLOW_BAND_HERTZ, RATE_HERTZ)),
        fast_energy=root_mean_square(band(shape, *_FAST_BAND_HERTZ, RATE_HERTZ)),
    )
