"""Thresholds that keep a clinic's alerts within a budget, from its own readings without any labels.

What was raised on past readings, true or false, is all that a threshold can be set by without labels; so the budget
is of alerts, not of false ones, and a clinic with many changes is alerted a little later.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from analytics.vital_batch import Batch, find
from analytics.vital_findings import FEWEST_DAYS, FindingKind, Thresholds
from analytics.vital_population import Population

MINUTES_A_MONTH = 30 * 1440
LOWEST, HIGHEST = 2.0, 20.0
STEPS = 12


@dataclass(frozen=True)
class Budget:
    """Findings that may be raised per series and month: of single readings, and of what lasts, by channel."""

    point: float = 0.3
    up: float = 0.04
    down: float = 0.04
    restless: float = 0.02


def calibrate(population: Population, batch: Batch, budget: Budget, start: Thresholds, version: int) -> Thresholds:
    """The lowest thresholds within the budget on these readings.

    Each channel is set by itself; together they raise less than the sum, since one refractory period holds for all.

    Args:
        population: the measure's parameters.
        batch: past readings of many series, at least some months of some hundred.
        budget: what may be raised.
        start: whose other settings are kept.
        version: under which the new thresholds are known.

    Raises:
        ValueError: no series is long enough to raise anything that lasts.
    """
    spans = batch.minutes[batch.starts[1:] - 1] - batch.minutes[batch.starts[:-1]]
    months = float(np.maximum(spans - FEWEST_DAYS * 1440, 0).sum()) / MINUTES_A_MONTH
    if months <= 0:
        raise ValueError("No series is longer than three weeks.")
    silent = replace(start, point=inf, up=inf, down=inf, restless=inf)

    def rate(channel: str) -> Callable[[float], float]:
        def at(threshold: float) -> float:
            limits: dict[str, Any] = {channel: threshold}
            found = find(population, batch, replace(silent, **limits))
            wanted = [one for _, one in found if (one.kind is FindingKind.POINT) == (channel == "point")]
            return len(wanted) / months

        return at

    chosen: dict[str, Any] = {
        channel: _lowest_within(rate(channel), getattr(budget, channel))
        for channel in ("point", "up", "down", "restless")
    }
    return replace(start, version=version, **chosen)


def _lowest_within(rate: Callable[[float], float], allowed: float) -> float:
    """By halving: the rate falls as the threshold rises."""
    low, high = LOWEST, HIGHEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > allowed else (low, middle)
    return high
