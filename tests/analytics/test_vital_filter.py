"""The filter against statsmodels and against plain matrices, on many random irregular series."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.vital_filter import Floats, Integers, filter_batch
from analytics.vital_population import POPULATIONS, Population
from analytics.vital_smoothing import representation, smooth

SERIES = 120


def random_population(random: np.random.Generator) -> Population:
    base = list(POPULATIONS.values())[int(random.integers(len(POPULATIONS)))]
    return replace(
        base,
        level_mean=base.level_mean * random.uniform(0.8, 1.2),
        level_sd=base.level_sd * random.uniform(0.3, 3),
        wander_sd=base.wander_sd * random.choice([0, 1, 10]),
        day_effect_sd=base.day_effect_sd * random.uniform(0.3, 3),
        day_correlation=random.uniform(0.05, 0.98),
        swing_sd=base.swing_sd * random.uniform(0.3, 3),
        noise_sd=base.noise_sd * random.uniform(0.3, 3),
    )


def random_series(random: np.random.Generator, population: Population) -> tuple[Integers, Integers, Floats]:
    """Irregular times, some twice the same, some months apart, and a clock that is not the world's."""
    count = int(random.integers(1, 120))
    gaps = random.choice(
        [0, 1, 7, 300, 720, 1440, 5000, 200_000], count, p=[0.1, 0.05, 0.05, 0.2, 0.3, 0.2, 0.08, 0.02]
    )
    minutes = np.cumsum(gaps + random.integers(0, 2, count) * random.integers(0, 200, count)) + 29_000_000
    values = population.level_mean + 3 * population.noise_sd * random.normal(size=count)
    return minutes, (minutes + int(random.integers(0, 1440))) % 1440, values


def test_forecasts_and_likelihood_are_those_of_statsmodels() -> None:
    random = np.random.default_rng(11)
    for _ in range(SERIES):
        population = random_population(random)
        minutes, clock, values = random_series(random, population)
        counts = np.array([len(values)])
        ours = filter_batch(population, minutes[:, None], clock[:, None], values[:, None], counts, robust=False)
        noise = np.full(len(values), population.noise_sd**2)
        theirs = representation(population, minutes, clock, values, noise).filter()
        unit = population.noise_sd
        assert np.abs(ours.expected[:, 0] - theirs.forecasts[0]).max() < 1e-8 * unit
        np.testing.assert_allclose(ours.spread[:, 0] ** 2, theirs.forecasts_error_cov[0, 0], rtol=1e-8)
        likelihood = -0.5 * (np.log(2 * np.pi) + 2 * np.log(ours.spread) + ours.z**2).sum()
        assert likelihood == pytest.approx(theirs.llf, abs=1e-8 * max(1, abs(theirs.llf)))


def covariance(population: Population, minutes: Integers, clock: Integers) -> tuple[Floats, Floats]:
    """Of the levels, and of the readings without their noise, between all times; the level begins with the series."""
    since = (minutes - minutes[0]) / 1440
    apart = np.abs(since[:, None] - since)
    levels = population.level_sd**2 + population.wander_sd**2 * np.minimum(since[:, None], since)
    angle = 2 * np.pi * clock / 1440
    shared = population.day_effect_sd**2 * population.day_correlation**apart
    swing = population.swing_sd**2 * np.cos(angle[:, None] - angle)
    return levels, levels + shared + swing


def test_the_smoothed_level_is_what_the_whole_covariance_says() -> None:
    random = np.random.default_rng(12)
    for _ in range(20):
        # A patient who scatters as everyone does, so that every reading is believed and nothing is scaled.
        population = replace(random_population(random), level_sd=5.0, noise_sd=4.0, swing_sd=2.0, day_effect_sd=3.0)
        minutes, clock, _ = random_series(random, population)
        levels, whole = covariance(population, minutes, clock)
        noisy = whole + population.noise_sd**2 * np.eye(len(minutes))
        values = population.level_mean + np.linalg.cholesky(noisy) @ random.normal(size=len(minutes))
        model = representation(population, minutes, clock, values, np.full(len(values), population.noise_sd**2))
        expected = population.level_mean + levels @ np.linalg.solve(noisy, values - population.level_mean)
        left = np.diag(levels - levels @ np.linalg.solve(noisy, levels))
        result = model.smooth()
        np.testing.assert_allclose(result.smoothed_state[0], expected, rtol=0, atol=1e-8 * 100)
        np.testing.assert_allclose(result.smoothed_state_cov[0, 0], left, rtol=1e-6, atol=1e-8)


def test_hindsight_does_not_follow_a_gross_error() -> None:
    population = POPULATIONS["WEIGHT"]
    minutes = 29_000_000 + 1440 * np.arange(40)
    values = 80 + 0.1 * np.sin(np.arange(40))
    wrong = values.copy()
    wrong[20] = 176.4
    clock = minutes % 1440
    smoothed = smooth(population, minutes, clock, wrong)
    assert np.abs(smoothed.level - smooth(population, minutes, clock, values).level).max() < 0.05
    assert (smoothed.level_sd > 0).all()


def test_a_new_level_is_believed_from_the_third_reading_on() -> None:
    """Without it a patient who changed at a stroke would be disbelieved for ever."""
    population = POPULATIONS["WEIGHT"]
    minutes = 29_000_000 + 1440 * np.arange(60)
    values = np.where(np.arange(60) < 40, 80.0, 95.0)
    filtered = filter_batch(population, minutes[:, None], (minutes % 1440)[:, None], values[:, None], np.array([60]))
    assert (filtered.weight[40:42, 0] == 0).all()
    assert (filtered.weight[42:45, 0] == 1).all()
    assert abs(filtered.expected[-1, 0] - 95) < 1


def test_series_of_any_length_beside_each_other_do_not_disturb_each_other() -> None:
    random = np.random.default_rng(13)
    population = POPULATIONS["HEART_RATE"]
    lengths = np.array([50, 31, 31, 7, 1])
    minutes = 29_000_000 + np.cumsum(random.integers(0, 2000, (50, 5)), axis=0)
    values = 70 + 5 * random.normal(size=(50, 5))
    together = filter_batch(population, minutes, minutes % 1440, values, lengths)
    for place, length in enumerate(lengths.tolist()):
        part = np.s_[:length, place : place + 1]
        alone = filter_batch(population, minutes[part], (minutes % 1440)[part], values[part], np.array([length]))
        for name in ("expected", "spread", "z", "late", "scale", "weight", "believed"):
            assert (getattr(together, name)[part] == getattr(alone, name)).all()


@pytest.mark.parametrize("fault", [{"noise_sd": 0.0}, {"day_correlation": 1.0}, {"wander_sd": -1.0}, {"swing_sd": 0.0}])
def test_numbers_that_are_no_population_are_refused(fault: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive spreads"):
        replace(POPULATIONS["SYSTOLIC"], **fault)  # type: ignore[arg-type]
