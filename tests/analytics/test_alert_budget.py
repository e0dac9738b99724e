"""Thresholds from unlabelled readings keep what is raised within its budget, and waste little of it."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.alert_budget import Budget, calibrate
from analytics.vital_batch import Batch, find
from analytics.vital_findings import THRESHOLDS, FindingKind
from analytics.vital_population import POPULATIONS
from bench.vitals_findings import batches
from bench.vitals_worlds import VITALS, World, population

POPULATION, USUAL = POPULATIONS["SYSTOLIC"], THRESHOLDS["SYSTOLIC"]


def test_what_is_raised_stays_within_the_budget() -> None:
    ((_, _, batch),) = batches(population(32, World(vitals=VITALS[:1]), 160))
    months = float((np.diff(batch.minutes[[batch.starts[:-1], batch.starts[1:] - 1]], axis=0) / 1440 - 21).sum()) / 30
    budget = Budget(point=0.2, up=0.05, down=0.05, restless=0.03)
    chosen = calibrate(POPULATION, batch, budget, USUAL, version=7)
    assert (chosen.version, chosen.rearm, chosen.escalation) == (7, USUAL.rearm, USUAL.escalation)
    silent = replace(chosen, point=np.inf, up=np.inf, down=np.inf, restless=np.inf)
    for channel in ("point", "up", "down", "restless"):
        alone = find(POPULATION, batch, replace(silent, **{channel: getattr(chosen, channel)}))
        rate = sum((one.kind is FindingKind.POINT) == (channel == "point") for _, one in alone) / months
        assert 0.7 * getattr(budget, channel) < rate <= getattr(budget, channel)
    lasting = [one for _, one in find(POPULATION, batch, chosen) if one.kind is not FindingKind.POINT]
    assert len(lasting) / months <= 0.13


def test_series_too_short_to_raise_anything_set_no_threshold() -> None:
    minutes = 29_000_000 + 1440 * np.arange(20)
    batch = Batch(minutes, minutes, np.full(20, 130.0), np.array([0, 20]), {})
    with pytest.raises(ValueError, match="three weeks"):
        calibrate(POPULATION, batch, Budget(), USUAL, version=2)
