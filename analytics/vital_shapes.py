"""Step, ramp or drift, and since when: whichever makes the last days most likely."""

import numpy as np

from analytics.vital_filter import Floats, Integers

# How long a ramp and a drift grow; a step is there at once.
RAMP_DAYS, DRIFT_DAYS = 4, 28
# What a drift is ahead in log-likelihood, since most of it has yet to come; its first days look like a ramp's.
DRIFT_AHEAD = 0.4
YOUNGEST_DRIFT_DAYS = 8


def _gain(overlap: Floats, power: Floats) -> Floats:
    return overlap * overlap / np.maximum(2.0 * power, 1e-12)


def shapes(readings: Integers, z: Floats) -> tuple[Integers, Integers]:
    """The likeliest kind (0 step, 1 ramp, 2 drift) and the column of its first day.

    Sums run in one order, with plain operators only, so that one row by itself and thousands agree to the last bit.

    Args:
        readings: running number of readings, shape (rows, days + 1): column 0 after the last, column a + 1 before the
            first reading of the day a days ago.
        z: running sum of innovations, same shape.
    """
    rows, days = len(readings), readings.shape[1] - 1
    counts = (readings[:, :-1] - readings[:, 1:]).astype(np.float64)
    sums = z[:, :-1] - z[:, 1:]
    step_sum, step_count = np.zeros(rows), np.zeros(rows)
    drift_sum, drift_power, drift_slope = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    grown_sum, grown_count = np.zeros(rows), np.zeros(rows)
    best = np.full(rows, -np.inf)
    kinds, onsets = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=np.int64)
    for ago in range(days):
        # A change that began today is half a day old, one that began a day ago one and a half.
        drift_power = drift_power + 2.0 * drift_slope + step_count + 0.25 * counts[:, ago]
        drift_slope = drift_slope + step_count + 0.5 * counts[:, ago]
        drift_sum = drift_sum + step_sum + 0.5 * sums[:, ago]
        step_sum = step_sum + sums[:, ago]
        step_count = step_count + counts[:, ago]
        if ago >= RAMP_DAYS:
            grown_sum = grown_sum + sums[:, ago - RAMP_DAYS]
            grown_count = grown_count + counts[:, ago - RAMP_DAYS]
        ramp_sum, ramp_power = grown_sum, grown_count
        for age in range(min(RAMP_DAYS, ago + 1)):
            share = (age + 0.5) / RAMP_DAYS
            ramp_sum = ramp_sum + share * sums[:, ago - age]
            ramp_power = ramp_power + share * share * counts[:, ago - age]
        gains = (
            _gain(step_sum, step_count),
            _gain(ramp_sum, ramp_power),
            _gain(drift_sum, drift_power) + DRIFT_AHEAD if ago >= YOUNGEST_DRIFT_DAYS else None,
        )
        for kind, gain in enumerate(gains):
            if gain is None:
                continue
            better = (gain > best) & (counts[:, ago] > 0)
            best = np.where(better, gain, best)
            kinds = np.where(better, kind, kinds)
            onsets = np.where(better, ago + 1, onsets)
    return kinds, onsets
