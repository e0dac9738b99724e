"""`python -m bench.reminders`: 120,000 patients with four reminders a day, of which 40,000 fall due in one minute.

Plans come from therapy schedules by the statement that the workers run; half of the patients read mails, half have a
browser. Real sender processes share what is due; what has been taken is counted at an SMTP and a push endpoint.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import uvloop

from adapters.channels.web_push import public_key
from adapters.channels.web_push_encryption import encoded
from adapters.migrate import migrate
from bench.reminder_faults import PART, VAPID_KEY, Workers
from bench.sinks import MailSink, PushSink
from dev.services import Services, free_port
from domain import task_reminders
from domain.unit_of_work import lone_connection

PATIENTS = 120_000
PEAK = 40_000
WORKERS = 2
GOAL_SECONDS = 60.0

# A third is due at the peak, the rest at other hours of the day; four times each.
_PEOPLE = """
INSERT INTO organisation (id, kind, name) VALUES ('00000000-0000-4000-8000-000000000000', 'CLINIC', 'Clinic');
INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)
SELECT md5('patient' || n)::uuid, '00000000-0000-4000-8000-000000000000', 'Patient ' || n, '1958-03-02', 'UTC', 'it-IT',
  '{}', now() FROM generate_series(1, %(patients)s) AS n;
INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name, created_at)
SELECT md5('account' || n)::uuid, 'bench', n::text, 'PATIENT', '00000000-0000-4000-8000-000000000000',
  md5('patient' || n)::uuid, 'Patient ' || n, now() FROM generate_series(1, %(patients)s) AS n;
INSERT INTO contact_point (id, account_id, channel, address, keys, made_at, code_tries, confirmed_at)
SELECT md5('contact' || n)::uuid, md5('account' || n)::uuid, CASE n %% 2 WHEN 0 THEN 'EMAIL' ELSE 'WEB_PUSH' END,
  CASE n %% 2 WHEN 0 THEN 'patient-' || n || '@example.org' ELSE '%(push)s/push/' || n END,
  CASE n %% 2 WHEN 0 THEN '{}' ELSE '{"p256dh": "%(key)s", "auth": "%(auth)s"}' END::jsonb, now(), 0, now()
FROM generate_series(1, %(patients)s) AS n;
INSERT INTO therapy_plan (id, patient_id, title, starts_on, made_at, made_by_id, version)
SELECT md5('plan' || n)::uuid, md5('patient' || n)::uuid, 'Plan', current_date - 9, now(), md5('account' || n)::uuid, 1
FROM generate_series(1, %(patients)s) AS n;
INSERT INTO activity (id, patient_id, plan_id, kind, position, medication, atc_code, version, made_at, made_by_id)
SELECT md5('activity' || n)::uuid, md5('patient' || n)::uuid, md5('plan' || n)::uuid, 'MEDICATION', 1, 'Ramipril',
  'C09AA05', 1, now(), md5('account' || n)::uuid FROM generate_series(1, %(patients)s) AS n;
"""
_SCHEDULES = """
INSERT INTO activity_schedule (id, patient_id, activity_id, begins, anchor_day, every_days, weekdays, times_of_day,
  dose_value, dose_unit, confirmed_warnings, set_at, set_by_id)
SELECT md5('schedule' || n)::uuid, md5('patient' || n)::uuid, md5('activity' || n)::uuid, current_date - 9,
  current_date - 9, 1, '{}', (SELECT array_agg(at ORDER BY at) FROM (SELECT (time '%(peak)s' + make_interval(
    mins => CASE WHEN n <= %(due)s AND part = 0 THEN 0 ELSE 90 + part * 330 + n %% 200 END)) AS at
    FROM generate_series(0, 3) AS part) AS times), 2.5, 'mg', '{}', now(), md5('account' || n)::uuid
FROM generate_series(1, %(patients)s) AS n;
ANALYZE;
"""


async def fill(pool: asyncpg.Pool, statements: str, **values: object) -> None:
    """Write a part of the data."""
    async with pool.acquire() as connection:
        await connection.execute("SET statement_timeout = 0")
        for statement in (statements % values).split(";\n"):
            if statement.strip():
                await connection.execute(statement, timeout=900)


def processor_seconds(process: int) -> float:
    """What a process and those that it started have had so far."""
    own = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, own[11:15])) / os.sysconf("SC_CLK_TCK")


async def measured(environment: Mapping[str, str], folder: Path, patients: int, due: int) -> bool:
    """Plan, let two processes send, and say how long that took; whether it was in time."""
    taken: list[bytes] = []
    loop, mail_port, push_port = asyncio.get_running_loop(), free_port(), free_port()
    await loop.create_server(lambda: MailSink(taken), "127.0.0.1", mail_port)
    await loop.create_server(lambda: PushSink(taken), "127.0.0.1", push_port)
    pool = await asyncpg.create_pool(environment["DATABASE_URL"], min_size=1, max_size=4)
    reaching = {
        "SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "MAIL_FROM": "cuore@localhost.localdomain",
        "VAPID_PRIVATE_KEY": VAPID_KEY,
        "VAPID_CONTACT": "mailto:cuore@localhost.localdomain",
        "REACHES_PRIVATE_ADDRESSES": "yes",
    }
    workers = Workers(PART, {**environment, **reaching}, folder / "workers.log")
    try:
        push = f"http://127.0.0.1:{push_port}"
        browser = {"key": public_key(VAPID_KEY), "auth": encoded(b"0123456789abcdef")}
        await fill(pool, _PEOPLE, patients=patients, push=push, **browser)
        # Late enough that all is written and everybody there before it.
        peak = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(seconds=120 + patients // 1000)
        peak = peak.replace(second=0)
        await fill(pool, _SCHEDULES, patients=patients, due=due, peak=f"{peak:%H:%M}")
        async with lone_connection(pool) as connection:
            began = time.monotonic()
            planned = await task_reminders.plan(connection, peak - timedelta(minutes=10))
            planning = time.monotonic() - began
            again = time.monotonic()
            assert await task_reminders.plan(connection, peak - timedelta(minutes=10)) == 0
            again = time.monotonic() - again
        print(f"planned {planned:,} of {patients:,} patients' tasks in {planning:.1f} s; once more in {again:.1f} s")
        for _ in range(WORKERS):
            workers.start()
        waiting = (peak - datetime.now(UTC)).total_seconds()
        print(f"the peak is in {waiting:.0f} s")
        await asyncio.sleep(max(0.0, waiting))
        here, there = time.process_time(), [processor_seconds(one.pid) for one in workers.running]
        while len(taken) < due and datetime.now(UTC) < peak + timedelta(minutes=10):  # noqa: ASYNC110 - filled by protocols
            await asyncio.sleep(0.05)
        seconds = (datetime.now(UTC) - peak).total_seconds()
        here = time.process_time() - here
        senders = sum(processor_seconds(one.pid) for one in workers.running) - sum(there)
        # What is repeated comes late.
        await asyncio.sleep(1)
    finally:
        workers.stop()
        await pool.close()
    print(f"taken by mail server and push service: {len({*taken}):,} of {due:,} in {seconds:.1f} s after they fell due")
    print(f"processor seconds: senders {senders:.1f}, receivers {here:.1f}; machine's load {os.getloadavg()[0]:.1f}")
    print(f"by {WORKERS} processes, {len({*taken}) / seconds:.0f} a second; doubled {len(taken) - len({*taken})}")
    return len({*taken}) == due and seconds <= GOAL_SECONDS


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--patients", type=int, default=PATIENTS)
    asked.add_argument("--peak", type=int, default=PEAK)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services = Services.start(folder, fast=True)
        environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}

        async def run() -> bool:
            await migrate(environment["DATABASE_URL"])
            return await measured(environment, folder, given.patients, given.peak)

        try:
            in_time = uvloop.run(run())
        finally:
            services.stop()
    raise SystemExit(0 if in_time else 1)


if __name__ == "__main__":
    main()
