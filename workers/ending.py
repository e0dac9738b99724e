"""Ending tasks for certain."""

import asyncio
from typing import Any

# Long enough for a task that is tidying up not to be disturbed at it.
REPEAT_SECONDS = 1.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and wait for their ends, whatever these are; a cancellation that was lost is repeated.

    Before Python 3.12 `asyncio.wait_for`, which redis uses, loses one that comes together with its result
    (https://github.com/python/cpython/issues/86296).
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=REPEAT_SECONDS)
