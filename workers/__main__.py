"""`python -m workers`: one worker process; Valkey's absence is waited out."""

import asyncio
import contextlib
import logging
import signal
import sys
from typing import Any
from uuid import UUID

import orjson
from arq.worker import Worker, func
from redis.exceptions import RedisError

from adapters.queue import FUNCTION, redis_settings
from adapters.runtime import Runtime, open_runtime
from adapters.settings import UnsafeSettings, read_settings
from workers.items import do_item
from workers.relay import relay

log = logging.getLogger("cuore.workers")
# Below the outbox lease's patience: what takes longer is killed and tried again.
JOB_TIMEOUT_SECONDS = 60
MOST_JOBS = 10


def make_worker(runtime: Runtime) -> Worker:
    """Arq's worker around `do_item`."""

    async def job(_: dict[str, Any], item_id: str) -> None:
        await do_item(runtime, UUID(item_id))

    return Worker(
        functions=[func(job, name=FUNCTION, keep_result=0, timeout=JOB_TIMEOUT_SECONDS, max_tries=1)],
        redis_settings=redis_settings(runtime.settings.valkey_url),
        handle_signals=False,
        poll_delay=0.05,
        max_jobs=MOST_JOBS,
        job_completion_wait=20,
        health_check_interval=15,
        job_serializer=orjson.dumps,
        job_deserializer=orjson.loads,
    )


async def work_for_ever(runtime: Runtime) -> None:
    """Run arq's worker, and a new one whenever Valkey took the old one down."""
    while True:
        worker = make_worker(runtime)
        try:
            await worker.async_run()
        except (RedisError, OSError) as away:
            log.warning("the worker waits for Valkey: %s", type(away).__name__)
        finally:
            with contextlib.suppress(RedisError, OSError):
                await worker.close()
        await asyncio.sleep(1)


async def main() -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then given back by their leases."""
    async with open_runtime(read_settings()) as runtime:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        tasks = [asyncio.create_task(relay(runtime)), asyncio.create_task(work_for_ever(runtime))]
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, *tasks):
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        asyncio.run(main())
    except UnsafeSettings as unsafe:
        sys.exit(str(unsafe))
