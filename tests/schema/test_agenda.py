"""Whom a clinician meets when, and who may know."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import CANCEL, SET, booked, free, hours, more_patients
from tests.schema.test_people import code, data
from tests.schema.test_video_calls import colleague

AGENDA = """query ($from: DateTime!, $to: DateTime!, $clinicianId: ID, $first: Int = 10, $after: String) {
  agenda(from: $from, to: $to, clinicianId: $clinicianId, first: $first, after: $after) {
    edges { node { patientId patientName appointment { id status reason } } } pageInfo { hasNextPage endCursor } } }"""


async def seen(runtime: Runtime, by: Actor, **more: Any) -> list[tuple[str, str, str | None]]:
    now = runtime.now()
    span = {"from": now.isoformat(), "to": (now + timedelta(days=5)).isoformat()}
    found: list[tuple[str, str, str | None]] = []
    after: str | None = None
    while True:
        page = data(await ask(runtime, by, AGENDA, **(span | more), first=2, after=after))["agenda"]
        for edge in page["edges"]:
            each = edge["node"]["appointment"]
            found.append((edge["node"]["patientName"], each["status"], each["reason"]))
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def test_a_clinician_sees_the_own_day_and_the_front_desk_everybodys(runtime: Runtime, people: People) -> None:
    zoe, coordinator = people.actors[Role.CLINICIAN], people.actors[Role.COORDINATOR]
    ada, friend = people.actors[Role.PATIENT], await colleague(runtime, people)
    patients = [ada, *await more_patients(runtime, people, 2)]
    for one in (zoe, friend):
        data(await ask(runtime, people.actors[Role.ADMIN], SET, input=hours(one.account_id)))
    slots = await free(runtime, ada, clinicianId=str(zoe.account_id))
    made = [await booked(runtime, one, slot, reason="Breath") for one, slot in zip(patients, slots, strict=False)]
    data(await ask(runtime, ada, CANCEL, input={"appointmentId": made[0]["id"], "expectedVersion": 1}))
    # With someone who does not care for the patient.
    other = (await free(runtime, patients[1], clinicianId=str(friend.account_id)))[5]
    await booked(runtime, patients[1], other, reason="Dizzy")
    own = [("Ada Prova", "CANCELLED", "Breath"), ("Patient 00", "BOOKED", "Breath"), ("Patient 01", "BOOKED", "Breath")]
    assert await seen(runtime, zoe) == own
    assert await seen(runtime, friend) == [("Patient 00", "BOOKED", "Dizzy")]
    plain = [(name, status, None) for name, status, _ in own]
    assert await seen(runtime, coordinator, clinicianId=str(zoe.account_id)) == plain
    assert await seen(runtime, coordinator) == [*plain, ("Patient 00", "BOOKED", None)]
    audited = await runtime.pool.fetch("SELECT DISTINCT subject_id FROM audit_entry WHERE action = 'agenda'")
    assert {row["subject_id"] for row in audited} >= {UUID(one["id"]) for one in made}


async def test_others_and_spans_that_cannot_be_are_refused(runtime: Runtime, people: People) -> None:
    zoe, friend = people.actors[Role.CLINICIAN], await colleague(runtime, people)
    now = runtime.now()
    span = {"from": now.isoformat(), "to": (now + timedelta(days=31)).isoformat()}
    assert data(await ask(runtime, zoe, AGENDA, **span))["agenda"]["edges"] == []
    assert code(await ask(runtime, zoe, AGENDA, **span, clinicianId=str(friend.account_id))) == "FORBIDDEN"
    longer = {"to": (now + timedelta(days=32)).isoformat()}
    for wrong in (longer, {"to": span["from"]}):
        assert code(await ask(runtime, zoe, AGENDA, **(span | wrong))) == "BAD_USER_INPUT"
    for role in (Role.PATIENT, Role.ADMIN, Role.DEVICE):
        assert code(await ask(runtime, people.actors[role], AGENDA, **span)) == "FORBIDDEN"
