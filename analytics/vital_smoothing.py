"""The level of one series in hindsight, with its uncertainty: for a chart that somebody looks at.

statsmodels' state space smoother on the model of `analytics.vital_filter`, each reading believed as far as the robust
filter believed it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.vital_filter import (
    COSINES,
    LONGEST_EFFECT_DAYS,
    MINUTES_A_DAY,
    SINES,
    Floats,
    Integers,
    constants,
    filter_batch,
)
from analytics.vital_population import Population

# A reading that is not believed at all, in multiples of its variance.
_UNBELIEVED = 1e6


@dataclass(frozen=True)
class Smoothed:
    """Level (without day effect and hour) and its standard deviation at each reading, shape (readings,)."""

    level: Floats
    level_sd: Floats
    method: str


def representation(population: Population, minutes: Integers, clock: Integers, values: Floats, noise: Floats) -> Any:
    """The model of one series as a statsmodels smoother.

    Args:
        population: the measure's parameters.
        minutes: times since 1970, increasing, shape (readings,).
        clock: minute of the patient's day.
        values: readings in the measure's unit.
        noise: variance of each reading's own noise.
    """
    # Importing it takes more than a second, which only those who look should pay for.
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother  # noqa: PLC0415

    fixed = constants(population)
    count = len(values)
    model = KalmanSmoother(k_endog=1, k_states=4, k_posdef=4, nobs=count)
    model.bind(np.asarray(values, dtype=np.float64)[None, :].copy(order="F"))
    elapsed = np.append(np.diff(minutes), 0)
    days, rest = np.divmod(elapsed, MINUTES_A_DAY)
    decay = np.array(fixed.day_powers)[np.minimum(days, LONGEST_EFFECT_DAYS)] * np.array(fixed.minute_powers)[rest]
    transition, added = np.zeros((4, 4, count)), np.zeros((4, 4, count))
    transition[[0, 2, 3], [0, 2, 3]] = 1.0
    transition[1, 1] = decay
    added[0, 0] = elapsed * fixed.wander
    added[1, 1] = fixed.day_effect * (1.0 - decay * decay)
    ones = np.ones(count)
    model["design"] = np.stack([ones, ones, np.array(COSINES)[clock], np.array(SINES)[clock]])[None]
    model["transition"] = transition
    model["selection"] = np.eye(4)
    model["state_cov"] = added
    model["obs_cov"] = np.asarray(noise, dtype=np.float64)[None, None, :]
    start = np.array([fixed.level_mean, 0.0, 0.0, 0.0])
    spread = np.diag([fixed.level_variance, fixed.day_effect, fixed.swing, fixed.swing])
    model.initialize_known(start, spread)
    return model


def smooth(population: Population, minutes: Integers, clock: Integers, values: Floats) -> Smoothed:
    """The level in hindsight; times in minutes since 1970, increasing, all of shape (readings,)."""
    filtered = filter_batch(
        population, minutes[:, None], clock[:, None], values[:, None], np.array([len(values)], dtype=np.int64)
    )
    scale = filtered.scale[:, 0]
    # What the weight did to the reading's whole variance, put where it belongs: into its noise.
    variance = filtered.spread[:, 0] ** 2 / scale
    believed = np.maximum(filtered.weight[:, 0], 1.0 / _UNBELIEVED)
    noise = population.noise_sd**2 + variance * (1.0 / believed - 1.0)
    result = representation(population, minutes, clock, values, noise).smooth()
    last = float(scale[-1])
    return Smoothed(
        level=result.smoothed_state[0],
        level_sd=np.sqrt(result.smoothed_state_cov[0, 0] * last),
        method="statsmodels state space smoother, readings weighted by the robust filter",
    )
