"""Memories as bytes: exact, and as many checkpoints as are worth their bytes."""

import numpy as np
import pytest

from domain import filter_memories
from domain.filter_memories import READINGS_BETWEEN_CHECKPOINTS, Kept, Task, all_from_bytes, from_bytes, to_bytes

FIRST = 29_000_000
WEEK = 7 * 1440


def heart_rates(days: int, a_day: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Minutes since 1970, and values that step up at half time."""
    count = days * a_day
    minutes = FIRST + np.arange(count) * (1440 // a_day)
    values = 70 + np.random.default_rng(seed).normal(0, 4, count) + 12 * (np.arange(count) > count / 2)
    return minutes, np.round(values)


def task(minutes: np.ndarray, values: np.ndarray, base: bytes | None = None, checkpoints: bytes = b"") -> Task:
    return Task("HEART_RATE", base, checkpoints, minutes, minutes + 60, values, [FIRST + 10 * 1440])


@pytest.mark.parametrize("days", [1, 9, 40])
def test_what_is_kept_is_what_was_remembered(days: int) -> None:
    taken = filter_memories.take_on(task(*heart_rates(days, 3)))
    memory = from_bytes(taken.kept.memory)
    assert to_bytes(memory) == taken.kept.memory
    assert (memory.sums.readings, taken.readings, memory.sums.minute) == (days * 3, days * 3, taken.minute)
    assert memory.changes == ((FIRST + 10 * 1440,) if days == 40 else ())
    assert memory.places == tuple(day.place for day in memory.days)


def test_a_series_cut_anywhere_and_gone_on_with_is_the_same() -> None:
    minutes, values = heart_rates(60, 3)
    whole = filter_memories.take_on(task(minutes, values))
    assert whole.findings
    for cut in (1, 29, 30, 100, 179):
        first = filter_memories.take_on(task(minutes[:cut], values[:cut]))
        rest = filter_memories.take_on(task(minutes[cut:], values[cut:], *first.kept))
        assert rest.kept.memory == whole.kept.memory
        assert [*first.findings, *rest.findings] == list(whole.findings)


def test_a_late_reading_is_taken_in_from_the_last_checkpoint_before_it() -> None:
    minutes, values = heart_rates(200, 24)
    whole = filter_memories.take_on(task(minutes, values))
    late = 3000
    without = filter_memories.take_on(task(np.delete(minutes, late), np.delete(values, late)))
    base = filter_memories.base_before(without.kept, int(minutes[late]))
    assert base is not None
    since = from_bytes(base).sums.minute
    assert minutes[late] - since < (READINGS_BETWEEN_CHECKPOINTS / 24 + 7) * 1440
    behind = minutes > since
    again = filter_memories.take_on(task(minutes[behind], values[behind], base, without.kept.checkpoints))
    assert again.kept == whole.kept
    assert filter_memories.base_before(whole.kept, FIRST) is None
    assert filter_memories.base_before(whole.kept, int(minutes[-1]) + 1) == whole.kept.memory


@pytest.mark.parametrize(("days", "a_day", "most"), [(90, 1, 1), (365, 3, 2), (365, 24, 9)])
def test_few_checkpoints_are_kept_of_a_series_that_is_quickly_replayed(days: int, a_day: int, most: int) -> None:
    taken = filter_memories.take_on(task(*heart_rates(days, a_day)))
    checkpoints = all_from_bytes(taken.kept.checkpoints)
    assert 1 <= len(checkpoints) <= most
    assert taken.minute - checkpoints[-1].sums.minute <= WEEK + 1440
    assert len(taken.kept.memory) < 1700


def test_no_reading_at_all_leaves_nothing() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    taken = filter_memories.take_on(task(nothing, nothing.astype(float)))
    assert (taken.readings, taken.findings, taken.kept.checkpoints) == (0, (), b"")
    assert filter_memories.take_all_on([]) == []
    assert isinstance(taken.kept, Kept)
