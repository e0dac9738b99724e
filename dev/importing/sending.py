"""What a phone does with any number of readings and with a strip, for programs that hold a runtime."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from adapters.runtime import Runtime
from domain import strips, vitals
from domain.access import Actor
from domain.kinds import StripFormat


async def record_all(
    runtime: Runtime, by: Actor, patient_id: UUID, readings: Sequence[vitals.NewReading]
) -> list[vitals.Recorded]:
    """Record any number of readings, in as many calls as a phone would need."""
    outcomes = []
    for part in in_calls(readings):
        async with runtime.unit_of_work(by) as work:
            outcomes.append(await vitals.record(work, by, patient_id, part))
    return outcomes


def in_calls(readings: Sequence[vitals.NewReading]) -> Iterator[Sequence[vitals.NewReading]]:
    """The readings in parts that one call may carry."""
    for first in range(0, len(readings), vitals.MOST_READINGS_PER_CALL):
        yield readings[first : first + vitals.MOST_READINGS_PER_CALL]


async def send_strip(
    runtime: Runtime, by: Actor, patient_id: UUID, data: bytes, kind: StripFormat, *, at: datetime, device: str
) -> UUID:
    """Announce, upload and confirm a strip; a worker analyses it."""
    announced = strips.NewStrip(None, at, kind, device, (), len(data), hashlib.sha256(data).hexdigest())
    async with runtime.unit_of_work(by) as work:
        row = await strips.begin(work, by, patient_id, announced)
    strip_id: UUID = row["id"]
    await runtime.store.put(strips.incoming_key(strip_id), data, "application/octet-stream")
    await strips.complete(lambda: runtime.unit_of_work(by), by, strip_id, runtime.store)
    return strip_id
