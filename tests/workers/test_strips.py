"""Analyses that wait for one another, die, meet, and want too much."""

import asyncio
import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters import strip_reading
from adapters.object_store import S3ObjectStore
from adapters.runtime import Runtime
from dev.system import ROOT
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import ask
from tests.schema.test_strip_to_picture import COMPLETE, announced, as_apple_csv, as_json, begin, put, uploaded
from workers import strip_results, strips
from workers.items import do_item


async def test_waiting_for_ones_turn_does_not_count_against_the_deadline(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten long strips at once ran out of time while they waited for two processes."""
    # The first analysis leaves a process that has imported what the second one needs.
    await uploaded(runtime, people, as_json(), "JSON")
    strip_id = await runtime.pool.fetchval("UPDATE ecg_strip SET status = 'RECEIVED' RETURNING id")
    monkeypatch.setattr(strips, "DEADLINE_SECONDS", 1.5)
    borrowers = [object() for _ in range(int(strips.TURNS.total_tokens))]
    for borrower in borrowers:
        await strips.TURNS.acquire_on_behalf_of(borrower)
    waiting = asyncio.create_task(strips.analyse(runtime, strip_id))
    await asyncio.sleep(strips.DEADLINE_SECONDS)
    assert strips.TURNS.statistics().tasks_waiting == 1
    for borrower in borrowers:
        strips.TURNS.release_on_behalf_of(borrower)
    async with runtime.unit_of_work(people.actors[Role.CLINICIAN]) as work:
        await (await waiting)(work)
    assert await runtime.pool.fetchval("SELECT status FROM ecg_strip") == "ANALYSED"


async def confirmed(runtime: Runtime, people: People) -> tuple[UUID, UUID]:
    """A strip that waits for a worker, and its outbox item."""
    data = as_apple_csv()
    strip_id, url = await begin(runtime, people, Role.DEVICE, announced(runtime, data, "CSV"))
    await put(url, data)
    await ask(runtime, people, Role.DEVICE, COMPLETE, input={"stripId": strip_id})
    return UUID(strip_id), await runtime.pool.fetchval("SELECT id FROM outbox_item")


async def objects_of(runtime: Runtime, strip_id: UUID) -> list[str]:
    """The keys of what is stored of a strip."""
    keys = await runtime.store.written_before("strips/", runtime.now() + timedelta(minutes=1), 100_000)
    return sorted(key for key in keys if str(strip_id) in key)


async def test_a_worker_that_dies_before_its_commit_costs_one_more_attempt_and_nothing_else(
    runtime: Runtime, people: People
) -> None:
    strip_id, item_id = await confirmed(runtime, people)
    # All objects are written, and the worker is gone before it tells of them.
    await strips.analyse(runtime, strip_id)
    written = await objects_of(runtime, strip_id)
    row = await runtime.pool.fetchrow("SELECT status, version, svg_key FROM ecg_strip")
    assert tuple(row) == ("RECEIVED", 1, None)
    await do_item(runtime, item_id)
    row = await runtime.pool.fetchrow("SELECT * FROM ecg_strip")
    assert (row["status"], row["version"]) == ("ANALYSED", 2)
    for name in ("svg_key", "png_key", "signal_key", "raw_key"):
        assert await runtime.store.size(row[name]), name
    # The second attempt wrote the same over the first: nothing lies about that no row names.
    assert await objects_of(runtime, strip_id) == written
    kept = await runtime.store.get(row["raw_key"], 10**7)
    assert hashlib.sha256(kept or b"").hexdigest() == row["raw_sha256"]


async def test_of_two_workers_on_one_strip_the_first_is_kept(runtime: Runtime, people: People) -> None:
    strip_id, _ = await confirmed(runtime, people)
    effects = [await strips.analyse(runtime, strip_id) for _ in range(2)]
    kept = []
    for effect in effects:
        async with runtime.unit_of_work() as work:
            await effect(work)
        kept.append(tuple(await runtime.pool.fetchrow("SELECT * FROM ecg_strip")))
    assert kept[0] == kept[1]
    assert await runtime.pool.fetchval("SELECT count(*) FROM event WHERE kind = 'STRIP_ANALYSED'") == 1


async def test_a_store_that_is_away_is_waited_for(runtime: Runtime, people: People) -> None:
    _, item_id = await confirmed(runtime, people)
    away = replace(runtime, store=S3ObjectStore("http://127.0.0.1:1", "key", "secret", "bucket"))
    await do_item(away, item_id)
    away.store.close()
    assert await runtime.pool.fetchval("SELECT status FROM ecg_strip") == "RECEIVED"
    item = await runtime.pool.fetchrow("SELECT done_at, dead_at, last_error FROM outbox_item")
    assert tuple(item) == (None, None, "Unavailable")
    await do_item(runtime, item_id)
    assert await runtime.pool.fetchval("SELECT status FROM ecg_strip") == "ANALYSED"


async def test_an_original_that_the_store_does_not_let_go_is_deleted_later(runtime: Runtime, people: People) -> None:
    _, item_id = await confirmed(runtime, people)
    await do_item(runtime, item_id)
    original = await runtime.pool.fetchval("SELECT original_key FROM ecg_strip")
    item_id = await runtime.pool.fetchval("SELECT id FROM outbox_item WHERE kind = 'FORGET_STRIP_ORIGINAL'")
    away = replace(runtime, store=S3ObjectStore("http://127.0.0.1:1", "key", "secret", "bucket"))
    await do_item(away, item_id)
    away.store.close()
    assert await runtime.pool.fetchval("SELECT original_key FROM ecg_strip") == original
    await do_item(runtime, item_id)
    assert await runtime.pool.fetchval("SELECT original_key FROM ecg_strip") is None
    assert await runtime.store.size(original) is None


def test_a_process_that_reads_strips_cannot_take_all_the_memory() -> None:
    """In a process of its own, because the limit stays."""
    taking = "from adapters import strip_reading as it; it.limit_memory(); bytearray(2 * it.MEMORY_BYTES)"
    done = subprocess.run([sys.executable, "-c", taking], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.rstrip().endswith("MemoryError")


def test_what_is_too_much_for_the_memory_ends_as_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def much(_: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(strip_reading, "decode_strip", much)
    monkeypatch.setattr(strip_results, "limit_memory", lambda: None)
    assert strip_results.work_out(as_json(), "") == strip_results.Refusal(*strip_reading.TOO_COSTLY)
