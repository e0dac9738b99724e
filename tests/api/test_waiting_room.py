"""A clinician hears over a real socket that the patient has come, and that they wait in the call."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.graphql import documents, make_feeds
from domain.kinds import Role
from tests.api.signing import token, verifier
from tests.api.sockets import phone, served
from tests.api.test_event_streams import FEED, START
from tests.api.test_patient_feed import event
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import SET, STEP, booked, free, hours
from tests.schema.test_people import data
from tests.schema.test_video_calls import ENTER


@pytest.fixture
async def address(runtime: Runtime, people: People) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/graphql", make_feeds(documents()))])

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"runtime": runtime, "verifier": verifier()}}, receive, send)

    async with served(with_state) as opened:
        yield opened


async def test_who_waits_is_told_to_the_clinician_at_once(runtime: Runtime, people: People, address: str) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    data(await ask(runtime, zoe, SET, input=hours(zoe.account_id)))
    made = await booked(runtime, ada, (await free(runtime, ada))[0])
    # Its time has come.
    begin = datetime.fromisoformat(made["startsAt"])
    soon = runtime.now() + timedelta(minutes=5)
    await runtime.pool.execute(
        "UPDATE appointment SET starts_at = $1, ends_at = $2, held_until = $2",
        soon,
        soon + (datetime.fromisoformat(made["endsAt"]) - begin),
    )
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, patientId=str(people.patient_id), after=START)
        assert (await event(desk))["kind"] == "APPOINTMENT_BOOKED"
        come = {"appointmentId": made["id"], "expectedVersion": 1, "step": "CHECK_IN"}
        data(await ask(runtime, ada, STEP, input=come))
        data(await ask(runtime, ada, ENTER, input={"appointmentId": made["id"]}))
        heard = [await event(desk) for _ in range(2)]
    assert [(one["kind"], one["subjectId"]) for one in heard] == [
        ("PATIENT_CHECKED_IN", made["id"]),
        ("CALL_CHANGED", made["id"]),
    ]
