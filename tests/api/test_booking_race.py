"""64 phones want 8 slots at once, each with its own token through the door."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.graphql import documents, make_endpoint
from domain.kinds import Role
from tests.api.signing import token_of, verifier
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import BOOK, SET, free, hours, more_patients
from tests.schema.test_people import data


async def test_64_clients_race_for_8_slots_through_the_door_and_8_win(runtime: Runtime, people: People) -> None:
    clinician = people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET, input=hours(clinician.account_id)))
    racers = await more_patients(runtime, people, 64)
    slots = (await free(runtime, racers[0]))[:8]
    app, state = Starlette(routes=[Route("/graphql", make_endpoint(documents()))]), {"runtime": runtime}

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": state | {"verifier": verifier()}}, receive, send)

    transport = httpx.ASGITransport(with_state)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=60) as client:

        async def book(number: int) -> dict[str, Any]:
            wish = {
                "clientId": str(uuid4()),
                "clinicianId": str(clinician.account_id),
                "kind": "VIDEO",
                "startsAt": slots[number % 8]["startsAt"],
            }
            answer = await client.post(
                "/graphql",
                json={"query": BOOK, "variables": {"input": wish}},
                headers={"Authorization": f"Bearer {token_of(runtime, f'racer-{number}')}"},
            )
            assert answer.status_code == 200
            body: dict[str, Any] = answer.json()
            return body

        answers = await asyncio.gather(*(book(number) for number in range(64)))
    won = [one["data"]["bookAppointment"]["appointment"] for one in answers if "errors" not in one]
    assert sorted(one["startsAt"] for one in won) == [one["startsAt"] for one in slots]
    lost = [error["extensions"] for one in answers for error in one.get("errors", [])]
    assert [one["code"] for one in lost] == ["CONFLICT"] * 56
    assert all(len(one["freeSlots"]) == 5 for one in lost)
    rows = await runtime.pool.fetch("SELECT patient_id, starts_at FROM appointment ORDER BY starts_at")
    assert [row["starts_at"] for row in rows] == [datetime.fromisoformat(one["startsAt"]) for one in slots]
    assert len({row["patient_id"] for row in rows}) == 8
