"""A strip that was confirmed: its bytes fetched, examined in another process, and what was found kept."""

import os
from datetime import UTC, datetime
from uuid import UUID

from anyio import CapacityLimiter, fail_after, to_process

from adapters.runtime import Runtime
from domain import strips
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect, no_effect
from workers.examination import examine

# Far above the 25 ms that a strip takes; a decoder that hangs is killed with its process.
DEADLINE_SECONDS = 20
# As many as anyio keeps processes: waiting for one's turn must not count against the deadline.
TURNS = CapacityLimiter(os.cpu_count() or 1)


async def analyse(runtime: Runtime, strip_id: UUID) -> Effect:
    """RECEIVED -> ANALYSED or UNREADABLE."""
    async with lone_connection(runtime.pool) as connection:
        row = await connection.fetchrow(
            "SELECT raw_key, created_at, recorded_at FROM ecg_strip WHERE id = $1 AND status = 'RECEIVED'",
            strip_id,
        )
    if row is None:
        return no_effect
    data = await runtime.store.get(row["raw_key"], strips.MOST_BYTES)
    if data is None:
        raise FileNotFoundError
    recorded_at: datetime = row["recorded_at"].astimezone(UTC)
    async with TURNS:
        with fail_after(DEADLINE_SECONDS):
            found = await to_process.run_sync(examine, data, f"{recorded_at:%Y-%m-%d %H:%M} UTC", cancellable=True)
    if found.unreadable is not None:
        code, reason = found.unreadable

        async def keep_reason(work: UnitOfWork) -> None:
            await strips.keep_unreadable(work, strip_id, code, reason)

        return keep_reason
    svg_key, png_key = (strips.final_key(strip_id, row["created_at"], ending) for ending in ("svg", "png"))
    await runtime.store.put(svg_key, found.svg, "image/svg+xml")
    await runtime.store.put(png_key, found.png, "image/png")

    async def keep_findings(work: UnitOfWork) -> None:
        await strips.keep_analysis(
            work,
            strip_id,
            strips.StripAnalysis(
                found.sample_rate_hertz,
                found.duration_seconds,
                found.leads,
                found.beat_seconds,
                found.heart_rate,
                svg_key,
                png_key,
            ),
        )

    return keep_findings
