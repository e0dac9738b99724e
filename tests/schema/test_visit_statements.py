"""What appointments have costs as many statements for many as for one."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.asking import ask
from tests.clocks import set_clock
from tests.people import People
from tests.schema.test_appointments import SET, STEP, booked, free, hours, more_patients
from tests.schema.test_people import data
from tests.schema.test_statement_counts import statements
from tests.schema.test_visit_notes import WRITE, changed, note
from tests.schema.test_waiting_list import LOOK as WISHES
from tests.schema.test_waiting_list import joined

__all__ = ["statements"]

VISITS = """query ($id: ID!, $first: Int!) { patient(id: $id) { appointments(first: $first) { edges { node {
  id joinUrl calendarFile call { status } visitNotes { text writtenBy { displayName }
  medicationChanges { label } } } } } } }"""
OF_ALL = "query ($first: Int!) { patients(first: $first) { edges { node { waitingList { id offer { id } } } } } }"


async def test_many_visits_cost_no_more_statements_than_one(
    runtime: Runtime, people: People, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    data(await ask(runtime, zoe, SET, input=hours(zoe.account_id)))
    for slot in (await free(runtime, ada))[:4]:
        made = await booked(runtime, ada, slot)
        set_clock(monkeypatch, datetime.fromisoformat(made["startsAt"]))
        begun = {"appointmentId": made["id"], "expectedVersion": 1, "step": "BEGIN"}
        data(await ask(runtime, zoe, STEP, input=begun))
        change = await changed(runtime, zoe, people.patient_id, f"dose of {uuid4()}")
        data(await ask(runtime, zoe, WRITE, input=note(made, 0, medicationChangeIds=[change])))
    counts = []
    for first in (1, 4):
        statements.clear()
        found: list[dict[str, Any]] = data(await ask(runtime, ada, VISITS, id=str(people.patient_id), first=first))[
            "patient"
        ]["appointments"]["edges"]
        assert [len(edge["node"]["visitNotes"][0]["medicationChanges"]) for edge in found] == [1] * first
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_the_wishes_of_many_cost_no_more_statements_than_those_of_one(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    patients = await more_patients(runtime, people, 5)
    for one in patients:
        await joined(runtime, one)
    counts = []
    for first in (1, 6):
        statements.clear()
        edges = data(await ask(runtime, people.actors[Role.CLINICIAN], OF_ALL, first=first))["patients"]["edges"]
        assert len(edges) == first
        counts.append(len(statements))
    assert counts[0] == counts[1]
    wishes = data(await ask(runtime, patients[0], WISHES, id=str(patients[0].patient_id)))["patient"]["waitingList"]
    assert len(wishes) == 1
