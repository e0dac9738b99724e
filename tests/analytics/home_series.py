"""Simulated home series of which the truth is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.noise_models import NoiseModel

Floats = NDArray[np.float64]
DAY = 86_400.0
PRIOR_READINGS = 25


@dataclass(frozen=True)
class HomeSeries:
    """Four weeks of readings, their true slope, and one more reading at the time of the last."""

    times_seconds: Floats
    values: Floats
    slope_per_week: float
    next_value: float


def simulate(random: np.random.Generator, noise: NoiseModel, *, hard: bool = False) -> HomeSeries:
    """One patient, mornings and evenings with gaps.

    Easy is the model's own world, with patients who scatter more or less than the population. Hard breaks it: t noise
    with 3 degrees of freedom, half of the readings rounded to the next 5 mm[Hg] (in proportion for other measures),
    and 3 % gross errors of 4 to 15 standard deviations.
    """
    days = [day + hour for day in range(28) for hour in (0.3, 0.8) if random.random() < 0.7]
    at = np.array(days) + random.normal(0, 0.03, len(days))
    at = np.append(at, at[-1])
    count = len(at)
    scale = np.sqrt(PRIOR_READINGS / random.chisquare(PRIOR_READINGS))
    covariance = noise.day_effect_sd**2 * noise.day_correlation ** np.abs(at[:, None] - at)
    shared = np.linalg.cholesky(covariance + 1e-9 * noise.noise_sd**2 * np.eye(count)) @ random.normal(size=count)
    single = random.standard_t(3, count) / np.sqrt(3) if hard else random.normal(size=count)
    slope = random.normal() * noise.noise_sd / 3
    values = 20 * noise.noise_sd + slope * at / 7 + scale * (shared + noise.noise_sd * single)
    if hard:
        step = noise.noise_sd * 5 / 6.2
        rounded = random.random(count) < 0.5
        values[rounded] = np.round(values[rounded] / step) * step
        wrong = random.random(count) < 0.03
        wrong[-1] = False
        signs = random.choice([-1.0, 1.0], count)
        values = np.where(wrong, values + signs * random.uniform(4, 15, count) * noise.noise_sd, values)
    return HomeSeries(at[:-1] * DAY, values[:-1], slope, float(values[-1]))
