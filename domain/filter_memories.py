"""What the analysis remembers of a series as bytes, and a series taken on from there; nothing here asks a database."""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.vital_findings import THRESHOLDS, Finding, version
from analytics.vital_online import Filter, Memory, Sums, Watch, begin, watch
from analytics.vital_population import POPULATIONS
from analytics.vital_replay import Reading, checkpoint_before, replay

# A checkpoint is kept where it spares so many readings; the newest one is kept anyway.
READINGS_BETWEEN_CHECKPOINTS = 1000
_HEAD = Struct("<HH18d3i4d2i3ddi")
_DAY = Struct("<3i4d")


class Kept(NamedTuple):
    """A memory and those of earlier weeks, oldest first and one behind the other, as bytes."""

    memory: bytes
    checkpoints: bytes


class Task(NamedTuple):
    """A series to take on: readings behind `base` (all of them without one), and what is to be known besides.

    `minutes` since 1970 and `local_minutes` of the patient's clock, shape (readings,), as `values` in the measure's
    unit; `changes` of medication in minutes, all that there are.
    """

    measure: str
    base: bytes | None
    checkpoints: bytes
    minutes: NDArray[np.int64]
    local_minutes: NDArray[np.int64]
    values: NDArray[np.float64]
    changes: Sequence[int]


class Taken(NamedTuple):
    """A series after its readings; `readings` are all that it rests on, the last one at `minute`."""

    kept: Kept
    readings: int
    minute: int
    findings: Sequence[Finding]


@lru_cache(maxsize=64)
def watch_of(measure: str) -> Watch:
    """What is known of a measure, prepared once."""
    return watch(POPULATIONS[measure], THRESHOLDS[measure])


def version_of(measure: str) -> str:
    """Names everything that a memory of this measure depends on besides the readings."""
    return version(THRESHOLDS[measure])


def to_bytes(memory: Memory) -> bytes:
    """A memory to keep, exact to the last bit."""
    filter_, sums = memory.filter, memory.sums
    head = _HEAD.pack(
        len(memory.changes),
        len(memory.days),
        *filter_.state,
        *filter_[1:],
        *sums,
        memory.first_day,
        memory.last_day,
        *memory.bars,
        memory.quiet_until,
        memory.settled,
    )
    changes = Struct(f"<{len(memory.changes)}i").pack(*memory.changes)
    return b"".join([head, changes, *(_DAY.pack(*day) for day in memory.days)])


def all_from_bytes(kept: bytes) -> list[Memory]:
    """The memories that were kept one behind the other."""
    found, at = [], 0
    while at < len(kept):
        memory, at = _from_bytes(kept, at)
        found.append(memory)
    return found


def from_bytes(kept: bytes) -> Memory:
    """The memory that was kept."""
    return _from_bytes(kept, 0)[0]


def _from_bytes(kept: bytes, at: int) -> tuple[Memory, int]:
    """The memory that begins there, and where it ends."""
    change_count, day_count, *numbers = _HEAD.unpack_from(kept, at)
    changes = Struct(f"<{change_count}i")
    first = at + _HEAD.size + changes.size
    end = first + _DAY.size * day_count
    days = tuple(Sums(*day) for day in _DAY.iter_unpack(kept[first:end]))
    up, down, restless = numbers[27:30]
    memory = Memory(
        filter=Filter(tuple(numbers[:14]), *numbers[14:18]),
        sums=Sums(*numbers[18:25]),
        places=tuple(day.place for day in days),
        days=days,
        first_day=numbers[25],
        last_day=numbers[26],
        bars=(up, down, restless),
        quiet_until=int(numbers[30]),
        changes=changes.unpack_from(kept, at + _HEAD.size),
        settled=numbers[31],
    )
    return memory, end


def base_before(kept: Kept, minute: int) -> bytes | None:
    """The newest of the memories that knows nothing of this minute or later; nothing where all must be read again."""
    memory = from_bytes(kept.memory)
    if memory.sums.minute < minute:
        return kept.memory
    found = checkpoint_before(all_from_bytes(kept.checkpoints), minute)
    return None if found is None else to_bytes(found)


def minute_of(memory: bytes) -> int:
    """When the last reading was measured that a memory knows of."""
    return from_bytes(memory).sums.minute


def _worth(checkpoints: Sequence[Memory]) -> list[Memory]:
    """The newest checkpoint, and of the others those that spare many readings."""
    found: list[Memory] = []
    for one in checkpoints[:-1]:
        if one.sums.readings - (found[-1].sums.readings if found else 0) >= READINGS_BETWEEN_CHECKPOINTS:
            found.append(one)
    return [*found, *checkpoints[-1:]]


def take_on(task: Task) -> Taken:
    """Observe the readings of a series in order of time, those that stand there twice once."""
    by = watch_of(task.measure)
    memory = from_bytes(task.base) if task.base else begin(by)
    readings = map(Reading, task.minutes.tolist(), task.local_minutes.tolist(), task.values.tolist())
    replayed = replay(memory, readings, task.changes, by)
    earlier = [one for one in all_from_bytes(task.checkpoints) if one.sums.minute <= memory.sums.minute]
    checkpoints = _worth([*earlier, *replayed.checkpoints])
    return Taken(
        Kept(to_bytes(replayed.memory), b"".join(map(to_bytes, checkpoints))),
        replayed.memory.sums.readings,
        replayed.memory.sums.minute,
        replayed.findings,
    )


def take_all_on(tasks: Sequence[Task]) -> list[Taken]:
    """Many series, one after the other."""
    return [take_on(task) for task in tasks]
