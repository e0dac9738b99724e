"""Made-up disturbances of known strength, for training and for the benchmark: muscle, electrode motion, mains.

A ratio in decibels compares mean squares: of the lead between 0.5 and 40 Hz, and of the noise.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Series = NDArray[np.float64]


def _band(noise: Series, low_hertz: float, high_hertz: float, rate_hertz: float) -> Series:
    high_hertz = min(high_hertz, 0.45 * rate_hertz)
    sections = butter(2, (low_hertz, high_hertz), "bandpass", fs=rate_hertz, output="sos")
    filtered: Series = sosfiltfilt(sections, noise)
    return filtered


def muscle(samples: int, rate_hertz: float, chance: np.random.Generator) -> Series:
    """Hiss of 10 to 150 Hz that swells and fades within seconds."""
    hiss = _band(chance.normal(size=samples), 10.0, 150.0, rate_hertz)
    knots = np.arange(0, samples + rate_hertz, rate_hertz)
    swell = np.interp(np.arange(samples), knots, np.exp(chance.normal(0, 0.35, len(knots))))
    return hiss * swell


def electrode_motion(samples: int, rate_hertz: float, chance: np.random.Generator) -> Series:
    """Wandering of 1 to 10 Hz in bursts, with bumps and jerks up to half of a second long, which look like beats."""
    knots = np.arange(0, samples + rate_hertz, rate_hertz)
    bursts = np.interp(np.arange(samples), knots, np.exp(chance.normal(0, 0.5, len(knots))))
    wander = _band(chance.normal(size=samples), 1.0, 10.0, rate_hertz)
    noise: Series = wander / max(wander.std(), 1e-9) * bursts
    seconds = np.arange(samples) / rate_hertz
    for _ in range(chance.poisson(0.4 * samples / rate_hertz)):
        at, width, height = chance.uniform(0, seconds[-1]), chance.uniform(0.02, 0.12), chance.normal(0, 3.0)
        near = slice(max(0, int((at - 5 * width) * rate_hertz)), int((at + 5 * width) * rate_hertz))
        distance = (seconds[near] - at) / width
        noise[near] += height * np.exp(-(distance**2) / 2) * (-distance if chance.random() < 0.5 else 1.0)
    return noise


def mains(samples: int, rate_hertz: float, chance: np.random.Generator) -> Series:
    """A hum of 50 or 60 Hz."""
    hertz = chance.choice([50.0, 60.0])
    hum: Series = np.sin(2 * np.pi * (hertz * np.arange(samples) / rate_hertz + chance.random()))
    return hum


NOISES = {"muscle": muscle, "electrode motion": electrode_motion, "mains": mains}


def disturbed(microvolts: Series, rate_hertz: float, kind: str, decibels: float, chance: np.random.Generator) -> Series:
    """The strip with so much of one kind of noise."""
    noise = NOISES[kind](len(microvolts), rate_hertz, chance)
    power = np.mean(_band(microvolts - np.median(microvolts), 0.5, 40.0, rate_hertz) ** 2)
    disturbance: Series = noise * np.sqrt(power / 10 ** (decibels / 10) / np.mean(noise**2))
    return microvolts + disturbance
