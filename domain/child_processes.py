"""Work for a child process that stays warm: neither its seconds nor what it imports are this process's."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import to_process

Result = TypeVar("Result")
_under_way: set["asyncio.Task[Any]"] = set()


async def in_child(work: Callable[..., Result], *arguments: Any) -> Result:
    """What `work` comes to in a child process.

    Whoever stops waiting does not stop the child: one that is still starting would be killed, and on a machine so busy
    that a start takes longer than a request may, no request would ever find a child that is ready.
    """
    task = asyncio.ensure_future(to_process.run_sync(work, *arguments))
    _under_way.add(task)
    task.add_done_callback(_ended)
    return await asyncio.shield(task)


def _ended(task: "asyncio.Task[Any]") -> None:
    _under_way.discard(task)
    if not task.cancelled():
        # Told to whoever waits; nobody may.
        task.exception()
