"""Workers that are killed lose no reminder and double none: a few rounds of `python -m bench.reminder_faults`."""

import random
from pathlib import Path

import pytest

from adapters.runtime import Runtime
from bench.reminder_faults import A_ROUND, PART, faults

pytestmark = pytest.mark.journey
ROUNDS = 4


async def test_killed_workers_lose_no_reminder_and_double_none(
    runtime: Runtime, migrated: dict[str, str], tmp_path: Path
) -> None:
    found = await faults(
        migrated,
        tmp_path,
        rounds=ROUNDS,
        longest_seconds=1.0,
        chance=random.Random(1),  # noqa: S311 - so that a failure comes again
        workers_at_once=2,
        program=PART,
    )
    assert (found.expected, found.distinct) == (ROUNDS * A_ROUND * 2, ROUNDS * A_ROUND * 2)
    assert (found.lost, found.doubled) == (0, 0)
