"""Video calls: a link for the two alone while the call is open, and who is in it."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import new_id
from tests.adapters.test_video_jitsi import opened
from tests.asking import ask
from tests.clocks import set_clock
from tests.people import ISSUER, People
from tests.schema.test_appointments import CANCEL, SET, STEP, booked, free, hours
from tests.schema.test_people import code, data

LOOK = """query ($id: ID!) { patient(id: $id) { appointments(first: 5) { edges { node {
  id status joinUrl call { status opensAt closesAt } } } } } }"""
ENTER, LEAVE = (
    f"""mutation ($input: CallInput!) {{ {verb}(input: $input) {{
  appointment {{ id status joinUrl call {{ status opensAt closesAt }} }} }} }}"""
    for verb in ("enterCall", "leaveCall")
)


@pytest.fixture
async def visit(runtime: Runtime, people: People) -> dict[str, Any]:
    """A video appointment of the patient with the clinician, tomorrow."""
    clinician = people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET, input=hours(clinician.account_id)))
    return await booked(runtime, people.actors[Role.PATIENT], (await free(runtime, people.actors[Role.PATIENT]))[0])


async def seen(runtime: Runtime, people: People, by: Actor) -> dict[str, Any]:
    found = data(await ask(runtime, by, LOOK, id=str(people.patient_id)))["patient"]["appointments"]["edges"]
    node: dict[str, Any] = found[0]["node"]
    return node


async def colleague(runtime: Runtime, people: People) -> Actor:
    """Another clinician of the patient's care team."""
    clinic = await Organisation.get(id=people.actors[Role.ADMIN].organisation_id)
    account = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject="colleague",
        role=Role.CLINICIAN,
        organisation=clinic,
        display_name="Colleague",
        created_at=runtime.now(),
    )
    patient = await Patient.get(id=people.patient_id)
    await CareRelation.create(id=new_id(), patient=patient, clinician=account, starts_at=runtime.now())
    return Actor(account.id, Role.CLINICIAN, clinic.id, None, "Colleague")


async def test_the_link_is_there_for_the_two_while_the_call_is_open(
    runtime: Runtime, people: People, visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    others = [people.actors[Role.COORDINATOR], await colleague(runtime, people)]
    begin, end = (datetime.fromisoformat(visit[name]) for name in ("startsAt", "endsAt"))
    opens, closes = begin - timedelta(minutes=15), end + timedelta(minutes=30)
    second = timedelta(seconds=1)
    for at, is_open in ((opens - second, False), (opens, True), (closes - second, True), (closes, False)):
        set_clock(monkeypatch, at)
        for by in (ada, zoe):
            found = await seen(runtime, people, by)
            assert (found["joinUrl"] is not None) == is_open, at
            assert found["call"] == {
                "status": "EMPTY" if is_open else "NOT_OPEN" if at < opens else "ENDED",
                "opensAt": opens.isoformat(),
                "closesAt": closes.isoformat(),
            }
        for by in others:
            assert (await seen(runtime, people, by))["joinUrl"] is None
    # It lives ten minutes, and never beyond the end.
    for at, lives in ((opens, 10), (closes - timedelta(minutes=4), 4)):
        set_clock(monkeypatch, at)
        room, token = opened((await seen(runtime, people, zoe))["joinUrl"])
        assert (token.claims["nbf"], token.claims["exp"]) == (opens.timestamp(), (at + lives * 60 * second).timestamp())
        assert (token.claims["context"]["user"]["name"], token.claims["room"]) == ("Test clinician", room)
        theirs = opened((await seen(runtime, people, ada))["joinUrl"])[1].claims
        assert theirs["context"]["user"] | {"id": ""} == {
            "id": "",
            "name": "Patient",
            "moderator": "false",
            "affiliation": "member",
        }
        assert theirs["room"] == room


async def test_a_call_is_told_apart_from_its_visit(
    runtime: Runtime, people: People, visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    sent = {"appointmentId": visit["id"]}
    assert code(await ask(runtime, ada, ENTER, input=sent)) == "CONFLICT"
    set_clock(monkeypatch, datetime.fromisoformat(visit["startsAt"]) - timedelta(minutes=5))
    steps = [
        (ada, ENTER, "enterCall", "PATIENT_WAITS"),
        # Again, as a phone does whose answer was lost.
        (ada, ENTER, "enterCall", "PATIENT_WAITS"),
        (zoe, ENTER, "enterCall", "RUNNING"),
        (ada, LEAVE, "leaveCall", "CLINICIAN_WAITS"),
        (ada, ENTER, "enterCall", "RUNNING"),
        (ada, LEAVE, "leaveCall", "CLINICIAN_WAITS"),
        (zoe, LEAVE, "leaveCall", "EMPTY"),
        (zoe, LEAVE, "leaveCall", "EMPTY"),
    ]
    for by, operation, field, status in steps:
        now = data(await ask(runtime, by, operation, input=sent))[field]["appointment"]
        assert (now["call"]["status"], now["status"]) == (status, "BOOKED")
        assert now["joinUrl"] is not None
    told = await runtime.pool.fetch("SELECT subject_id FROM event WHERE kind = 'CALL_CHANGED'")
    assert [row["subject_id"] for row in told] == [UUID(visit["id"])] * 6
    assert await runtime.pool.fetchval("SELECT count(*) FROM call_presence WHERE left_at IS NOT NULL") == 3


async def test_nobody_waits_in_the_call_of_a_visit_that_was_called_off(
    runtime: Runtime, people: People, visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    set_clock(monkeypatch, datetime.fromisoformat(visit["startsAt"]) - timedelta(minutes=5))
    data(await ask(runtime, ada, ENTER, input={"appointmentId": visit["id"]}))
    off = {"appointmentId": visit["id"], "expectedVersion": 1, "reason": "Emergency"}
    data(await ask(runtime, zoe, CANCEL, input=off))
    found = await seen(runtime, people, ada)
    assert (found["status"], found["joinUrl"], found["call"]["status"]) == ("CANCELLED", None, "ENDED")
    assert code(await ask(runtime, ada, ENTER, input={"appointmentId": visit["id"]})) == "CONFLICT"
    left = data(await ask(runtime, ada, LEAVE, input={"appointmentId": visit["id"]}))["leaveCall"]["appointment"]
    assert left["call"]["status"] == "ENDED"


async def test_others_may_neither_enter_nor_know_and_no_log_has_a_link(
    runtime: Runtime,
    people: People,
    visit: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    set_clock(monkeypatch, datetime.fromisoformat(visit["startsAt"]))
    sent, friend = {"appointmentId": visit["id"]}, await colleague(runtime, people)
    for operation in (ENTER, LEAVE):
        for role in (Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
            assert code(await ask(runtime, people.actors[role], operation, input=sent)) == "FORBIDDEN"
        unknown = {"appointmentId": str(new_id())}
        assert code(await ask(runtime, people.actors[Role.PATIENT], operation, input=unknown)) == "NOT_FOUND"
    assert code(await ask(runtime, friend, ENTER, input=sent)) == "FORBIDDEN"
    assert await runtime.pool.fetchval("SELECT count(*) FROM call_presence") == 0
    data(await ask(runtime, people.actors[Role.PATIENT], ENTER, input=sent))
    assert "jwt" not in caplog.text
    audited = await runtime.pool.fetch("SELECT action FROM audit_entry WHERE subject_id = $1", UUID(visit["id"]))
    assert "enterCall" in {row["action"] for row in audited}


async def test_a_phone_appointment_has_no_call(
    runtime: Runtime, people: People, visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = people.actors[Role.PATIENT]
    data(
        await ask(
            runtime,
            people.actors[Role.CLINICIAN],
            STEP,
            input={"appointmentId": visit["id"], "expectedVersion": 1, "step": "CONFIRM"},
        )
    )
    await runtime.pool.execute("UPDATE appointment SET kind = 'PHONE'")
    set_clock(monkeypatch, datetime.fromisoformat(visit["startsAt"]))
    found = await seen(runtime, people, ada)
    assert (found["joinUrl"], found["call"]) == (None, None)
    assert code(await ask(runtime, ada, ENTER, input={"appointmentId": visit["id"]})) == "CONFLICT"
