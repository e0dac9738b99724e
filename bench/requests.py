"""`python -m bench.requests`: what a request through the door costs, against a hand-written endpoint of the same JSON.

Both are called in this process without a network, on the same database in the same run; the figure is processor time a
request (this process alone), which holds on a noisy machine. GraphQL includes token, budget, access rules and audit.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from adapters.key_source import JwksKeySource
from adapters.migrate import migrate
from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from adapters.tokens import TokenVerifier
from api.graphql import documents, make_endpoint
from api.memory import calm_collector
from dev.issuer import DevelopmentIssuer
from dev.personas import persona
from dev.services import Services
from domain.kinds import VitalKind
from domain.rules.identity import reading_id

ISSUER = "http://127.0.0.1:9001"
PATIENTS = 50
POINTS = 10_000
ROUNDS, AT_ONCE = 40, 16
COLUMNS = (
    "patient_id", "kind", "measured_at", "id", "received_at", "local_day", "value", "diastolic", "pulse",
    "offset_minutes", "source", "setting",
)  # fmt: skip
SERIES = """query Series($patientId: ID!, $measure: Measure!, $from: DateTime!, $to: DateTime!, $maxPoints: Int) {
  patient(id: $patientId) { series(measure: $measure, from: $from, to: $to, maxPoints: $maxPoints) {
    measure unit count times values } } }"""
READINGS = """query Readings($patientId: ID!, $kind: VitalKind!, $from: DateTime, $first: Int!) {
  patient(id: $patientId) { readings(kind: $kind, from: $from, first: $first) { edges { cursor node {
    id measuredAt source ... on BloodPressureReading { systolic diastolic pulse } } }
    pageInfo { hasNextPage endCursor } } } }"""
PATIENTS_QUERY = """query Patients($first: Int!) { patients(first: $first) { edges { node { id displayName birthDate
  latestReadings(kinds: [BLOOD_PRESSURE, WEIGHT]) { kind measuredAt ... on BloodPressureReading { systolic diastolic }
    ... on QuantityReading { value unit } } } } pageInfo { hasNextPage endCursor } } }"""
HOME = """query Home { viewer { role patient { id displayName timeZone locale
  latestReadings(kinds: [BLOOD_PRESSURE, HEART_RATE, WEIGHT]) { id kind measuredAt receivedAt source
    ... on BloodPressureReading { systolic diastolic pulse unit category }
    ... on QuantityReading { value unit } } } } }"""
RECORD = """mutation RecordVitals($input: RecordVitalsInput!) { recordVitals(input: $input) {
  accepted { id kind measuredAt } duplicates rejected { index field code message } } }"""


def hand_written(runtime: Runtime, patient_id: UUID, now: datetime) -> Starlette:
    """The same answers from plain SQL and orjson: no token, no access rules, no audit."""
    pool = runtime.pool

    async def series(_: Request) -> Response:
        row = await pool.fetchrow(
            "SELECT array_agg(extract(epoch FROM measured_at)::float8 * 1000 ORDER BY measured_at) AS times,"
            " array_agg(value ORDER BY measured_at) AS values FROM reading WHERE patient_id = $1"
            " AND kind = 'BLOOD_PRESSURE' AND superseded_by IS NULL",
            patient_id,
        )
        assert row is not None
        columns = {"measure": "SYSTOLIC", "unit": "mm[Hg]", "count": len(row["times"])}
        return _answer({"patient": {"series": columns | {"times": row["times"], "values": row["values"]}}})

    async def readings(_: Request) -> Response:
        rows = await pool.fetch(
            "SELECT id, measured_at, source, value, diastolic, pulse FROM reading WHERE patient_id = $1"
            " AND kind = 'BLOOD_PRESSURE' AND measured_at >= $2 AND superseded_by IS NULL"
            " ORDER BY measured_at DESC, id DESC LIMIT 101",
            patient_id,
            now - timedelta(days=90),
        )
        edges = [
            {
                "cursor": str(row["id"]),
                "node": {
                    "id": row["id"],
                    "measuredAt": row["measured_at"],
                    "source": row["source"],
                    "systolic": row["value"],
                    "diastolic": row["diastolic"],
                    "pulse": row["pulse"],
                },
            }
            for row in rows[:100]
        ]
        page = {"hasNextPage": len(rows) > 100, "endCursor": edges[-1]["cursor"]}
        return _answer({"patient": {"readings": {"edges": edges, "pageInfo": page}}})

    async def patients(_: Request) -> Response:
        rows = await pool.fetch("SELECT id, display_name, birth_date FROM patient ORDER BY display_name, id LIMIT 51")
        newest = await pool.fetch(
            "SELECT patient_id, kind, measured_at, value, diastolic FROM latest_reading"
            " WHERE patient_id = ANY($1::uuid[]) AND kind = ANY('{BLOOD_PRESSURE,WEIGHT}'::vital_kind[])",
            [row["id"] for row in rows[:50]],
        )
        found: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
        for row in newest:
            shared = {"kind": row["kind"], "measuredAt": row["measured_at"]}
            numbers = (
                {"systolic": row["value"], "diastolic": row["diastolic"]}
                if row["kind"] == "BLOOD_PRESSURE"
                else {"value": row["value"], "unit": "kg"}
            )
            found[row["patient_id"]].append(shared | numbers)
        nodes = [
            {
                "node": {
                    "id": row["id"],
                    "displayName": row["display_name"],
                    "birthDate": row["birth_date"],
                    "latestReadings": found[row["id"]],
                }
            }
            for row in rows[:50]
        ]
        return _answer({"patients": {"edges": nodes, "pageInfo": {"hasNextPage": len(rows) > 50, "endCursor": ""}}})

    async def home(_: Request) -> Response:
        row = await pool.fetchrow(
            "SELECT patient.id, patient.display_name, time_zone, locale FROM account JOIN patient"
            " ON patient.id = account.patient_id WHERE issuer = $1 AND subject = $2",
            ISSUER,
            persona("patient").subject,
        )
        assert row is not None
        newest = await pool.fetch(
            "SELECT id, kind, measured_at, received_at, source, value, diastolic, pulse FROM latest_reading"
            " WHERE patient_id = $1 AND kind = ANY('{BLOOD_PRESSURE,HEART_RATE,WEIGHT}'::vital_kind[])",
            row["id"],
        )
        found = []
        for one in newest:
            shared = {
                "id": one["id"],
                "kind": one["kind"],
                "measuredAt": one["measured_at"],
                "receivedAt": one["received_at"],
                "source": one["source"],
            }
            numbers: dict[str, Any] = {"value": one["value"], "unit": "kg"}
            if one["kind"] == "BLOOD_PRESSURE":
                numbers = {"systolic": one["value"], "diastolic": one["diastolic"], "pulse": one["pulse"]}
                numbers |= {"unit": "mm[Hg]", "category": "ELEVATED"}
            found.append(shared | numbers)
        patient = {
            "id": row["id"],
            "displayName": row["display_name"],
            "timeZone": row["time_zone"],
            "locale": row["locale"],
            "latestReadings": found,
        }
        return _answer({"viewer": {"role": "PATIENT", "patient": patient}})

    async def record(request: Request) -> Response:
        sent = orjson.loads(await request.body())["variables"]["input"]["readings"]
        rows = [
            (uuid4(), UUID(one["clientId"]), datetime.fromisoformat(one["measuredAt"]), one["value"]["weight"]["value"])
            for one in sent
        ]
        async with pool.acquire() as connection, connection.transaction():
            kept = await connection.fetch(
                "INSERT INTO reading (patient_id, kind, measured_at, id, client_id, received_at, local_day, value,"
                " offset_minutes, source, setting) SELECT $1, 'WEIGHT', at, id, client, now(), at::date, value, 0,"
                " 'DEVICE', 'HOME' FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::float8[])"
                " AS sent (id, client, at, value) ON CONFLICT DO NOTHING RETURNING id, kind, measured_at",
                patient_id,
                *(list(column) for column in zip(*rows, strict=True)),
            )
        accepted = [{"id": row["id"], "kind": row["kind"], "measuredAt": row["measured_at"]} for row in kept]
        return _answer({"recordVitals": {"accepted": accepted, "duplicates": [], "rejected": []}})

    routes = {"/home": home, "/series": series, "/readings": readings, "/patients": patients, "/record": record}
    return Starlette(routes=[Route(path, endpoint, methods=["POST"]) for path, endpoint in routes.items()])


def _answer(data: Any) -> Response:
    return Response(orjson.dumps({"data": data}, default=str), media_type="application/json")


async def call(
    app: ASGIApp, path: str, body: bytes, headers: list[tuple[bytes, bytes]], state: dict[str, Any]
) -> bytes:
    """One request without a network; the answer's body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "headers": headers,
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "state": state,
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 200, sent
    return b"".join(message.get("body", b"") for message in sent[1:])


async def milliseconds(*ways: Callable[[bytes], Awaitable[bytes]], body: Callable[[], bytes]) -> list[float]:
    """Processor time a request of each way, with some under way at once as in life; making the bodies is not counted.

    It is the best of many short rounds that take turns, so that all ways meet the same neighbours on the machine.
    """
    best = [float("inf")] * len(ways)
    for _ in range(ROUNDS):
        for number, ask in enumerate(ways):
            bodies = [body() for _ in range(AT_ONCE)]
            started = time.process_time()
            await asyncio.gather(*map(ask, bodies))
            best[number] = min(best[number], time.process_time() - started)
    return [seconds / AT_ONCE * 1000 for seconds in best]


async def fill(runtime: Runtime, now: datetime) -> UUID:
    """A clinician's patients with readings; the first of them has many."""
    clinic, clinician = uuid4(), uuid4()
    await runtime.pool.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
    await runtime.pool.execute(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
        " VALUES ($1, $2, $3, 'CLINICIAN', $4, 'Bench', now())",
        clinician,
        ISSUER,
        persona("clinician").subject,
        clinic,
    )
    owners: list[UUID] = []
    for number in range(PATIENTS):
        owner = uuid4()
        owners.append(owner)
        await runtime.pool.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " VALUES ($1, $2, $3, $4, 'Europe/Rome', 'it-IT', '{}', now())",
            owner,
            clinic,
            f"Patient {number:03}",
            date(1950, 1, 1),
        )
        await runtime.pool.execute(
            "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at) VALUES ($1, $2, $3, now())",
            uuid4(),
            owner,
            clinician,
        )
    await runtime.pool.execute(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name, created_at)"
        " VALUES ($1, $2, $3, 'PATIENT', $4, $5, 'Bench', now())",
        uuid4(),
        ISSUER,
        persona("patient").subject,
        clinic,
        owners[1],
    )
    rows: list[tuple[Any, ...]] = []
    for owner in owners:
        many = POINTS if owner == owners[0] else 200
        for number in range(many):
            at = now - timedelta(hours=1 + number)
            pressure = float(110 + number % 40)
            this = reading_id(owner, VitalKind.BLOOD_PRESSURE, at, pressure, 80.0)
            rows.append((owner, "BLOOD_PRESSURE", at, this, at, at.date(), pressure, 80.0, 66.0, 60, "DEVICE", "HOME"))
        at = now - timedelta(hours=1)
        rows.append((owner, "WEIGHT", at, uuid4(), at, at.date(), 80.0, None, None, 60, "DEVICE", "HOME"))
    async with runtime.pool.acquire() as connection:
        await connection.copy_records_to_table("reading", records=rows, columns=COLUMNS)
        await connection.execute(
            "INSERT INTO latest_reading SELECT DISTINCT ON (patient_id, kind) * FROM reading"
            " ORDER BY patient_id, kind, measured_at DESC"
        )
        await connection.execute("ANALYZE")
    return owners[0]


async def measure(runtime: Runtime) -> None:
    """Print a line for each operation."""
    now = datetime.now(UTC)
    patient_id = await fill(runtime, now)
    endpoint = make_endpoint(documents())
    plain = hand_written(runtime, patient_id, now)
    issuer = DevelopmentIssuer(ISSUER, "cuore", [])
    keys = JwksKeySource(ISSUER, httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app), base_url=ISSUER))
    state = {"runtime": runtime, "verifier": TokenVerifier(ISSUER, "cuore", keys)}
    headers = {
        name: [
            (b"authorization", f"Bearer {issuer.mint(persona(name))}".encode()),
            (b"content-type", b"application/json"),
            (b"accept", b"application/graphql-response+json"),
        ]
        for name in ("clinician", "patient")
    }
    window = {"from": (now - timedelta(days=3650)).isoformat(), "to": now.isoformat()}
    operations: dict[str, tuple[str, Callable[[], dict[str, Any]], str]] = {
        "home of one patient": (HOME, dict, "/home"),
        "series, 10,000 points": (
            SERIES,
            lambda: {"patientId": str(patient_id), "measure": "SYSTOLIC", **window, "maxPoints": POINTS},
            "/series",
        ),
        "90 days, 100 readings": (
            READINGS,
            lambda: {
                "patientId": str(patient_id),
                "kind": "BLOOD_PRESSURE",
                "from": (now - timedelta(days=90)).isoformat(),
                "first": 100,
            },
            "/readings",
        ),
        "50 patients, newest": (PATIENTS_QUERY, lambda: {"first": 50}, "/patients"),
        "record 100 readings": (RECORD, lambda: {"input": _batch(patient_id, now)}, "/record"),
    }
    calm_collector()
    print("processor time a request: GraphQL, hand-written, share of the hand-written speed")
    for name, (query, variables, path) in operations.items():
        this = headers["patient" if path == "/home" else "clinician"]

        async def graphql(body: bytes, this: list[tuple[bytes, bytes]] = this) -> bytes:
            return await call(endpoint, "/graphql", body, this, state)

        async def by_hand(body: bytes, path: str = path, this: list[tuple[bytes, bytes]] = this) -> bytes:
            return await call(plain, path, body, this, state)

        def body(query: str = query, variables: Callable[[], dict[str, Any]] = variables) -> bytes:
            return orjson.dumps({"query": query, "variables": variables()})

        assert b'"errors"' not in await graphql(body())
        ours, theirs = await milliseconds(graphql, by_hand, body=body)
        print(f"{name:24} {ours:7.2f} ms {theirs:7.2f} ms  {theirs / ours:.2f}")


_sent = 0


def _batch(patient_id: UUID, now: datetime) -> dict[str, Any]:
    """A hundred weights that were never sent before."""
    global _sent  # noqa: PLW0603 - each call must be new
    _sent += 1
    first = now - timedelta(days=2) - timedelta(minutes=100 * _sent)
    return {
        "patientId": str(patient_id),
        "readings": [
            {
                "clientId": str(uuid4()),
                "measuredAt": (first + timedelta(minutes=number)).isoformat(),
                "value": {"weight": {"value": 80.0}},
            }
            for number in range(100)
        ],
    }


async def main() -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}
            await migrate(environment["DATABASE_URL"])
            async with open_runtime(read_settings(environment)) as runtime:
                await measure(runtime)
        finally:
            services.stop()


if __name__ == "__main__":
    uvloop.run(main())
