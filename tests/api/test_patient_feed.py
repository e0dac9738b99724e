"""A patient's feed over a real socket: all that happens, by whoever may see it, until they may not any more."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.graphql import documents, make_feeds
from domain import care_teams
from domain.kinds import EventKind, Role
from schema.execution.operations import Operations
from tests.api.signing import token, verifier
from tests.api.sockets import Phone, phone, served
from tests.api.test_event_streams import FEED, START, happen
from tests.people import People
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure


@pytest.fixture
async def address(runtime: Runtime, people: People) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/graphql", make_feeds(documents()))])

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"runtime": runtime, "verifier": verifier()}}, receive, send)

    async with served(with_state) as opened:
        yield opened
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()


async def event(follower: Phone) -> Any:
    """The next event."""
    answer = await follower.receive()
    assert answer["type"] == "next", answer
    return answer["payload"]["data"]["patientFeed"]


async def test_every_kind_of_event_arrives_and_what_was_missed_is_replayed(
    runtime: Runtime, people: People, address: str
) -> None:
    async with phone(address) as mine:
        await mine.sign_in(token(runtime, Role.PATIENT))
        await mine.subscribe("1", FEED, patientId=str(people.patient_id), after=START)
        await happen(runtime, people.foreign_id, EventKind.STRIP_RECEIVED)
        for kind in EventKind:
            subject = await happen(runtime, people.patient_id, kind)
            seen = await event(mine)
            assert (seen["kind"], seen["subjectId"]) == (kind.value, str(subject))
    # The phone sleeps; its owner measures meanwhile.
    sent = {"readings": [pressure(runtime.now(), 128, 82)]}
    assert (await ask(runtime, people, Role.PATIENT, RECORD, input=sent)).errors is None
    async with phone(address) as mine:
        await mine.sign_in(token(runtime, Role.PATIENT))
        await mine.subscribe("1", FEED, patientId=str(people.patient_id), after=seen["cursor"])
        assert (await event(mine))["kind"] == "READINGS_RECORDED"


async def test_who_leaves_the_care_team_stops_following_and_the_patient_goes_on(
    runtime: Runtime, people: People, address: str
) -> None:
    clinician, admin = people.actors[Role.CLINICIAN], people.actors[Role.ADMIN]
    async with phone(address) as desk, phone(address) as mine:
        for follower, role in ((desk, Role.CLINICIAN), (mine, Role.PATIENT)):
            await follower.sign_in(token(runtime, role))
            await follower.subscribe("1", FEED, patientId=str(people.patient_id), after=START)
        await happen(runtime, people.patient_id, EventKind.STRIP_RECEIVED)
        assert (await event(desk))["cursor"] == (await event(mine))["cursor"]
        async with runtime.unit_of_work(admin) as work:
            await care_teams.end(work, admin, people.patient_id, clinician.account_id, None)
        assert await desk.refusal("1") == ("NOT_FOUND", "There is no such patient.")
        assert (await event(mine))["kind"] == "CARE_TEAM_CHANGED"
        # The socket lives on, and what the clinician may not see stays out of sight.
        await desk.subscribe("1", FEED, patientId=str(people.patient_id))
        assert await desk.refusal("1") == ("NOT_FOUND", "There is no such patient.")


async def test_what_no_plan_covers_is_followed_by_graphql_core_to_the_same_events_and_refusals(
    runtime: Runtime, people: People, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched = FEED.replace("at kind", "at @include(if: $wanted) kind").replace("($", "($wanted: Boolean!, $", 1)
    variables = {"patientId": str(people.patient_id), "after": START, "wanted": False}
    foreign = variables | {"patientId": str(people.foreign_id)}
    await happen(runtime, people.patient_id, EventKind.STRIP_RECEIVED)
    answers = []
    for _ in ("by a plan", "by graphql-core"):
        async with phone(address) as mine:
            await mine.sign_in(token(runtime, Role.PATIENT))
            await mine.subscribe("1", switched, **variables)
            answers.append([await mine.receive()])
            for broken in (foreign, variables | {"after": "x"}, variables | {"after": [1]}):
                await mine.subscribe("2", switched, **broken)
                answers[-1].append(await mine.refusal("2"))
        monkeypatch.setattr(Operations, "follow", lambda *_: None)
    assert answers[0] == answers[1]
    assert set(answers[0][0]["payload"]["data"]["patientFeed"]) == {"cursor", "kind", "subjectId"}
    assert [code for code, _ in answers[0][1:]] == ["NOT_FOUND", "BAD_USER_INPUT", "BAD_USER_INPUT"]
