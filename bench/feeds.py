"""`python -m bench.feeds [FOLLOWERS]`: how soon an event reaches 1,000 who follow it at one web process.

A real web process on loopback, its PostgreSQL and its Valkey; as many clinicians, each with a socket and a token of
their own, who all care for one patient. Prints for the patient's feed and for that of alerts the milliseconds from the
commit until the socket has the event, the median and the 99th percentile of all followers and rounds, beside those of
one follower alone in the same run with the ratio, and the web process's processor time for each event delivered.
"""

import asyncio
import base64
import resource
import secrets
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import psutil  # type: ignore[import-untyped] # it comes without types

from adapters.queue import ArqQueue, open_queue_client
from dev.personas import persona
from dev.services import free_port
from dev.system import System
from domain.unit_of_work import new_id

ROUNDS = 30
PAUSE_SECONDS = 0.2
# RFC 6455: the first byte of these frames.
PING, PONG = 0x89, 0x8A
FEEDS = {
    "patient": "subscription PatientFeed($patientId: ID!) { patientFeed(patientId: $patientId) {"
    " cursor at kind subjectId } }",
    "alerts": "subscription AlertFeed { alertFeed { cursor change alert { id severity status title explanation rule"
    " raisedAt snoozedUntil version assignee { displayName } patient { id displayName } } } }",
}


class Follower(asyncio.Protocol):
    """A socket with no more to it than a bench needs: it notes when something comes."""

    def __init__(self, token: str, query: str, patient_id: UUID) -> None:
        self._messages = [
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}},
            {
                "type": "subscribe",
                "id": "1",
                "payload": {
                    "query": query,
                    "variables": {"patientId": str(patient_id)} if "$patientId" in query else {},
                },
            },
        ]
        self._transport: asyncio.Transport | None = None
        self.arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.is_open = asyncio.Event()
        self._is_known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        transport.write(
            "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if data[0] == PING:
            length = data[1]
            self._write(bytes([PONG, 0x80 | length]) + bytes(4) + data[2 : 2 + length])
        if b'"type":"next"' in data:
            if not self.arrived.done():
                self.arrived.set_result(time.perf_counter())
        elif b"101 Switching" in data:
            self._send(self._messages[0])
        elif b"connection_ack" in data:
            self._send(self._messages[1])
            self.is_open.set()
        elif b"error" in data:
            raise RuntimeError(data)

    def again(self) -> None:
        """Wait for another event."""
        self.arrived = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send(self, message: object) -> None:
        body = orjson.dumps(message)
        # A client's frame is masked; a mask of nought leaves the bytes as they are.
        self._write(b"\x81\xfe" + len(body).to_bytes(2, "big") + bytes(4) + body)

    def _write(self, frame: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame)


async def people(connection: asyncpg.Connection, issuer: str, count: int) -> UUID:
    """A patient with so many clinicians, whose subjects are `bench-0` and so on."""
    clinic, patient = new_id(), new_id()
    await connection.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
    await connection.execute(
        "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
        " VALUES ($1, $2, 'Ada Prova', '1958-03-02', 'Europe/Rome', 'it-IT', '{}', now())",
        patient,
        clinic,
    )
    await connection.execute(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
        " SELECT gen_random_uuid(), $1, 'bench-' || number, 'CLINICIAN', $2, 'Bench', now()"
        " FROM generate_series(0, $3::int - 1) AS number",
        issuer,
        clinic,
        count,
    )
    await connection.execute(
        "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at)"
        " SELECT gen_random_uuid(), $1, id, now() - interval '1 day' FROM account WHERE organisation_id = $2",
        patient,
        clinic,
    )
    await connection.execute(
        "INSERT INTO alert (id, patient_id, topic, rule, rule_version, severity, status, title, explanation, raised_at,"
        " version) VALUES ($1, $1, 'T', 'T', 1, 'URGENT', 'OPEN', 'Very high', '184/112 mm[Hg]', now(), 1)",
        patient,
    )
    await connection.execute("ANALYZE")
    return patient


async def happen(connection: asyncpg.Connection, queue: ArqQueue, patient_id: UUID) -> float:
    """An event, told as a unit of work tells it; the moment of its commit."""
    await connection.execute(
        "INSERT INTO event (at, kind, patient_id, subject_id) VALUES (now(), 'ALERT_RAISED', $1, $1)", patient_id
    )
    committed = time.perf_counter()
    await queue.announce()
    return committed


async def until_all_follow(
    connection: asyncpg.Connection, queue: ArqQueue, patient_id: UUID, followers: list[Follower]
) -> None:
    """Let things happen until each has had one of them."""
    async with asyncio.timeout(120):
        while not all(one.arrived.done() for one in followers):
            await happen(connection, queue, patient_id)
            await asyncio.sleep(1)


async def deliver(
    connection: asyncpg.Connection, queue: ArqQueue, patient_id: UUID, followers: list[Follower]
) -> list[float]:
    """The milliseconds from the commit of each round's event until each follower has it."""
    took: list[float] = []
    for _ in range(ROUNDS):
        for one in followers:
            one.again()
        committed = await happen(connection, queue, patient_id)
        async with asyncio.timeout(20):
            arrivals = await asyncio.gather(*(one.arrived for one in followers))
        took += [(arrived - committed) * 1000 for arrived in arrivals]
        await asyncio.sleep(PAUSE_SECONDS)
    return took


async def measure(system: System, count: int) -> None:
    """Print a line for each feed."""
    connection = await asyncpg.connect(system.environment["DATABASE_URL"])
    client = open_queue_client(system.environment["VALKEY_URL"])
    patient_id = await people(connection, system.issuer.url, count)
    web = system.processes["web"].process
    assert web is not None
    process = psutil.Process(web.pid)
    loop = asyncio.get_running_loop()
    queue = ArqQueue(client)
    for name, query in FEEDS.items():
        followers: list[Follower] = []
        found: list[tuple[float, float]] = []
        for many in (1, count):
            while len(followers) < many:
                token = system.issuer.mint(persona("clinician"), sub=f"bench-{len(followers)}")
                made = partial(Follower, token, query, patient_id)
                _, follower = await loop.create_connection(made, "127.0.0.1", system.port)
                followers.append(follower)
                await follower.is_open.wait()
            await until_all_follow(connection, queue, patient_id, followers)
            before = process.cpu_times()
            took = await deliver(connection, queue, patient_id, followers)
            after = process.cpu_times()
            centiles = statistics.quantiles(took, n=100)
            found.append((centiles[49], centiles[98]))
            spent = after.user + after.system - before.user - before.system
        for one in followers:
            one.close()
        (p50_alone, p99_alone), (p50, p99) = found
        print(
            f"{name:8}",
            f"one follower: p50 {p50_alone:.1f} ms, p99 {p99_alone:.1f} ms",
            f"{count} followers: p50 {p50:.1f} ms ({p50 / p50_alone:.1f}), p99 {p99:.1f} ms ({p99 / p99_alone:.1f})",
            f"{spent / ROUNDS / count * 1e6:.0f} us of the web process a delivery",
            sep="  ",
        )
    await client.aclose(close_connection_pool=True)
    await connection.close()


def main(count: int) -> None:
    """Start what it needs, measure, stop."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    with tempfile.TemporaryDirectory() as folder:
        system = System.start(Path(folder) / "system", free_port(), fast=True, kind="test")
        try:
            system.start_processes()
            asyncio.run(measure(system, count))
        finally:
            system.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
