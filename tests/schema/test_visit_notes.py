"""Notes of visits: by the clinician of the visit, in versions, with what was changed in the medication."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from tests.asking import ask
from tests.clocks import set_clock
from tests.people import People
from tests.schema.test_appointments import SET, STEP, booked, free, hours, looked
from tests.schema.test_people import code, data
from tests.schema.test_video_calls import colleague

NOTE = "{ version outcome text writtenAt writtenBy { displayName } medicationChanges { id label } }"
WRITE = f"mutation ($input: WriteVisitNoteInput!) {{ writeVisitNote(input: $input) {{ note {NOTE} }} }}"
LOOK = f"""query ($id: ID!) {{ patient(id: $id) {{
  appointments(first: 5) {{ edges {{ node {{ id visitNotes {NOTE} }} }} }} }} }}"""
CHANGE = """mutation ($input: RecordMedicationChangeInput!) {
  recordMedicationChange(input: $input) { medicationChange { id } } }"""


@pytest.fixture
async def visit(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An appointment of the patient with the clinician that has begun."""
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    data(await ask(runtime, zoe, SET, input=hours(zoe.account_id)))
    made = await booked(runtime, ada, (await free(runtime, ada))[0])
    set_clock(monkeypatch, datetime.fromisoformat(made["startsAt"]))
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "step": "BEGIN"}
    begun: dict[str, Any] = data(await ask(runtime, zoe, STEP, input=sent))["advanceAppointment"]["appointment"]
    return begun


def note(visit: dict[str, Any], version: int, text: str = "Pressure is better.", **more: Any) -> dict[str, Any]:
    return {
        "clientId": str(uuid4()),
        "appointmentId": visit["id"],
        "expectedVersion": version,
        "outcome": "NO_CHANGE",
        "text": text,
    } | more


async def changed(runtime: Runtime, by: Actor, patient_id: object, label: str) -> str:
    sent = {
        "clientId": str(uuid4()),
        "patientId": str(patient_id),
        "at": (runtime.now() - timedelta(hours=1)).isoformat(),
        "label": label,
    }
    found = data(await ask(runtime, by, CHANGE, input=sent))["recordMedicationChange"]["medicationChange"]["id"]
    return str(found)


async def notes(runtime: Runtime, people: People, by: Actor) -> list[dict[str, Any]]:
    edges = data(await ask(runtime, by, LOOK, id=str(people.patient_id)))["patient"]["appointments"]["edges"]
    found: list[dict[str, Any]] = edges[0]["node"]["visitNotes"]
    return found


async def test_a_note_is_written_amended_and_read_with_its_changes_of_medication(
    runtime: Runtime, people: People, visit: dict[str, Any]
) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    sent = note(visit, 0, "  Pressure is better. ")
    first = data(await ask(runtime, zoe, WRITE, input=sent))["writeVisitNote"]["note"]
    assert first == {
        "version": 1,
        "outcome": "NO_CHANGE",
        "text": "Pressure is better.",
        "writtenAt": first["writtenAt"],
        "writtenBy": {"displayName": "Test clinician"},
        "medicationChanges": [],
    }
    # As a browser does whose answer was lost.
    assert data(await ask(runtime, zoe, WRITE, input=sent))["writeVisitNote"]["note"] == first
    change = await changed(runtime, zoe, people.patient_id, "ramipril 5 mg to 10 mg")
    amended = note(visit, 1, "More ramipril.", outcome="THERAPY_CHANGED", medicationChangeIds=[change])
    second = data(await ask(runtime, zoe, WRITE, input=amended))["writeVisitNote"]["note"]
    assert second["medicationChanges"] == [{"id": change, "label": "ramipril 5 mg to 10 mg"}]
    assert (second["version"], second["outcome"]) == (2, "THERAPY_CHANGED")
    # The record is the patient's own; the care team reads it too.
    for by in (ada, zoe, await colleague(runtime, people)):
        assert await notes(runtime, people, by) == [second, first]
    told = await runtime.pool.fetchval("SELECT count(*) FROM event WHERE kind = 'VISIT_NOTE_WRITTEN'")
    audited = await runtime.pool.fetch("SELECT role, count(*) FROM audit_entry WHERE action = 'visitNotes' GROUP BY 1")
    assert (told, {row["role"]: row["count"] for row in audited}) == (2, {"PATIENT": 2, "CLINICIAN": 4})


async def test_nobody_else_writes_and_nothing_is_said_of_what_has_not_begun(
    runtime: Runtime, people: People, visit: dict[str, Any]
) -> None:
    zoe, friend = people.actors[Role.CLINICIAN], await colleague(runtime, people)
    ahead = await booked(runtime, people.actors[Role.PATIENT], (await free(runtime, people.actors[Role.PATIENT]))[0])
    same = note(visit, 0)
    data(await ask(runtime, zoe, WRITE, input=same))
    await runtime.pool.execute(
        "INSERT INTO vital_event (id, patient_id, client_id, kind, at, label, recorded_at, recorded_by_id)"
        " VALUES ($1, $2, $1, 'MEDICATION_CHANGE', now(), 'x', now(), $3)",
        foreign := uuid4(),
        people.foreign_id,
        zoe.account_id,
    )
    refusals: list[tuple[Actor, dict[str, Any], str]] = [
        (friend, note(visit, 1), "FORBIDDEN"),
        (zoe, note(ahead, 0), "CONFLICT"),
        (zoe, note(visit, 0), "CONFLICT"),
        (zoe, same | {"text": "Something else."}, "CONFLICT"),
        (zoe, note(visit, 1, " "), "BAD_USER_INPUT"),
        (zoe, note(visit, 1, "x" * 10_001), "BAD_USER_INPUT"),
        (zoe, note(visit, 1, medicationChangeIds=[str(foreign)]), "BAD_USER_INPUT"),
        (zoe, note(visit, 1, medicationChangeIds=[str(uuid4()) for _ in range(21)]), "BAD_USER_INPUT"),
        (zoe, note({"id": str(uuid4())}, 0), "NOT_FOUND"),
        *((people.actors[role], note(visit, 1), "FORBIDDEN") for role in set(Role) - {Role.CLINICIAN}),
    ]
    before = await looked(runtime)
    for by, sent, why in refusals:
        assert code(await ask(runtime, by, WRITE, input=sent)) == why, sent
    assert await looked(runtime) == before
    assert await runtime.pool.fetchval("SELECT count(*) FROM visit_note") == 1
    assert code(await ask(runtime, people.actors[Role.COORDINATOR], LOOK, id=str(people.patient_id))) == "FORBIDDEN"
