"""Decode a strip, find its beats, draw it."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from anyio import CapacityLimiter, fail_after, to_process

from adapters.runtime import Runtime
from adapters.strip_drawing import DrawnStrip, draw_png, draw_svg
from adapters.strip_formats import UnreadableStrip, decode_strip
from analytics.heart_rate import heart_rate
from analytics.rpeaks import find_r_peaks
from domain import strips
from domain.unit_of_work import UnitOfWork
from workers.effects import Effect, no_effect

# Far above the 25 ms that a strip takes; a decoder that hangs is killed with its process.
DEADLINE_SECONDS = 20
# As many as anyio keeps processes: waiting for one's turn must not count against the deadline.
TURNS = CapacityLimiter(os.cpu_count() or 1)


@dataclass(frozen=True)
class Findings:
    """What the child process sends back: numbers and two pictures, or why there are none."""

    sample_rate_hertz: float = 0.0
    duration_seconds: float = 0.0
    leads: tuple[str, ...] = ()
    beat_seconds: tuple[float, ...] = ()
    heart_rate: tuple[float, float, float] | None = None
    svg: bytes = b""
    png: bytes = b""
    unreadable: tuple[str, str] | None = None


def examine(data: bytes, recorded_at_text: str) -> Findings:
    """Everything that costs time, in one call for a child process."""
    try:
        decoded = decode_strip(data)
    except UnreadableStrip as unreadable:
        return Findings(unreadable=(unreadable.code, str(unreadable)))
    lead, samples = next(iter(decoded.leads.items()))
    beats = find_r_peaks(samples, decoded.sample_rate_hertz)
    rate = heart_rate(beats)
    drawn = DrawnStrip(
        lead=lead,
        sample_rate_hertz=decoded.sample_rate_hertz,
        samples_microvolts=samples,
        recorded_at_text=recorded_at_text,
        rate_text=f"Heart rate {rate.mean:.0f}/min" if rate else "Heart rate not measurable",
        note="",
    )
    return Findings(
        sample_rate_hertz=decoded.sample_rate_hertz,
        duration_seconds=len(samples) / decoded.sample_rate_hertz,
        leads=tuple(decoded.leads),
        beat_seconds=tuple(float(second) for second in beats),
        heart_rate=(rate.mean, rate.minimum, rate.maximum) if rate else None,
        svg=draw_svg(drawn).encode(),
        png=draw_png(drawn),
    )


async def analyse(runtime: Runtime, strip_id: UUID) -> Effect:
    """RECEIVED -> ANALYSED or UNREADABLE."""
    async with runtime.pool.acquire() as connection:
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
