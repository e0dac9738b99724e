"""Late, corrected and doubled readings: observed again from a memory of before, to the same answer as in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from analytics.vital_filter import MINUTES_A_DAY
from analytics.vital_findings import Finding
from analytics.vital_online import Filter, Memory, Sums, Watch, note_change, observe

MINUTES_A_WEEK = 7 * MINUTES_A_DAY


class Reading(NamedTuple):
    """A reading at whole minutes since 1970, of the world's and of the patient's clock."""

    minute: int
    local_minute: int
    value: float


@dataclass(frozen=True)
class Replayed:
    """A series after its readings, what they found, and the memory before the first reading of each week."""

    memory: Memory
    findings: tuple[Finding, ...]
    checkpoints: tuple[Memory, ...]


def replay(memory: Memory, readings: Iterable[Reading], changes: Iterable[int], by: Watch) -> Replayed:
    """Observe readings in order of time and value, those that stand there twice once.

    Args:
        memory: of before all of them; see `checkpoint_before`.
        readings: all since then, in any order.
        changes: when medication changed, all that the memory does not know of yet, minutes since 1970.
        by: what is known of the measure.
    """
    waiting = sorted(set(changes) - set(memory.changes), reverse=True)
    findings: list[Finding] = []
    checkpoints: list[Memory] = []
    for reading in sorted(set(readings), key=lambda one: (one.minute, one.value, one.local_minute)):
        if memory.sums.readings and reading.minute // MINUTES_A_WEEK > memory.sums.minute // MINUTES_A_WEEK:
            checkpoints.append(memory)
        while waiting and waiting[-1] <= reading.minute:
            memory = note_change(memory, waiting.pop())
        memory, found = observe(memory, reading.minute, reading.local_minute, reading.value, by)
        findings += found
    return Replayed(memory, tuple(findings), tuple(checkpoints))


def checkpoint_before(checkpoints: Sequence[Memory], minute: int) -> Memory | None:
    """The last memory that knows nothing of this minute or later; nothing if there is none and all must be replayed."""
    earlier = [memory for memory in checkpoints if memory.sums.minute < minute]
    return max(earlier, key=lambda memory: memory.sums.minute, default=None)


def restore(parts: Sequence[Any]) -> Memory:
    """A memory from nested lists, as it is when it was kept as JSON."""
    filter_, sums, places, days, first_day, last_day, bars, quiet_until, changes, settled = parts
    state, *rest = filter_
    up, down, restless = bars
    return Memory(
        Filter(tuple(state), *rest),
        Sums(*sums),
        tuple(places),
        tuple(Sums(*day) for day in days),
        first_day,
        last_day,
        (up, down, restless),
        quiet_until,
        tuple(changes),
        settled,
    )
