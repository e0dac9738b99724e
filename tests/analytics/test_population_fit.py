"""The fit finds the population that made the readings, also where some of them are wrong."""

from dataclasses import replace

import pytest

from analytics.population_fit import FITTED, fit_population
from analytics.vital_population import POPULATIONS
from bench.vitals_findings import batches
from bench.vitals_worlds import VITALS, World, population


@pytest.mark.parametrize("point_errors", [0.0, 0.02])
def test_the_fit_finds_what_made_the_readings(point_errors: float) -> None:
    vital = VITALS[1]
    series = population(31, World(hard=False, vitals=(vital,), point_errors=point_errors), 80)
    ((_, _, batch),) = batches([one for one in series if one.change is None])
    start = replace(POPULATIONS["HEART_RATE"], noise_sd=7.0, day_effect_sd=1.5, level_mean=90.0)
    fitted = fit_population(start, batch)
    assert fitted.noise_sd == pytest.approx(vital.noise, rel=0.2)
    assert fitted.day_effect_sd == pytest.approx(vital.day_effect, rel=0.35)
    assert fitted.level_mean == pytest.approx(vital.mean, abs=4)
    assert fitted.level_sd == pytest.approx(vital.between, rel=0.4)
    kept = {name: value for name, value in vars(start).items() if name not in {*FITTED, "level_mean", "level_sd"}}
    assert vars(fitted) | kept == vars(fitted)
