"""PostgreSQL: the connection pool that Tortoise uses."""

import os
import ssl
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from asyncpg.connection import Connection
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient

MODELS = {"cuore": {"models": ["domain.tables"], "default_connection": "default", "migrations": "migrations"}}


class PlainConnection(Connection):  # type: ignore[misc] # asyncpg comes without types
    """A connection that is not reset on release: we never use session state, and it costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


def trust(database_url: str) -> ssl.SSLContext | str | None:
    """What asyncpg takes as `ssl`.

    For verify-full alone it would want a root certificate in the user's home. Here the authorities that the machine
    trusts count, or those in the file that `sslrootcert` names.
    """
    options = dict(parse_qsl(urlsplit(database_url).query))
    mode = options.get("sslmode")
    return ssl.create_default_context(cafile=options.get("sslrootcert")) if mode == "verify-full" else mode


def tortoise_config(database_url: str, *, pool_size: int = 16) -> dict[str, Any]:
    """Tortoise's configuration for `database_url` (postgres://user:password@host:port/name?sslmode=…)."""
    url = urlsplit(database_url)
    credentials: dict[str, Any] = {
        "host": url.hostname,
        "port": url.port or 5432,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "database": url.path.lstrip("/"),
        "ssl": trust(database_url),
        # None is kept open for its own sake, so that a process may start before its database and wait for it.
        "minsize": 0,
        "maxsize": pool_size,
        "command_timeout": 30,
        "max_inactive_connection_lifetime": 60,
        "connection_class": PlainConnection,
        "server_settings": {
            "statement_timeout": "30000",
            "idle_in_transaction_session_timeout": "60000",
            # Its pages lie in memory or on a disk without a head that moves; at 4 it would rather read whole tables.
            "random_page_cost": "1.1",
        },
    }
    return {
        "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
        "apps": MODELS,
        "use_tz": True,
        "timezone": "UTC",
    }


async def open_database(database_url: str) -> AsyncpgDBClient:
    """Connect, with Tortoise's global fallback so that requests of other tasks see it."""
    await Tortoise.init(config=tortoise_config(database_url), _enable_global_fallback=True)
    from tortoise.connection import get_connection  # noqa: PLC0415 - exists only after init

    client = get_connection("default")
    if not isinstance(client, AsyncpgDBClient):
        raise TypeError("Cuore needs PostgreSQL.")
    if client._pool is None:  # noqa: SLF001
        await client.create_connection(with_db=True)
    return client


async def close_database() -> None:
    """Close the pool."""
    await Tortoise.close_connections()


# Read by the `tortoise` command (makemigrations, sqlmigrate); the application passes its own settings.
TORTOISE_ORM = tortoise_config(os.environ.get("DATABASE_URL", "postgres://cuore@127.0.0.1/cuore"))
