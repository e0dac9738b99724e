"""Real services for the whole run, an empty database for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from adapters.migrate import migrate
from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from dev.services import Services
from tests.people import People, settle

ROOTS = [
    *("organisation", "patient", "account", "care_relation", "reading", "latest_reading", "vital_unread"),
    *("daily_summary", "ecg_strip", "alert", "alert_occurrence", "audit_entry", "event", "outbox_item"),
    *("activation_code", "activation_try"),
]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL, Valkey and the object store."""
    folder: Path = tmp_path_factory.mktemp("services")
    started = Services.start(folder, fast=True)
    yield started
    started.stop()


@pytest.fixture(scope="session")
async def migrated(services: Services) -> dict[str, str]:
    """The environment of a migrated database."""
    environment = services.environment() | {
        "ENVIRONMENT": "test",
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "JITSI_URL": "https://meet.example.org",
        "JITSI_APP_SECRET": "known-to-jitsi-and-cuore-and-nobody-else",
    }
    await migrate(environment["DATABASE_URL"])
    return environment


@pytest.fixture(scope="session")
async def opened(migrated: dict[str, str]) -> AsyncIterator[Runtime]:
    """One runtime for all tests."""
    async with open_runtime(read_settings(migrated)) as runtime:
        await runtime.store.prepare()
        yield runtime


@pytest.fixture(scope="session")
async def emptying(opened: Runtime) -> str:
    """The statements that empty every table of people and of what hangs on them.

    Deleting a few rows takes a hundredth of what TRUNCATE takes, which makes new files for every table and index. As a
    replica, PostgreSQL asks neither foreign keys nor the triggers that keep history.
    """
    tables = await opened.pool.fetch(
        "WITH RECURSIVE emptied (id) AS (SELECT unnest($1::regclass[])::oid"
        " UNION SELECT conrelid FROM pg_constraint JOIN emptied ON confrelid = id WHERE contype = 'f')"
        " SELECT id::regclass::text AS name FROM emptied JOIN pg_class ON pg_class.oid = id WHERE NOT relispartition",
        ROOTS,
    )
    deletes = "; ".join(f"DELETE FROM {row['name']}" for row in tables)  # noqa: S608 - names of tables
    return f"SET LOCAL session_replication_role = replica; {deletes}"


@pytest.fixture
async def runtime(opened: Runtime, emptying: str) -> Runtime:
    """The runtime on an empty database."""
    connection: asyncpg.Connection
    async with opened.pool.acquire() as connection, connection.transaction():
        await connection.execute(emptying)
    return opened


@pytest.fixture
async def people(runtime: Runtime) -> People:
    """One clinic with a patient in care, a patient of another clinic, and an account of every role."""
    return await settle(runtime)
