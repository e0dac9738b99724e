"""A running centre: its processes to kill and freeze, its people to ask as, its database to look into."""

import asyncio
import hashlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
from redis.asyncio import Redis

from dev.personas import persona
from dev.services import Service, ServiceFailed
from dev.system import Process, System
from domain.kinds import OrganisationKind, Role
from domain.unit_of_work import new_id
from tests.dev.processes import PATIENCE_SECONDS
from tests.schema.test_strip_to_picture import RATE_HERTZ, heartbeat

# What the centre promises of work that was under way when something broke.
RECOVERY_SECONDS = 20.0

RECORD = """mutation RecordVitals($input: RecordVitalsInput!) { recordVitals(input: $input) {
  accepted { id kind measuredAt } duplicates rejected { index field code message } } }"""
BEGIN = """mutation BeginEcgUpload($input: BeginEcgUploadInput!) { beginEcgUpload(input: $input) {
  strip { id status } upload { url method headers { name value } maxBytes expiresAt } } }"""
COMPLETE = """mutation CompleteEcgUpload($input: CompleteEcgUploadInput!) { completeEcgUpload(input: $input) {
  strip { id status } } }"""
STRIP = """query EcgStrip($id: ID!) { ecgStrip(id: $id) { id status recordedAt durationSeconds sampleRateHertz leads
  heartRate { mean minimum maximum unit } unreadableReason imageUrl rawUrl } }"""
WORKLIST = """query Worklist($first: Int!, $after: String) { worklist(first: $first, after: $after) {
  edges { cursor node { urgency reasons lastReadingAt patient { id displayName birthDate conditions }
    openAlerts { id severity status title explanation rule raisedAt snoozedUntil version
      assignee { displayName } patient { id displayName } } } }
  pageInfo { hasNextPage endCursor } } }"""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    body: Mapping[str, Any]
    seconds: float

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def refusal(self) -> Any:
        """The one error of an answer without data."""
        assert not self.body.get("data"), self.body
        (error,) = self.body["errors"]
        return error

    @property
    def code(self) -> str:
        return str(self.refusal["extensions"]["code"])


@dataclass(frozen=True)
class People:
    """The people of one test: a patient in the clinician's care, and a clinician of another clinic."""

    clinic_id: UUID
    patient_id: UUID
    clinician_id: UUID
    suffix: str

    def __getitem__(self, who: str) -> str:
        """The subject of a persona's token in this test; `stranger` is the clinician of the other clinic."""
        return f"{who}-{self.suffix}"


class Centre:
    """A system of real processes and what a test does with it."""

    def __init__(self, system: System, client: httpx.AsyncClient) -> None:
        self.system = system
        self.client = client

    # Processes

    def child(self, name: str) -> Service | Process:
        """One of postgres, valkey, store, web and worker."""
        return self.system.processes.get(name) or getattr(self.system.services, name)

    def pid(self, name: str) -> int:
        process = self.child(name).process
        assert process is not None
        return process.pid

    def kill(self, name: str) -> None:
        """`kill -9`; it is gone afterwards."""
        os.kill(self.pid(name), signal.SIGKILL)
        process = self.child(name).process
        assert process is not None
        process.wait(PATIENCE_SECONDS)

    def start(self, name: str) -> None:
        """Start it again, and wait until it answers; a database first sees its predecessor's last children end."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.child(name).start()
            except ServiceFailed:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                break
        while name == "web" and not self.system.is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Let it neither work nor end for a while, as a machine that hangs."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def flush_queue(self) -> None:
        """Forget all that Valkey holds."""
        client = Redis.from_url(self.system.environment["VALKEY_URL"])
        await client.flushall()
        await client.aclose()

    def mend(self) -> None:
        """Start whatever a failed test left dead."""
        for name in ("postgres", "valkey", "store", "web", "worker"):
            process = self.child(name).process
            if process is None or process.poll() is not None:
                self.start(name)

    # People

    async def ask(self, whom: str, query: str, **variables: Any) -> Answer:
        """Send one operation as the person with this subject."""
        token = self.system.issuer.mint(persona("patient"), sub=whom)
        began = time.monotonic()
        answer = await self.client.post(
            f"{self.system.url}/graphql",
            headers={"authorization": f"Bearer {token}"},
            json={"query": query, "variables": variables},
        )
        return Answer(answer.status_code, answer.json(), time.monotonic() - began)

    async def settle(self) -> People:
        """Clinics and people of their own for one test."""
        suffix = uuid4().hex[:8]
        clinic, other, patient, foreign = (new_id() for _ in range(4))
        people = People(clinic, patient, new_id(), suffix)
        connection = await self._connect()
        try:
            await connection.executemany(
                "INSERT INTO organisation (id, kind, name) VALUES ($1, $2, $3)",
                [(clinic, OrganisationKind.CLINIC, f"Clinic {suffix}"), (other, OrganisationKind.CLINIC, "Elsewhere")],
            )
            await connection.executemany(
                "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions,"
                " created_at) VALUES ($1, $2, $3, $4, 'Europe/Rome', 'it-IT', '{HYPERTENSION}', now())",
                [
                    (patient, clinic, "Ada Prova", date(1958, 3, 2)),
                    (foreign, other, "Bruno Altro", date(1958, 3, 2)),
                ],
            )
            accounts = [
                (people.clinician_id if role is Role.CLINICIAN else new_id(), role.lower(), role, clinic)
                for role in Role
            ]
            stranger = (new_id(), "stranger", Role.CLINICIAN, other)
            await connection.executemany(
                "INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name,"
                " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now())",
                [
                    (
                        account_id,
                        self.system.issuer.url,
                        people[name],
                        role,
                        organisation,
                        patient if role in (Role.PATIENT, Role.DEVICE) else None,
                        f"Test {name}",
                    )
                    for account_id, name, role, organisation in [*accounts, stranger]
                ],
            )
            await connection.executemany(
                "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at) VALUES ($1, $2, $3, now())",
                [(new_id(), patient, people.clinician_id), (new_id(), foreign, stranger[0])],
            )
        finally:
            await connection.close()
        return people

    # What phones do

    async def record(self, whom: str, *pressures: tuple[float, float]) -> Answer:
        """Send pressures that were taken three minutes apart, the last one a minute ago."""
        return await self.ask(whom, RECORD, input={"readings": crisis(*pressures)})

    async def begin(self, whom: str, data: bytes, kind: str = "JSON") -> tuple[str, Mapping[str, Any]]:
        """Announce a strip: its id, and where its bytes go."""
        begun = (await self.ask(whom, BEGIN, input=announced(data, kind))).data["beginEcgUpload"]
        assert begun["strip"]["status"] == "UPLOADING"
        return str(begun["strip"]["id"]), begun["upload"]

    async def put(self, upload: Mapping[str, Any], data: bytes) -> None:
        """Bring the bytes to the object store as the ticket says."""
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        stored = await self.client.request(upload["method"], upload["url"], content=data, headers=headers)
        assert stored.status_code == 200, stored.text

    async def complete(self, whom: str, strip_id: str) -> Answer:
        return await self.ask(whom, COMPLETE, input={"stripId": strip_id})

    async def upload(self, whom: str, data: bytes, kind: str = "JSON") -> str:
        """Announce, bring and confirm a strip; its id."""
        strip_id, upload = await self.begin(whom, data, kind)
        await self.put(upload, data)
        done = await self.complete(whom, strip_id)
        assert done.data["completeEcgUpload"]["strip"]["status"] == "RECEIVED"
        return strip_id

    # The database

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.system.environment["DATABASE_URL"])

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        connection = await self._connect()
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def items(self, *subjects: UUID | str) -> list[dict[str, Any]]:
        """The outbox items about these subjects."""
        return await self.rows(
            "SELECT * FROM outbox_item WHERE subject_id = ANY($1::uuid[]) ORDER BY id", list(map(str, subjects))
        )

    async def is_analysing(self, *subjects: UUID | str) -> bool:
        """Whether a worker holds one of the items about these subjects at this moment."""
        return any(item["leased_until"] and not item["done_at"] for item in await self.items(*subjects))

    async def done(self, *subjects: UUID | str) -> bool:
        """Whether all work about these subjects is done."""
        return all(item["done_at"] is not None for item in await self.items(*subjects))

    async def wait_until_done(self, *subjects: UUID | str, seconds: float = RECOVERY_SECONDS) -> None:
        """Wait until all work about these subjects is done, which it must be within the time."""
        await wait_for(lambda: self.done(*subjects), seconds, lambda: self.items(*subjects))

    async def events(self, people: People, *, of: UUID | str | None = None) -> list[str]:
        """The kinds of the patient's events in order, perhaps only those about one subject."""
        told = await self.rows(
            "SELECT kind, subject_id FROM event WHERE patient_id = $1 ORDER BY id", people.patient_id
        )
        return [row["kind"] for row in told if of is None or str(row["subject_id"]) == str(of)]

    async def alerts(self, people: People) -> list[dict[str, Any]]:
        """The patient's alerts with the number of times that their rule held."""
        return await self.rows(
            "SELECT alert.*, (SELECT count(*) FROM alert_occurrence WHERE alert_id = alert.id) AS occurrences"
            " FROM alert WHERE patient_id = $1",
            people.patient_id,
        )


async def wait_for(
    holds: Callable[[], Awaitable[bool]],
    seconds: float = PATIENCE_SECONDS,
    look: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Wait until it holds; `look` is shown if it does not."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, await look() if look else None
        await asyncio.sleep(0.05)


def crisis(*pressures: tuple[float, float]) -> list[dict[str, Any]]:
    """Readings as a phone sends them, three minutes apart; by default two that confirm a crisis."""
    chosen = pressures or ((184.0, 112.0), (182.0, 108.0))
    last = datetime.now(UTC) - timedelta(minutes=1)
    return [
        {
            "clientId": str(uuid4()),
            "measuredAt": (last - timedelta(minutes=3 * (len(chosen) - 1 - index))).isoformat(),
            "source": "DEVICE",
            "value": {"bloodPressure": {"systolic": systolic, "diastolic": diastolic, "pulse": 71}},
        }
        for index, (systolic, diastolic) in enumerate(chosen)
    ]


def announced(data: bytes, kind: str) -> dict[str, Any]:
    """A strip's announcement as a phone sends it."""
    return {
        "clientId": str(uuid4()),
        "recordedAt": datetime.now(UTC).isoformat(),
        "format": kind,
        "sizeBytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def strip(seconds: float = 12) -> bytes:
    """A strip as JSON; minutes of it keep a worker busy for a while."""
    leads = {"I": heartbeat(seconds)}
    return orjson.dumps({"sampleRateHertz": RATE_HERTZ, "unit": "uV", "leads": leads})
