"""`python -m bench.reminder_faults`: workers are killed at random points, and what arrives is counted where it arrives.

Real workers (`python -m workers`) send reminders that fall due all the time to a real SMTP server and to a push
endpoint, each of which takes a message and says so a little later: in that time nobody can know whether it arrived.
In every round one worker is killed (kill -9) at a random moment of this and another one started. In the end

- lost is what never arrived,
- doubled is what a mailbox or a browser shows twice: more messages than reminders by their id (Message-ID, Topic),
- repeated is what was handed in again under the same id, because its worker died between sending and knowing; mailboxes
  and push services know it again. Without such a repetition something would be lost: SMTP has no way to ask.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson

from adapters.channels.web_push import public_key
from adapters.channels.web_push_encryption import encoded
from adapters.migrate import migrate
from dev.mailbox import Mailbox
from dev.receiver import Receiver
from dev.services import Services, die_with_parent, free_port
from domain import reminders
from domain.kinds import Channel, OrganisationKind, ReminderKind, Role
from domain.reminders import Plan
from domain.unit_of_work import new_id, unit_of_work

ROOT = Path(__file__).parent.parent
WHOLE = ("-m", "workers")
# The part of a worker that reminds, which starts twice as fast.
_REMIND = """
import asyncio
from adapters.runtime import open_runtime
from adapters.settings import read_settings
from workers.reminders import remind
async def main():
    async with open_runtime(read_settings()) as runtime:
        await remind(runtime)
asyncio.run(main())
"""
PART = ("-c", _REMIND)
WORKERS = 3
PATIENTS = 20
A_ROUND = 30
ANSWERS_AFTER_SECONDS = 0.03
LONGEST_SECONDS = 1.0
# Where all are being started again, they are given this time.
STUCK_SECONDS = 10.0
VAPID_KEY = encoded((987654321).to_bytes(32))


@dataclass
class Counted:
    """What arrived, of how many reminders by two channels."""

    expected: int
    raw: int
    distinct: int
    lost: int
    doubled: int
    # How the tries ended, as their workers or those that came after them have written it down.
    outcomes: Mapping[str, int]

    @property
    def repeated(self) -> int:
        return self.raw - self.distinct


@dataclass
class Workers:
    """Real worker processes; they end with this one."""

    program: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start one more."""
        with self.log.open("ab") as log:
            self.running.append(
                subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, *self.program],
                    cwd=ROOT,
                    env=os.environ | dict(self.environment),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    preexec_fn=die_with_parent(None),  # noqa: PLW1509 - nothing here holds a lock at this moment
                )
            )

    def kill(self, which: int) -> None:
        """`kill -9`; it is gone afterwards."""
        process = self.running.pop(which)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill them all."""
        while self.running:
            self.kill(0)


async def people(connection: asyncpg.Connection, receiver_url: str) -> list[UUID]:
    """Patients who read mails and have a browser."""
    clinic, now = new_id(), datetime.now(UTC)
    await connection.execute(
        "INSERT INTO organisation (id, kind, name) VALUES ($1, $2, 'Clinic')", clinic, OrganisationKind.CLINIC
    )
    made = []
    browser = {"p256dh": public_key(VAPID_KEY), "auth": encoded(b"0123456789abcdef")}
    for number in range(PATIENTS):
        patient, account = new_id(), new_id()
        await connection.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " VALUES ($1, $2, 'Ada Prova', $3, 'Europe/Rome', 'it-IT', '{}', $4)",
            patient,
            clinic,
            date(1958, 3, 2),
            now,
        )
        await connection.execute(
            "INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name, created_at)"
            " VALUES ($1, 'bench', $2, $3, $4, $5, 'Ada Prova', $6)",
            account,
            str(account),
            Role.PATIENT,
            clinic,
            patient,
            now,
        )
        points: tuple[tuple[Channel, str, dict[str, str]], ...] = (
            (Channel.EMAIL, f"patient-{number}@example.org", {}),
            (Channel.WEB_PUSH, f"{receiver_url}/push/{number}", browser),
        )
        await connection.executemany(
            "INSERT INTO contact_point (id, account_id, channel, address, keys, made_at, code_tries, confirmed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 0, $6)",
            [
                (new_id(), account, channel, address, orjson.dumps(keys).decode(), now)
                for channel, address, keys in points
            ],
        )
        made.append(patient)
    return made


async def faults(
    environment: Mapping[str, str],
    folder: Path,
    *,
    rounds: int,
    longest_seconds: float,
    chance: random.Random,
    workers_at_once: int = WORKERS,
    program: Sequence[str] = WHOLE,
) -> Counted:
    """Kill a worker a round, whose reminders fall due so close together, on an empty, migrated database."""
    mailbox = Mailbox(free_port(), answers_after_seconds=ANSWERS_AFTER_SECONDS)
    receiver = Receiver(free_port(), answers_after_seconds=ANSWERS_AFTER_SECONDS)
    reaching = {
        "SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "MAIL_FROM": "cuore@localhost.localdomain",
        "VAPID_PRIVATE_KEY": VAPID_KEY,
        "VAPID_CONTACT": "mailto:cuore@localhost.localdomain",
        "REACHES_PRIVATE_ADDRESSES": "yes",
    }
    workers = Workers(program, {**environment, **reaching}, folder / "workers.log")
    mailbox.start()
    receiver.start()
    pool = await asyncpg.create_pool(environment["DATABASE_URL"], min_size=1, max_size=2)
    try:
        patients = await people(pool, receiver.url)
        for _ in range(workers_at_once):
            workers.start()
        await _wait_until(
            pool, "SELECT count(*) >= $1 FROM pg_stat_activity WHERE query LIKE '%reminder_send%'", workers_at_once
        )
        for _ in range(rounds):
            seen = len(mailbox.deliveries) + len(receiver.taken)
            now = datetime.now(UTC)
            plans = [
                Plan(
                    ReminderKind.MEASUREMENT,
                    chance.choice(patients),
                    uuid4(),
                    now + timedelta(seconds=chance.uniform(0, longest_seconds)),
                )
                for _ in range(A_ROUND)
            ]
            async with unit_of_work(pool, at=now, by=None) as work:
                await reminders.plan(work, plans)
            # In the midst of work: after so many have arrived, and a moment more.
            enough, deadline = seen + chance.randint(1, A_ROUND), time.monotonic() + STUCK_SECONDS
            while len(mailbox.deliveries) + len(receiver.taken) < enough and time.monotonic() < deadline:  # noqa: ASYNC110 - filled by threads
                await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0, 0.1))
            workers.kill(chance.randrange(len(workers.running)))
            workers.start()
        await _wait_until(
            pool,
            "SELECT NOT EXISTS (SELECT FROM reminder WHERE status = 'PLANNED') AND NOT EXISTS"
            " (SELECT FROM reminder_send WHERE status = 'WAITING') AND $1::int IS NOT NULL",
            0,
        )
        outcomes = {
            row["outcome"]: row["count"]
            for row in await pool.fetch("SELECT outcome, count(*) FROM reminder_try GROUP BY outcome")
        }
    finally:
        workers.stop()
        await pool.close()
        receiver.stop()
        mailbox.stop()
    keys = [one.message_id for one in mailbox.deliveries] + [one.key for one in receiver.taken]
    expected, distinct = rounds * A_ROUND * 2, len({*keys})
    return Counted(expected, len(keys), distinct, max(0, expected - distinct), max(0, distinct - expected), outcomes)


async def _wait_until(pool: asyncpg.Pool, query: str, value: int) -> None:
    """Wait, also for what was put off several times."""
    deadline = time.monotonic() + 900
    while not await pool.fetchval(query, value):
        if time.monotonic() > deadline:
            raise TimeoutError(query)
        await asyncio.sleep(0.1)


async def main() -> None:
    """Print what was lost and doubled; ends with 1 if anything was."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument(
        "--part", action="store_true", help="only the part of a worker that reminds, which starts sooner"
    )
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services = Services.start(folder, fast=True)
        environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}
        try:
            await migrate(environment["DATABASE_URL"])
            began = time.monotonic()
            chance = random.Random(given.seed)
            found = await faults(
                environment,
                folder,
                rounds=given.rounds,
                longest_seconds=LONGEST_SECONDS,
                chance=chance,
                program=PART if given.part else WHOLE,
            )
        finally:
            services.stop()
    print(f"{given.rounds} rounds, a worker killed in each, {time.monotonic() - began:.0f} s")
    print(f"expected {found.expected} messages, arrived {found.distinct}: lost {found.lost}, doubled {found.doubled}")
    print(f"tries by outcome {dict(found.outcomes)}; handed in again under the same id {found.repeated}")
    sys.exit(1 if found.lost or found.doubled else 0)


if __name__ == "__main__":
    asyncio.run(main())
