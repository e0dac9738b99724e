"""Slopes of many series at once against those of one."""

import numpy as np
import pytest

from analytics.noise_models import NOISE_MODELS
from analytics.trend import MOST_POINTS, fit_trend
from analytics.trend_batch import fit_slopes
from tests.analytics.home_series import DAY, Floats, simulate


@pytest.mark.parametrize("measure", ["SYSTOLIC", "WEIGHT", "OXYGEN_SATURATION"])
def test_each_slope_is_that_of_the_series_by_itself(measure: str) -> None:
    random = np.random.default_rng(21)
    noise = NOISE_MODELS[measure]
    series = [simulate(random, noise, hard=place % 2 == 0) for place in range(40)]
    times: list[Floats] = [one.times_seconds for one in series]
    values: list[Floats] = [one.values for one in series]
    # Two readings at the same time, gross errors side by side, and too few.
    twice = np.repeat(np.arange(20.0), 2)
    times += [one * DAY for one in (twice, np.arange(30.0), np.arange(9.0), np.arange(40.0) / 8)]
    values += [random.normal(size=40), np.where(np.arange(30) // 3 == 4, 1e6, 80.0), np.zeros(9), np.zeros(40)]
    starts = np.cumsum([0, *(len(one) for one in times)])
    slopes = fit_slopes(np.concatenate(times), np.concatenate(values), starts, noise)
    for place, (at, numbers) in enumerate(zip(times, values, strict=True)):
        alone = fit_trend(at, numbers, noise)
        found = slopes.slope[place], slopes.low[place], slopes.high[place]
        if alone is None:
            assert np.isnan(found).all()
        else:
            expected = alone.slope_per_week, alone.slope_low, alone.slope_high
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * noise.noise_sd)
    assert np.isnan(slopes.slope).sum() == 2


def test_a_series_of_very_many_readings_is_averaged_as_by_itself() -> None:
    random = np.random.default_rng(22)
    at = np.sort(random.uniform(0, 28, MOST_POINTS + 50)) * DAY
    values = 70 + random.normal(size=len(at))
    noise = NOISE_MODELS["HEART_RATE"]
    slopes = fit_slopes(at, values, np.array([0, len(at)]), noise)
    alone = fit_trend(at, values, noise)
    assert alone is not None
    assert (slopes.slope[0], slopes.high[0]) == pytest.approx((alone.slope_per_week, alone.slope_high), rel=1e-12)


def test_no_series_are_no_slopes() -> None:
    slopes = fit_slopes(np.zeros(0), np.zeros(0), np.array([0]), NOISE_MODELS["WEIGHT"])
    assert len(slopes.slope) == 0
