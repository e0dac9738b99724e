"""A strip that was confirmed: its bytes fetched, worked out in another process, and what was found kept."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

from anyio import CapacityLimiter, move_on_after, to_process

from adapters.runtime import Runtime
from adapters.strip_reading import TOO_COSTLY
from adapters.strip_signal import CONTENT_TYPE
from domain import strip_analyses, strips
from domain.strip_analyses import StoredStrip
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect, no_effect
from workers.strip_results import Refusal, StripResult, work_out

# Far above what a strip takes; a decoder that hangs is killed with its process.
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
    # What is not there in time has been killed, and will not be there the next time either.
    found: StripResult | Refusal = Refusal(*TOO_COSTLY)
    async with TURNS:
        with move_on_after(DEADLINE_SECONDS):
            found = await to_process.run_sync(work_out, data, f"{recorded_at:%Y-%m-%d %H:%M} UTC", cancellable=True)
    if isinstance(found, Refusal):
        code, reason = found.code, found.sentence

        async def keep_reason(work: UnitOfWork) -> None:
            await strip_analyses.keep_unreadable(work, strip_id, code, reason)

        return keep_reason

    # Keys of what they hold: an attempt after one that died writes the same again, and nothing else ever.
    async def put(content: bytes, ending: str, media: str) -> str:
        digest = hashlib.sha256(content).hexdigest()
        key = strips.final_key(strip_id, row["created_at"], f"{digest[:32]}.{ending}")
        await runtime.store.put(key, content, media)
        return key

    svg_key = await put(found.svg, "svg", "image/svg+xml")
    png_key = await put(found.png, "png", "image/png")
    signal_key = await put(found.signal, "flac", CONTENT_TYPE)
    is_plain = found.kept == data
    raw_key = row["raw_key"] if is_plain else await put(found.kept, "raw", "application/octet-stream")
    stored = StoredStrip(
        svg_key=svg_key,
        png_key=png_key,
        signal_key=signal_key,
        signal_sha256=hashlib.sha256(found.signal).hexdigest(),
        signal_step_microvolts=found.signal_step_microvolts,
        raw_key=raw_key,
        raw_sha256=hashlib.sha256(found.kept).hexdigest(),
    )
    analysis = found.analysis

    async def keep_findings(work: UnitOfWork) -> None:
        await strip_analyses.keep_analysis(work, strip_id, analysis, stored)

    return keep_findings


async def forget_original(runtime: Runtime, strip_id: UUID) -> Effect:
    """Delete the upload whose personal lines were cut from what is kept, and the copy where the phone put it."""
    async with lone_connection(runtime.pool) as connection:
        key = await connection.fetchval("SELECT original_key FROM ecg_strip WHERE id = $1", strip_id)
    if key is None:
        return no_effect
    await runtime.store.delete(key)
    await runtime.store.delete(strips.incoming_key(strip_id))

    async def keep(work: UnitOfWork) -> None:
        await strip_analyses.forget_original(work, strip_id)

    return keep
