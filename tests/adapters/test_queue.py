"""Nudges: one an attempt, none hidden behind a dead worker, and nobody waits for a queue that hangs."""

import asyncio
import time
from uuid import UUID, uuid4

import pytest
from arq.constants import default_queue_name, in_progress_key_prefix

from adapters.queue import PATIENCE_SECONDS, ArqQueue, open_queue_client
from dev.services import Services


async def queued(services: Services, item_id: UUID) -> list[str]:
    """The ids of the jobs about this item that wait in Valkey."""
    client = open_queue_client(services.environment()["VALKEY_URL"])
    jobs = [job.decode() for job in await client.zrange(default_queue_name, 0, -1)]
    await client.aclose(close_connection_pool=True)
    return [job for job in jobs if str(item_id) in job]


async def test_an_attempt_is_nudged_once_however_often_the_relay_asks(services: Services) -> None:
    client = open_queue_client(services.environment()["VALKEY_URL"])
    item_id = uuid4()
    for attempts in (0, 0, 1):
        await ArqQueue(client).nudge([(item_id, attempts)])
    await client.aclose(close_connection_pool=True)
    assert await queued(services, item_id) == [f"ob:{item_id}:0", f"ob:{item_id}:1"]


async def test_a_nudge_that_a_worker_took_before_it_died_is_given_again(services: Services) -> None:
    """A worker killed between taking a nudge and claiming its item hid the item for more than a minute."""
    client = open_queue_client(services.environment()["VALKEY_URL"])
    item_id = uuid4()
    await ArqQueue(client).nudge([(item_id, 0)])
    await client.psetex(in_progress_key_prefix + f"ob:{item_id}:0", 70_000, b"1")
    await ArqQueue(client).nudge([(item_id, 0)])
    await client.aclose(close_connection_pool=True)
    first, second = await queued(services, item_id)
    assert first == f"ob:{item_id}:0"
    assert second.startswith(f"{first}:")


async def test_nobody_waits_long_for_a_queue_that_hangs() -> None:
    taken: list[asyncio.StreamWriter] = []

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    silent = await asyncio.start_server(take, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    client = open_queue_client(f"redis://127.0.0.1:{port}/0")
    queue = ArqQueue(client)
    began = time.monotonic()
    for _ in range(10):
        await queue.nudge([(uuid4(), 0), (uuid4(), 0)])
        await queue.announce()
    assert time.monotonic() - began == pytest.approx(PATIENCE_SECONDS, abs=0.3)
    assert len(taken) == 1
    await client.aclose(close_connection_pool=True)
    for writer in taken:
        writer.close()
    silent.close()


async def test_a_queue_that_is_away_is_not_an_error(services: Services) -> None:
    client = open_queue_client("redis://127.0.0.1:1/0")
    await ArqQueue(client).nudge([(uuid4(), 0)])
    await ArqQueue(client).announce()
    await client.aclose(close_connection_pool=True)
