"""Findings of thousands of series of one measure at once, each as it would have been raised when its reading came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.vital_filter import CLIP, FADED_AT, MINUTES_A_DAY, Filtered, Floats, Integers, filter_batch
from analytics.vital_findings import (
    EXPLAINED_DAYS,
    FEWEST_DAYS,
    FEWEST_READINGS,
    REFRACTORY_DAYS,
    Finding,
    FindingKind,
    Raised,
    Thresholds,
    lasting_findings,
    point_finding,
)
from analytics.vital_online import Watch, begin, note_change, observe, watch
from analytics.vital_population import Population
from analytics.vital_scores import LONGEST_DAYS, SQUARE_CLIP, SQUARE_MEAN, Scores, places_of, score_batch

# So many readings at a time, places of padding counted: what fits the processor's cache, and bounds the memory.
MOST_CELLS = 300_000
# Up to so many series a plain loop is faster than rows of numpy.
FEW = 10
_DAYS_AGO = np.arange(LONGEST_DAYS)


@dataclass(frozen=True)
class Batch:
    """Readings of many series of one measure, series after series, each in order of time.

    `minutes` since 1970 and `local_minutes` (the patient's clock) have shape (readings,), as `values` in the measure's
    unit; series number i reaches from `starts[i]` to `starts[i + 1]`. `changes` holds by series when medication
    changed, in increasing minutes.
    """

    minutes: Integers
    local_minutes: Integers
    values: Floats
    starts: Integers
    changes: Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Block:
    """Some series side by side, shape (steps, series), longest first; `series` are their numbers in the batch."""

    series: Integers
    counts: Integers
    minutes: Integers
    clock: Integers
    days: Integers
    values: Floats
    unsettled: Floats | None
    begins: Integers | None


def blocks(batch: Batch, boost: float) -> Iterator[Block]:
    """The batch cut into blocks of about equal length; `boost` is the level's variance after a known change."""
    counts = np.diff(batch.starts)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    first = 0
    while first < len(order):
        longest = int(counts[order[first]])
        series = order[first : first + max(MOST_CELLS // longest, 1)]
        first += len(series)
        yield _block(batch, series, counts[series], boost)


def _block(batch: Batch, series: Integers, counts: Integers, boost: float) -> Block:
    steps = np.arange(int(counts[0]))[:, None]
    # Beyond a series' end its last reading stands again, and is never looked at.
    readings = batch.starts[series] + np.minimum(steps, counts - 1)
    minutes = batch.minutes[readings]
    days, clock = np.divmod(batch.local_minutes[readings], MINUTES_A_DAY)
    unsettled = begins = None
    changed = [place for place, number in enumerate(series.tolist()) if batch.changes.get(number)]
    if changed:
        unsettled = np.zeros(minutes.shape)
        begins = np.zeros(minutes.shape, dtype=np.int64)
        for place in changed:
            for change in batch.changes[int(series[place])]:
                settled = change + EXPLAINED_DAYS * MINUTES_A_DAY
                step = int(np.searchsorted(minutes[: counts[place], place], settled))
                if 0 < step < counts[place]:
                    unsettled[step, place] = boost
                    begins[step:, place] = step
    return Block(series, counts, minutes, clock, days, batch.values[readings], unsettled, begins)


def find(population: Population, batch: Batch, thresholds: Thresholds) -> list[tuple[int, Finding]]:
    """All findings with their series' numbers, ordered by series and reading."""
    found: list[tuple[int, Finding]] = []
    by = watch(population, thresholds)
    for block in blocks(batch, by.constants.settling):
        if len(block.series) <= FEW:
            found += _one_by_one(batch, block.series, by)
            continue
        filtered = filter_batch(
            population, block.minutes, block.clock, block.values, block.counts, unsettled=block.unsettled
        )
        z, scale, late = (np.ascontiguousarray(part.T) for part in (filtered.z, filtered.scale, filtered.late))
        believed = np.ascontiguousarray(filtered.believed.T)
        places = places_of(np.ascontiguousarray(block.days.T))
        begins = None if block.begins is None else np.ascontiguousarray(block.begins.T)
        scores = score_batch(z, scale, late, believed, places, begins)
        found += _points(block, filtered, scores, thresholds)
        found += _lasting(batch, block, filtered, scores, places, thresholds)
    found.sort(key=lambda one: (one[0], one[1].reading, one[1].kind is not FindingKind.POINT))
    return found


def _one_by_one(batch: Batch, series: Integers, by: Watch) -> Iterator[tuple[int, Finding]]:
    """The findings of a few series, which as plain numbers are sooner done than as short rows."""
    for number in series.tolist():
        part = slice(batch.starts[number], batch.starts[number + 1])
        columns = (batch.minutes[part], batch.local_minutes[part], batch.values[part])
        memory, waiting = begin(by), sorted(batch.changes.get(number, ()), reverse=True)
        for minute, local_minute, value in zip(*(column.tolist() for column in columns), strict=True):
            while waiting and waiting[-1] <= minute:
                memory = note_change(memory, waiting.pop())
            memory, findings = observe(memory, minute, local_minute, value, by)
            for finding in findings:
                yield number, finding


def _points(block: Block, filtered: Filtered, scores: Scores, thresholds: Thresholds) -> Iterator[tuple[int, Finding]]:
    hot = scores.point > thresholds.point
    hot[:, : FEWEST_READINGS - 1] = False
    rows, steps = np.nonzero(hot)
    inside = steps < block.counts[rows]
    rows, steps = rows[inside], steps[inside]
    columns = (
        block.series[rows],
        scores.point[rows, steps],
        filtered.z[steps, rows],
        block.values[steps, rows],
        filtered.expected[steps, rows],
        filtered.spread[steps, rows],
        steps,
        block.minutes[steps, rows],
    )
    for series, score, z, value, expected, spread, step, minute in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield series, point_finding(score, z, value, expected, spread, step, minute, thresholds)


def _raises(block: Block, scores: Scores, thresholds: Thresholds) -> tuple[Integers, Integers, Integers]:
    """Row, step and channel of whatever is raised as lasting."""
    days = block.days.T
    ripe = days - days[:, :1] >= FEWEST_DAYS
    ripe[:, : FEWEST_READINGS - 1] = False
    ripe &= np.arange(ripe.shape[1]) < block.counts[:, None]
    limits = np.array(thresholds.limits())
    by_channel = (scores.up, scores.down, scores.restless)
    above = [ripe & (part > limit) for part, limit in zip(by_channel, limits.tolist(), strict=True)]
    rows = np.flatnonzero((above[0] | above[1] | above[2]).any(axis=1))
    # Step by step now, shape (steps, channels, rows).
    channels = np.stack([part[rows].T for part in by_channel], axis=1)
    hot = np.stack([part[rows].T for part in above], axis=1)
    calm = channels < limits[:, None] * thresholds.rearm
    last_calm = np.maximum.accumulate(np.where(calm, np.arange(len(calm))[:, None, None], -1), axis=0)
    minutes = block.minutes[:, rows]
    bars = np.repeat(limits[:, None], len(rows), axis=1)
    quiet_until, raised_at = np.full(len(rows), np.iinfo(np.int64).min), np.full(len(rows), -1)
    found_rows, found_steps, found_channels = [], [], []
    any_hot = np.any(hot, axis=1)
    for step in np.flatnonzero(np.any(any_hot, axis=1)).tolist():
        places = np.flatnonzero(any_hot[step] & (minutes[step] >= quiet_until))
        calmed = last_calm[step][:, places]
        settled = (calmed >= 0) & (minutes[calmed, places] >= quiet_until[places])
        if block.begins is not None:
            settled |= block.begins[step, rows[places]] > raised_at[places]
        here = channels[step][:, places]
        new = hot[step][:, places] & (here > np.where(settled, limits[:, None], bars[:, places]))
        raising = new.any(axis=0)
        places, here, new = places[raising], here[:, raising], new[:, raising]
        quiet_until[places] = minutes[step, places] + REFRACTORY_DAYS * MINUTES_A_DAY
        raised_at[places] = step
        bars[:, places] = np.maximum(here, limits[:, None]) * thresholds.escalation
        found_rows.append(rows[places])
        found_steps.append(np.full(len(places), step))
        found_channels.append(np.argmax(np.where(new, here / limits[:, None], 0.0), axis=0))
    if not found_rows:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    return np.concatenate(found_rows), np.concatenate(found_steps), np.concatenate(found_channels)


def _lasting(
    batch: Batch, block: Block, filtered: Filtered, scores: Scores, places: Integers, thresholds: Thresholds
) -> list[tuple[int, Finding]]:
    rows, steps, channels = _raises(block, scores, thresholds)
    if len(rows) == 0:
        return []
    # The running sums of the rows concerned, each beginning with nothing before the first reading.
    concerned, place = np.unique(rows, return_inverse=True)
    z, expected, spread = (part[:, concerned].T for part in (filtered.z, filtered.expected, filtered.spread))
    clipped = np.clip(z, -CLIP, CLIP)
    terms = (clipped, np.minimum(z * z, SQUARE_CLIP) - SQUARE_MEAN, expected, np.clip(z, -FADED_AT, FADED_AT) * spread)
    sums = np.zeros((len(terms), len(concerned), z.shape[1] + 1))
    np.cumsum(terms, axis=2, out=sums[:, :, 1:])
    # How many readings lie before each of the last days: the columns of `Raised`.
    here = places[rows, steps]
    lowest = places[concerned]
    readings = np.empty((len(rows), LONGEST_DAYS + 1), dtype=np.int64)
    readings[:, 0] = steps + 1
    # All rows are searched as one, each lifted above the one before.
    apart = int(lowest.max()) + LONGEST_DAYS + 1
    lifted = (lowest + apart * np.arange(len(concerned))[:, None]).ravel()
    readings[:, 1:] = np.searchsorted(lifted, (apart * place + here)[:, None] - _DAYS_AGO)
    readings[:, 1:] -= (place * lowest.shape[1])[:, None]
    if block.begins is not None:
        readings[:, 1:] = np.maximum(readings[:, 1:], block.begins[steps, rows][:, None])
    minutes = block.minutes[np.minimum(readings, steps[:, None]), rows[:, None]]
    minutes[:, 0] = block.minutes[steps, rows]
    by_channel = np.stack([part[rows, steps] for part in (scores.up, scores.down, scores.restless)])
    raised = Raised(
        channels,
        by_channel[channels, np.arange(len(rows))],
        filtered.spread[steps, rows],
        readings,
        minutes,
        *sums[:, place[:, None], readings],
    )
    series = block.series[rows].tolist()
    changes = [batch.changes.get(number, ()) for number in series]
    return list(zip(series, lasting_findings(raised, changes, thresholds), strict=True))
