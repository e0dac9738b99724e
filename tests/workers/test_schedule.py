"""What happens at set times, and that what fails there tells nothing of anybody."""

import logging

import pytest
from arq.cron import CronJob

from adapters.runtime import Runtime
from domain import strips
from domain.errors import Unavailable
from workers.schedule import schedule


def job_of(runtime: Runtime, name: str) -> CronJob:
    """The entry of that name."""
    return {job.name: job for job in schedule(runtime)}[name]


async def test_partitions_of_readings_are_made_two_years_ahead_and_again_without_harm(opened: Runtime) -> None:
    last = opened.now().year + 2
    for _ in range(2):
        await job_of(opened, "make_partitions").coroutine({})
    made = await opened.pool.fetch(
        "SELECT relid::text AS name FROM pg_partition_tree('reading') WHERE isleaf ORDER BY name"
    )
    assert [row["name"] for row in made] == [*(f"reading_{year}" for year in range(2024, last + 1)), "reading_past"]


async def test_uploads_that_nobody_needs_any_more_are_swept_every_hour(
    opened: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = []

    async def sweep(store: object, _: object) -> int:
        swept.append(store)
        return 0

    monkeypatch.setattr(strips, "sweep_incoming", sweep)
    job = job_of(opened, "sweep_incoming")
    assert (job.name, job.minute, job.hour, job.unique) == ("sweep_incoming", 17, None, True)
    await job.coroutine({})
    assert swept == [opened.store]


@pytest.mark.parametrize(
    ("failure", "level"), [(Unavailable("away"), logging.WARNING), (ValueError("of Ada Prova"), logging.ERROR)]
)
async def test_what_fails_is_told_by_its_type_alone(
    opened: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    level: int,
) -> None:
    async def sweep(*_: object) -> int:
        raise failure

    monkeypatch.setattr(strips, "sweep_incoming", sweep)
    job = job_of(opened, "sweep_incoming")
    await job.coroutine({})
    (record,) = caplog.records
    assert (record.levelno, type(failure).__name__ in record.getMessage()) == (level, True)
    assert "Ada" not in caplog.text
