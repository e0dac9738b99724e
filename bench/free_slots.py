"""`python -m bench.free_slots [CLINICIANS]`: the free slots of 14 days over so many clinicians, half of them booked.

Prints milliseconds for the whole answer of the domain, the best of some rounds, and the processor's part of it; in
brackets the ratio to laying the same weeks on the days without PostgreSQL.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from adapters.migrate import migrate
from dev.services import Services
from domain.availability import hours_of_clinicians, soonest
from domain.kinds import AppointmentKind
from domain.rules.slots import Hours, Slot, slots

DAYS = 14
ROUNDS = 7
WEEKLY = (
    '[{"weekday": "MONDAY", "begins": "09:00:00", "ends": "12:00:00"},'
    ' {"weekday": "TUESDAY", "begins": "13:00:00", "ends": "18:00:00"},'
    ' {"weekday": "WEDNESDAY", "begins": "09:00:00", "ends": "17:00:00"},'
    ' {"weekday": "THURSDAY", "begins": "09:00:00", "ends": "17:00:00"},'
    ' {"weekday": "FRIDAY", "begins": "08:00:00", "ends": "14:00:00"}]'
)
ABSENCES = '[{{"kind": "HOLIDAY", "first_day": "{0}", "last_day": "{0}"}}]'


async def settle(connection: asyncpg.Connection, clinicians: int, since: datetime) -> UUID:
    """A clinic with so many clinicians who have hours, and a patient for each appointment of theirs."""
    chance = random.Random(1)
    clinic, patient = uuid4(), uuid4()
    await connection.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
    people = [uuid4() for _ in range(clinicians)]
    for number, one in enumerate(people):
        await connection.execute(
            "INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
            " VALUES ($1, 'bench', $2, 'CLINICIAN', $3, $2, now())",
            one,
            f"Clinician {number}",
            clinic,
        )
        await connection.execute(
            "INSERT INTO availability (id, clinician_id, version, time_zone, weekly, absences, kinds, slot_minutes,"
            " buffer_minutes, lead_minutes, set_at, set_by_id)"
            " VALUES ($1, $2, 1, 'Europe/Rome', $3, $4, '{VIDEO}', 20, 5, 0, now(), $2)",
            uuid4(),
            one,
            WEEKLY,
            ABSENCES.format(since.date() + timedelta(days=chance.randrange(DAYS))),
        )
    hours = await hours_of_clinicians(connection, clinic)
    for one, (each, _) in hours.items():
        for slot in slots(each, one, since, since + timedelta(days=DAYS), ()):
            if chance.random() < 0.5:
                patient = uuid4()
                await connection.execute(
                    "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions,"
                    " created_at) VALUES ($1, $2, 'Bench', $3, 'Europe/Rome', 'it-IT', '{}', now())",
                    patient,
                    clinic,
                    date(1950, 1, 1),
                )
                await connection.execute(
                    "INSERT INTO appointment (id, patient_id, clinician_id, client_id, kind, status, starts_at,"
                    " ends_at, held_until, time_zone, offset_minutes, version)"
                    " VALUES ($1, $2, $3, $1, 'VIDEO', 'BOOKED', $4, $5, $6, 'Europe/Rome', 60, 1)",
                    uuid4(),
                    patient,
                    one,
                    slot.starts_at,
                    slot.ends_at,
                    slot.ends_at + timedelta(minutes=5),
                )
    await connection.execute("VACUUM ANALYZE")
    return clinic


async def best(work: Callable[[], Awaitable[list[Slot]]]) -> tuple[float, float, int]:
    """Milliseconds on the clock and of this process, each the least of some rounds, and how many were found."""
    clock, processor, found = [], [], 0
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        found = len(await work())
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return min(clock) * 1000, min(processor) * 1000, found


async def main(clinicians: int) -> None:
    """Start what it needs, measure, stop."""
    # A Monday, far enough from a change of the clocks.
    since = datetime(2027, 1, 11, tzinfo=UTC)
    until = since + timedelta(days=DAYS)
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            url = services.environment()["DATABASE_URL"]
            await migrate(url)
            connection = await asyncpg.connect(url)
            clinic = await settle(connection, clinicians, since)
            known: dict[UUID, Hours] = {
                one: row[0] for one, row in (await hours_of_clinicians(connection, clinic)).items()
            }

            async def laid() -> list[Slot]:
                return [slot for one, each in known.items() for slot in slots(each, one, since, until, ())]

            async def asked() -> list[Slot]:
                rows = await hours_of_clinicians(connection, clinic)
                hours = {one: row[0] for one, row in rows.items()}
                kind = AppointmentKind.VIDEO
                return await soonest(connection, hours, kind, None, at=since, since=since, until=until, most=100_000)

            basis, whole = await best(laid), await best(asked)
            await connection.close()
        finally:
            services.stop()
    for what, (clock, processor, found) in {"weeks on days": basis, "free slots": whole}.items():
        print(f"{what}: {found} slots, {clock:.1f} ms ({clock / basis[0]:.2f}), processor {processor:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
