"""Is the process alive, and can it do its work?"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse

from adapters.runtime import Runtime


async def live(_: Request) -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> JSONResponse:
    """The database answers and takes writes; without it nothing true can be said."""
    runtime: Runtime = request.state.runtime
    try:
        async with asyncio.timeout(2), runtime.pool.acquire() as connection:
            standby = await connection.fetchval("SELECT pg_is_in_recovery()")
    except Exception:  # noqa: BLE001 - whatever is wrong, the process is not ready
        return JSONResponse({"status": "unavailable", "database": "away"}, 503, {"Retry-After": "2"})
    if standby:
        return JSONResponse({"status": "unavailable", "database": "read-only"}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready"})
