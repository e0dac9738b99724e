"""One worker process: arq's worker, the relay and the reminders; Valkey's absence is waited out."""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import orjson
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from adapters.queue import FUNCTION, open_queue_client
from adapters.runtime import Runtime, open_runtime
from adapters.settings import UnsafeSettings, read_settings
from adapters.telemetry import start_telemetry
from workers.ending import end
from workers.items import do_item
from workers.relay import relay
from workers.reminders import remind
from workers.schedule import schedule

log = logging.getLogger("cuore.workers")
# What takes longer is cancelled and given back; every step of a job has a shorter deadline of its own.
JOB_TIMEOUT_SECONDS = 60
MOST_JOBS = 10
# PostgreSQL counts the attempts; arq must never drop a nudge because it saw it before.
MOST_TRIES = 1_000_000
# Long enough for nearly every job, and well below the 10 s after which whoever asked the process to end insists.
GRACE_SECONDS = 5
VALKEY_PATIENCE_SECONDS = 5


def make_worker(runtime: Runtime, client: ArqRedis) -> Worker:
    """Arq's worker around `do_item`."""

    async def job(_: dict[str, Any], item_id: str) -> None:
        await do_item(runtime, UUID(item_id))

    function = func(
        cast("WorkerCoroutine", job),
        name=FUNCTION,
        keep_result=0,
        timeout=JOB_TIMEOUT_SECONDS,
        max_tries=MOST_TRIES,
    )
    return Worker(
        functions=[function],
        cron_jobs=schedule(runtime),
        redis_pool=client,
        handle_signals=False,
        poll_delay=0.05,
        max_jobs=MOST_JOBS,
        health_check_interval=15,
        job_serializer=orjson.dumps,
        job_deserializer=orjson.loads,
    )


async def work_until(stop: asyncio.Event, runtime: Runtime) -> None:
    """Run arq's worker, and a new one whenever Valkey took the old one down."""
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        client = open_queue_client(runtime.settings.valkey_url, patience_seconds=VALKEY_PATIENCE_SECONDS)
        worker = make_worker(runtime, client)
        taking = asyncio.create_task(worker.main())
        await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
        await end(taking)
        await _let_finish(list(worker.tasks.values()))
        await client.aclose(close_connection_pool=True)
        try:
            if not taking.cancelled():
                taking.result()
        except (RedisError, OSError) as away:
            log.warning("the worker waits for Valkey: %s", type(away).__name__)
            await asyncio.wait([stopping], timeout=1)


async def _let_finish(jobs: Sequence[asyncio.Task[Any]]) -> None:
    """Give the jobs under way their time; what is not done by then gives its item back."""
    if jobs:
        _, late = await asyncio.wait(jobs, timeout=GRACE_SECONDS)
        await end(*late)
        # What arq could not tell Valkey about them is of no account.
        await asyncio.gather(*jobs, return_exceptions=True)


async def main() -> None:
    """Work until SIGTERM or SIGINT; jobs under way are then finished or given back."""
    settings = read_settings()
    start_telemetry(settings, "worker")
    async with open_runtime(settings) as runtime:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        relaying = asyncio.create_task(relay(runtime))
        reminding = asyncio.create_task(remind(runtime))
        working = asyncio.create_task(work_until(stop, runtime))
        await asyncio.wait([relaying, reminding, working], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await end(relaying, reminding)
        await working
        for task in (relaying, reminding):
            if not task.cancelled():
                task.result()


def run() -> None:
    """Work until asked to end; unsafe settings end the process with their sentences."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        asyncio.run(main())
    except UnsafeSettings as unsafe:
        sys.exit(str(unsafe))
