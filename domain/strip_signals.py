"""A stretch of a strip's signal, thinned to what a screen can show, with its extremes kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from domain.errors import BadInput

FEWEST_POINTS, MOST_POINTS = 10, 20_000
HAND_HELD = "I"


class Signals(Protocol):
    """Reads stored signals."""

    async def counts(
        self, key: str, lead: int, leads: int, first: int, last: int
    ) -> tuple[int, NDArray[np.int16]] | None: ...


@dataclass(frozen=True)
class Samples:
    """Microvolts at even distances; where it was thinned each value lies within two of them from its true place."""

    start_seconds: float
    interval_seconds: float
    values: NDArray[np.float64]


def _check(since: float, until: float | None, most: int | None) -> None:
    if not (math.isfinite(since) and since >= 0):
        raise BadInput("fromSeconds: count from the first sample, 0 or more.")
    if until is not None and not (math.isfinite(until) and until >= since):
        raise BadInput("toSeconds: the later moment comes last.")
    if most is not None and not FEWEST_POINTS <= most <= MOST_POINTS:
        raise BadInput(f"maxPoints: ask for {FEWEST_POINTS} to {MOST_POINTS}.")


async def samples(
    signals: Signals, row: Mapping[str, Any], lead: str, since: float, until: float | None, most: int | None
) -> Samples | None:
    """One lead from `since` to before `until` in seconds; None where the strip has no signal or no such lead.

    Raises:
        BadInput: such a stretch, or so few or many points, cannot be asked for.
        Unavailable: the store is away.
    """
    _check(since, until, most)
    leads = row["leads"] or []
    # A hand-held device that does not name its only channel records lead I.
    wanted = leads[0] if len(leads) == 1 and leads[0].startswith("Channel") and lead == HAND_HELD else lead
    if row["signal_key"] is None or wanted not in leads:
        return None
    rate_hertz, most = row["sample_rate_hertz"], most or MOST_POINTS
    end = row["duration_seconds"] if until is None else min(until, row["duration_seconds"])
    first, last = math.ceil(since * rate_hertz - 1e-9), math.ceil(end * rate_hertz - 1e-9)
    found = await signals.counts(row["signal_key"], leads.index(wanted), len(leads), first, max(first, last))
    if found is None:
        return None
    values = found[1] * row["signal_step_microvolts"]
    interval = 1 / rate_hertz
    if len(values) > most:
        interval *= len(values) / (most // 2 * 2)
        values = values[_thinned(values, most)]
    return Samples(first / rate_hertz, interval, values)


def _thinned(values: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """The lowest and the highest of each of so many stretches of equal length, in their order.

    Not LTTB, which keeps the shape better but not the distances, and paper has even seconds.
    """
    downsampler = MinMaxDownsampler()  # type: ignore[no-untyped-call] # it has no types
    kept: NDArray[np.intp] = downsampler.downsample(values, n_out=most // 2 * 2).astype(np.intp)
    return kept
