"""`python -m bench.ingest`: what keeping a batch of 100 readings costs, beside COPY and a hand-written endpoint.

The same kind of batch (a day of a phone that was away: four kinds in turn, one reading every quarter of an hour) is
kept by the public mutation, by its domain part alone, by a hand-written endpoint that asks nothing and tells nobody,
and by COPY. All in one run on one database; the figures are processor time a batch of this process and of PostgreSQL,
which hold on a noisy machine, and in brackets the ratio to the hand-written endpoint.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.key_source import JwksKeySource
from adapters.migrate import migrate
from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from adapters.tokens import TokenVerifier
from api.graphql import documents, make_endpoint
from bench.requests import ISSUER, RECORD, call, fill
from dev.issuer import DevelopmentIssuer
from dev.personas import persona
from dev.services import Services
from domain import vitals
from domain.kinds import ReadingSource, VitalKind
from domain.patients import account_of
from domain.rules.identity import reading_id

# Makes what is sent, and keeps it.
Way = tuple[Callable[[], Any], Callable[[Any], Awaitable[object]]]
BATCH = 100
ROUNDS, BATCHES = 8, 25
APART = timedelta(minutes=15)
KINDS = (
    (VitalKind.BLOOD_PRESSURE, "bloodPressure"),
    (VitalKind.HEART_RATE, "heartRate"),
    (VitalKind.WEIGHT, "weight"),
    (VitalKind.OXYGEN_SATURATION, "oxygenSaturation"),
)
COLUMNS = (
    "patient_id", "kind", "measured_at", "id", "client_id", "received_at", "local_day", "value", "diastolic",
    "offset_minutes", "source", "setting",
)  # fmt: skip


def batches(until: datetime) -> Iterator[list[dict[str, Any]]]:
    """Batches as a phone sends them, each older than the one before."""
    number = 0
    while True:
        readings = []
        for _ in range(BATCH):
            kind, name = KINDS[number % len(KINDS)]
            number += 1
            value: dict[str, float] = {"value": 75.0 + number % 20}
            if kind is VitalKind.BLOOD_PRESSURE:
                value = {"systolic": 120.0 + number % 30, "diastolic": 80.0}
            at = until - number * APART
            readings.append({"clientId": str(uuid4()), "measuredAt": at.isoformat(), "value": {name: value}})
        yield readings


def rows_of(readings: list[dict[str, Any]], patient_id: UUID, at: datetime) -> Iterator[tuple[Any, ...]]:
    """The batch as rows of the table."""
    kinds = {name: kind for kind, name in KINDS}
    for one in readings:
        ((name, sent),) = one["value"].items()
        measured_at = datetime.fromisoformat(one["measuredAt"])
        value, diastolic = sent.get("systolic", sent.get("value")), sent.get("diastolic")
        this = reading_id(patient_id, kinds[name], measured_at, value, diastolic)
        yield (
            patient_id, kinds[name].value, measured_at, this, UUID(one["clientId"]), at, measured_at.date(), value,
            diastolic, 0, "DEVICE", "HOME",
        )  # fmt: skip


def new_readings(readings: list[dict[str, Any]]) -> list[vitals.NewReading]:
    """The batch as the domain takes it."""
    kinds = {name: kind for kind, name in KINDS}
    return [
        vitals.NewReading(
            UUID(one["clientId"]), kinds[name], datetime.fromisoformat(one["measuredAt"]), ReadingSource.DEVICE, values
        )
        for one in readings
        for name, values in one["value"].items()
    ]


def hand_written(runtime: Runtime, patient_id: UUID) -> Starlette:
    """The same answer from plain SQL and orjson: no token, access rules, checks, duplicates, summaries or audit."""
    insert = (
        f"INSERT INTO reading ({', '.join(COLUMNS)}) SELECT * FROM unnest($1::uuid[], $2::vital_kind[],"  # noqa: S608
        " $3::timestamptz[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::date[], $8::float8[], $9::float8[],"
        " $10::int[], $11::reading_source[], $12::reading_setting[]) ON CONFLICT DO NOTHING"
        " RETURNING id, kind, measured_at"
    )

    async def record(request: Request) -> Response:
        sent = orjson.loads(await request.body())["variables"]["input"]["readings"]
        columns = [list(column) for column in zip(*rows_of(sent, patient_id, datetime.now(UTC)), strict=True)]
        async with runtime.pool.acquire() as connection, connection.transaction():
            kept = await connection.fetch(insert, *columns)
        accepted = [{"id": row["id"], "kind": row["kind"], "measuredAt": row["measured_at"]} for row in kept]
        payload = {"accepted": accepted, "duplicates": [], "rejected": []}
        return Response(orjson.dumps({"data": {"recordVitals": payload}}, default=str), media_type="application/json")

    return Starlette(routes=[Route("/record", record, methods=["POST"])])


def database_seconds(services: Services) -> float:
    """Processor time that the sessions of PostgreSQL have had so far."""
    assert services.postgres.process is not None
    children = Path(f"/proc/{services.postgres.process.pid}/task/{services.postgres.process.pid}/children").read_text()
    found = 0
    for child in children.split():
        if b": cuore" in Path(f"/proc/{child}/cmdline").read_bytes():
            found += int(Path(f"/proc/{child}/schedstat").read_text().split()[0])
    return found / 1e9


async def milliseconds(services: Services, way: Way) -> tuple[float, float]:
    """Processor time a batch of this process and of PostgreSQL; what is sent is made before."""
    make, keep = way
    prepared = [make() for _ in range(BATCHES)]
    here, there = time.process_time(), database_seconds(services)
    for sent in prepared:
        await keep(sent)
    here, there = time.process_time() - here, database_seconds(services) - there
    return here / BATCHES * 1000, there / BATCHES * 1000


async def in_turns(services: Services, runtime: Runtime, ways: Mapping[str, Way]) -> dict[str, list[float]]:
    """The best of some rounds of each way, in which all take turns; the first only warms up."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            taken = await milliseconds(services, way)
            if number > 0:
                rounds[name].append(taken)
        # As autovacuum would have done by now; without it the planner knows nothing of the first round's rows.
        await runtime.pool.execute("ANALYZE")
    return {name: [min(side) for side in zip(*taken, strict=True)] for name, taken in rounds.items()}


async def measure(services: Services, runtime: Runtime) -> None:
    """Print a line for each way."""
    now = datetime.now(UTC)
    patient_id = await fill(runtime, now)
    async with runtime.pool.acquire() as connection:
        by = await account_of(connection, ISSUER, persona("clinician").subject)
    assert by is not None
    issuer = DevelopmentIssuer(ISSUER, "cuore", [])
    keys = JwksKeySource(ISSUER, httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app), base_url=ISSUER))
    state = {"runtime": runtime, "verifier": TokenVerifier(ISSUER, "cuore", keys)}
    headers = [
        (b"authorization", f"Bearer {issuer.mint(persona('clinician'))}".encode()),
        (b"content-type", b"application/json"),
        (b"accept", b"application/graphql-response+json"),
    ]
    endpoint, plain = make_endpoint(documents()), hand_written(runtime, patient_id)
    coming = batches(now - timedelta(days=1))

    def body() -> bytes:
        sent = {"input": {"patientId": str(patient_id), "readings": next(coming)}}
        return orjson.dumps({"query": RECORD, "variables": sent})

    def rows() -> list[tuple[Any, ...]]:
        return list(rows_of(next(coming), patient_id, now))

    async def by_mutation(sent: bytes) -> None:
        answer = await call(endpoint, "/graphql", sent, headers, state)
        assert answer.count(b"measuredAt") == BATCH, answer

    async def by_domain(sent: list[vitals.NewReading]) -> None:
        async with runtime.unit_of_work(by) as work:
            outcome = await vitals.record(work, by, patient_id, sent)
        assert len(outcome.accepted) == BATCH

    async def by_hand(sent: bytes) -> None:
        answer = await call(plain, "/record", sent, headers, state)
        assert answer.count(b"measuredAt") == BATCH, answer

    async def by_copy(sent: list[tuple[Any, ...]]) -> None:
        async with runtime.pool.acquire() as connection:
            await connection.copy_records_to_table("reading", records=sent, columns=COLUMNS)

    ways: dict[str, Way] = {
        "hand-written": (body, by_hand),
        "domain part": (lambda: new_readings(next(coming)), by_domain),
        "public mutation": (body, by_mutation),
        "COPY": (rows, by_copy),
    }
    found = await in_turns(services, runtime, ways)
    basis = found["hand-written"]
    print(f"processor ms a batch of {BATCH}: this process, PostgreSQL, both")
    for name, (here, there) in found.items():
        both = (here + there) / sum(basis)
        print(f"{name:16} {here:6.2f} ({here / basis[0]:.2f}) {there:6.2f} ({there / basis[1]:.2f}) ({both:.2f})")


async def main() -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}
            await migrate(environment["DATABASE_URL"])
            async with open_runtime(read_settings(environment)) as runtime:
                await measure(services, runtime)
        finally:
            services.stop()


if __name__ == "__main__":
    asyncio.run(main())
