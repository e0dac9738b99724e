"""A measure's population from readings of many people: robust prediction-error likelihood (Schweppe 1965).

The robust filter foretells each reading; the parameters that make the readings least surprising are taken. Surprise
grows with the square of an innovation only up to `HUBER_FROM` of the population's standard deviations, and no more from
`BLIND_FROM` on, so that gross errors and wild days do not set the noise of everyone. Level and spread of levels come
from the people's medians.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from analytics.vital_batch import Batch, blocks
from analytics.vital_filter import Floats, filter_batch
from analytics.vital_population import Population

HUBER_FROM, BLIND_FROM = 2.0, 6.0
# Mean of z times the derivative of Huber's loss, for normal z: with it the noise of normal readings comes out right.
CONSISTENCY = 0.9545
FITTED = ("day_effect_sd", "swing_sd", "noise_sd")
SMALLEST_STEP = 0.25
MOST_TRIES = 250


def surprise(population: Population, batch: Batch) -> float:
    """Mean over the readings of the robust negative log-likelihood, first readings left out."""
    total, count = 0.0, 0
    for block in blocks(batch, 0.0):
        filtered = filter_batch(population, block.minutes, block.clock, block.values, block.counts)
        steps = np.arange(len(block.values))[:, None]
        inside = (steps < block.counts) & (steps > 0)
        # The patient's own scale out again: what is wanted is the population's.
        root = np.sqrt(filtered.scale[inside])
        size = np.minimum(np.abs(filtered.z[inside]) * root, BLIND_FROM)
        loss = np.where(size <= HUBER_FROM, size**2 / 2, HUBER_FROM * size - HUBER_FROM**2 / 2)
        total += float((loss / CONSISTENCY + np.log(filtered.spread[inside] / root)).sum())
        count += int(inside.sum())
    return total / count


def fit_population(start: Population, batch: Batch) -> Population:
    """The population of these readings; wandering and correlation are kept from `start`.

    Those two are chosen for detection, not for fit: a level that wanders slower and a day effect that fades faster than
    they do leave a lasting change in sight for longer.

    Args:
        start: where to begin; its unit is kept.
        batch: readings of at least some dozen people.
    """
    people = np.array([np.median(part) for part in np.split(batch.values, batch.starts[1:-1])])
    middle = float(np.median(people))
    spread = float(1.4826 * np.median(np.abs(people - middle)))
    start = replace(start, level_mean=middle, level_sd=max(spread, start.noise_sd))
    first = np.log([getattr(start, name) for name in FITTED])

    def cost(logarithms: Floats) -> float:
        return surprise(replace(start, **dict(zip(FITTED, np.exp(logarithms).tolist(), strict=True))), batch)

    # A simplex of its own: the default one steps by 5 %, and not at all from nought.
    simplex = np.vstack([first, first + SMALLEST_STEP * np.eye(len(FITTED))])
    options = {"initial_simplex": simplex, "maxfev": MOST_TRIES, "xatol": 0.01, "fatol": 1e-5}
    found = minimize(cost, first, method="Nelder-Mead", options=options)
    return replace(start, **dict(zip(FITTED, np.exp(found.x).tolist(), strict=True)))
