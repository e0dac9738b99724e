"""Step, ramp or drift, and since when: whichever makes the last days most likely."""

import numpy as np

from analytics.vital_filter import Floats, Integers

# How long a ramp grows; a step is there at once, a drift grows for four weeks.
RAMP_DAYS = 4
# What a drift is ahead in log-likelihood, since most of it has yet to come; its first days look like a ramp's.
DRIFT_AHEAD = 0.2
YOUNGEST_DRIFT_DAYS = 8


def _gain(overlap: Floats, power: Floats) -> Floats:
    return overlap * overlap / np.maximum(2.0 * power, 1e-12)


def _before(running: Floats, days: int) -> Floats:
    """A running sum as it stood some days nearer to now; nothing where there are none."""
    earlier = np.zeros_like(running)
    earlier[:, days:] = running[:, :-days]
    return earlier


def shapes(readings: Integers, z: Floats) -> tuple[Integers, Integers]:
    """The likeliest kind (0 step, 1 ramp, 2 drift) and the column of its first day.

    All sums run along a row, so that one row by itself and thousands agree to the last bit. A change that began today
    is half a day old, one that began a day ago one and a half.

    Args:
        readings: running number of readings, shape (rows, days + 1): column 0 after the last, column a + 1 before the
            first reading of the day a days ago.
        z: running sum of innovations, same shape.
    """
    days = readings.shape[1] - 1
    counts = (readings[:, :-1] - readings[:, 1:]).astype(np.float64)
    sums = z[:, :-1] - z[:, 1:]
    # By the day on which a change began: the sum over its shape times the innovations, and over its shape squared.
    step_sum, step_power = np.cumsum(sums, axis=1), np.cumsum(counts, axis=1)
    drift_sum = np.cumsum(_before(step_sum, 1) + 0.5 * sums, axis=1)
    # Half days squared: (a + 1/2) squared is the one of a day before plus 2 (a - 1/2) + 1.
    drift_slope = np.cumsum(_before(step_power, 1) + 0.5 * counts, axis=1)
    drift_power = np.cumsum(2.0 * _before(drift_slope, 1) + _before(step_power, 1) + 0.25 * counts, axis=1)
    ramp_sum, ramp_power = _before(step_sum, RAMP_DAYS), _before(step_power, RAMP_DAYS)
    for age in range(RAMP_DAYS):
        share = (age + 0.5) / RAMP_DAYS
        ramp_sum = ramp_sum + share * (_before(sums, age) if age else sums)
        ramp_power = ramp_power + share * share * (_before(counts, age) if age else counts)
    drift_gain = _gain(drift_sum, drift_power) + DRIFT_AHEAD
    drift_gain[:, :YOUNGEST_DRIFT_DAYS] = -np.inf
    gains = np.stack([_gain(step_sum, step_power), _gain(ramp_sum, ramp_power), drift_gain], axis=1)
    gains = np.where(counts[:, None, :] > 0.0, gains, -np.inf).reshape(len(readings), -1)
    best = gains.argmax(axis=1)
    return best // days, best % days + 1
