"""The migrations say what the models say, and lead back as well as forth."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from adapters.migrate import MIGRATION_LOCK
from dev.services import Services

ROOT = Path(__file__).parents[2]
# In a process of its own: Tortoise has one global state, which belongs to the tests' runtime.
UNWRITTEN = """
import asyncio
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector
from adapters.database import MODELS, TORTOISE_ORM
async def main():
    await Tortoise.init(config=TORTOISE_ORM, init_connections=False)
    for writer in await MigrationAutodetector(Tortoise.apps, MODELS).changes():
        print(writer.name, *writer.operations)
asyncio.run(main())
"""
SHAPE = """
SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1
"""


def environment(services: Services, database: str) -> dict[str, str]:
    return os.environ | services.environment(database) | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1"}


def run(services: Services, database: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(services, database),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def shape(services: Services, database: str) -> list[str]:
    connection = await asyncpg.connect(services.environment(database)["DATABASE_URL"])
    try:
        return [row["line"] for row in await connection.fetch(SHAPE) if "tortoise" not in row["line"]]
    finally:
        await connection.close()


def test_no_model_has_changed_without_a_migration(services: Services) -> None:
    assert run(services, "postgres", "-c", UNWRITTEN) == ""


async def test_back_to_nothing_and_forth_again_is_the_same_database(services: Services) -> None:
    admin = await asyncpg.connect(services.environment()["DATABASE_URL"])
    await admin.execute("CREATE DATABASE back_and_forth")
    try:
        run(services, "back_and_forth", "-m", "adapters.migrate")
        first = await shape(services, "back_and_forth")
        assert any(line.startswith("column patient.") for line in first)
        tortoise = ("-m", "tortoise", "-c", "adapters.database.TORTOISE_ORM")
        run(services, "back_and_forth", *tortoise, "downgrade", "cuore", "0001_initial")
        assert await shape(services, "back_and_forth") != first
        run(services, "back_and_forth", "-m", "adapters.migrate")
        assert await shape(services, "back_and_forth") == first
    finally:
        await admin.execute("DROP DATABASE back_and_forth")
        await admin.close()


async def test_two_that_migrate_at_once_wait_for_each_other(services: Services) -> None:
    admin = await asyncpg.connect(services.environment()["DATABASE_URL"])
    await admin.execute("CREATE DATABASE migrated_twice")
    holder = await asyncpg.connect(services.environment("migrated_twice")["DATABASE_URL"])
    try:
        await holder.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        both = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "adapters.migrate", cwd=ROOT, env=environment(services, "migrated_twice")
            )
            for _ in range(2)
        ]
        waiting = 0
        while waiting < len(both):
            waiting = await holder.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert all(process.returncode is None for process in both)
        await holder.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
        assert [await process.wait() for process in both] == [0, 0]
    finally:
        await holder.close()
        await admin.execute("DROP DATABASE migrated_twice")
        await admin.close()
