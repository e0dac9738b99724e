"""Helpers for the tests of messages: a door with real tokens, and what gateways and other systems send."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.graphql import documents, make_endpoint
from api.messages.routes import message_routes
from domain import device_tokens
from domain.kinds import Role
from tests.api.signing import token, verifier
from tests.joining import everything
from tests.people import People

OBSERVATION, BUNDLE, PAYLOADS = "/v1/fhir/Observation", "/v1/fhir", "/v1/gateway/readings"
FHIR = "application/fhir+json"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def minutes_ago(minutes: float) -> datetime:
    """A moment that is still live, in whole seconds as devices tell it."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "system": UCUM, "code": unit}


def coded(loinc: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": loinc}]}


def weight(at: datetime, kilograms: float = 71.5, **more: Any) -> dict[str, Any]:
    """An Observation of a weight."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": coded("29463-7"),
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": quantity(kilograms, "kg"),
    } | more


def pressure(at: datetime, systolic: float = 128, diastolic: float = 82, **more: Any) -> dict[str, Any]:
    """An Observation of a blood pressure."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": coded("85354-9"),
        "effectiveDateTime": at.isoformat(),
        "device": {"display": "Cuff 7"},
        "component": [
            {"code": coded("8480-6"), "valueQuantity": quantity(systolic, "mm[Hg]")},
            {"code": coded("8462-4"), "valueQuantity": quantity(diastolic, "mm[Hg]")},
        ],
    } | more


def bundle(kind: str, *resources: object) -> dict[str, Any]:
    """A Bundle of these resources."""
    entries: list[dict[str, Any]] = [{"resource": resource} for resource in resources]
    if kind != "collection":
        entries = [entry | {"request": {"method": "POST", "url": "Observation"}} for entry in entries]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def cuff(at: datetime, systolic: int = 128, diastolic: int = 82, pulse: int = 64) -> dict[str, Any]:
    """What a cuff without a clock sends over Bluetooth: flags, three pressures and the pulse."""
    value = struct.pack("<BHHHH", 0b100, systolic, diastolic, 0x7FF, pulse).hex()
    return {"characteristic": "2A35", "value": value, "receivedAt": at.isoformat(), "device": "Cuff 7"}


def oximeter(at: datetime, saturation: int = 97, rate: int = 66) -> dict[str, Any]:
    """What an oximeter sends: two readings in one payload."""
    value = struct.pack("<BHH", 0, saturation, rate).hex()
    return {"characteristic": "2A5F", "value": value, "receivedAt": at.isoformat(), "device": "Oximeter"}


@dataclass(frozen=True)
class Door:
    """The routes in process, and who may knock."""

    client: httpx.AsyncClient
    runtime: Runtime
    people: People

    async def device_token(self, expires_at: datetime | None = None) -> tuple[UUID, str]:
        """A new device token of the patient: its id and its secret."""
        patient = self.people.actors[Role.PATIENT]
        async with self.runtime.unit_of_work(patient) as work:
            made = await device_tokens.create(work, patient, uuid4(), self.people.patient_id, "Bridge", expires_at)
        assert made.secret is not None
        return made.token["id"], made.secret

    def token(self, role: Role) -> str:
        return token(self.runtime, role)

    async def send(self, path: str, message: object, bearer: str | None, **headers: str) -> httpx.Response:
        """One message, as JSON or, where it is bytes, as it stands."""
        content = message if isinstance(message, bytes) else orjson.dumps(message)
        sent = {"content-type": "application/json" if path == PAYLOADS else FHIR}
        sent |= {"authorization": f"Bearer {bearer}"} if bearer else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, content=content, headers=sent)

    async def readings(self) -> list[Mapping[str, Any]]:
        """All that is kept, the oldest first."""
        rows: list[Mapping[str, Any]] = await self.runtime.pool.fetch(
            "SELECT id, patient_id, kind::text, measured_at, source::text, setting::text, device, value, diastolic,"
            " pulse FROM reading ORDER BY measured_at, kind::text"
        )
        return rows

    async def looked(self) -> dict[str, list[str]]:
        """Everything that a message could change, but for when a token was last used."""
        readings = await self.runtime.pool.fetch("SELECT t::text AS line FROM reading AS t ORDER BY 1")
        summaries = await self.runtime.pool.fetch("SELECT t::text AS line FROM daily_summary AS t ORDER BY 1")
        lines = {"reading": readings, "daily_summary": summaries}
        found = {name: [row["line"] for row in rows] for name, rows in lines.items()}
        return await everything(self.runtime) | found


def open_client(runtime: Runtime) -> httpx.AsyncClient:
    """A client of the routes of messages and of GraphQL."""
    app = Starlette(routes=[*message_routes(), Route("/graphql", make_endpoint(documents()))])
    state = {"runtime": runtime, "verifier": verifier()}

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": state}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://127.0.0.1")
