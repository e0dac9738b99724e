"""`python -m adapters.migrate`: bring the database to the newest migration, one process at a time."""

import asyncio
import sys

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations

from adapters.database import tortoise_config, trust
from adapters.settings import UnsafeSettings, read_settings

# Any fixed number: it only has to be the same for every process that migrates this database.
MIGRATION_LOCK = 4_807_118


async def migrate(database_url: str) -> None:
    """Apply what is missing; a second caller waits for the first and then finds nothing to do."""
    # A connection of its own: the migrations replace Tortoise's pool under way.
    lock_holder = await asyncpg.connect(database_url, ssl=trust(database_url))
    try:
        await lock_holder.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await run_migrations(config=tortoise_config(database_url, pool_size=4))
    finally:
        await Tortoise.close_connections()
        await lock_holder.close()


if __name__ == "__main__":
    try:
        asyncio.run(migrate(read_settings().database_url))
    except UnsafeSettings as unsafe:
        sys.exit(str(unsafe))
    except OSError as away:
        sys.exit(f"Cuore does not migrate: the database does not answer ({type(away).__name__}).")
