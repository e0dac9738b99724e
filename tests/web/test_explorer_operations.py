"""The explorer's tabs against the real schema: they are valid, they run as they stand, and they tell one story."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from graphql import OperationType, validate
from graphql.execution.values import get_variable_values

from adapters.runtime import Runtime
from dev.explorer import EXPLORER
from domain.kinds import Role
from schema.context import open_context
from schema.root import schema
from tests.people import People
from tests.schema.test_pressure_to_alert import ask, work_off
from tests.schema.test_strip_to_picture import put
from tests.web.tabs import OPERATIONS, Tab, ready_tabs

TABS = {tab.name: tab for tab in ready_tabs()}
EXAMPLE = EXPLORER / "public" / "example-strip.json"
# The operations that phones and clinics send; who learns them here finds each.
CONTRACT = {
    "RecordVitals",
    "Readings",
    "BeginEcgUpload",
    "CompleteEcgUpload",
    "EcgStrip",
    "EcgStrips",
    "ReviewEcgStrip",
    "Worklist",
    "Patients",
    "SetVitalLimits",
    "AcknowledgeAlert",
    "AssignAlert",
    "SnoozeAlert",
    "ResolveAlert",
    "AlertFeed",
    "PatientFeed",
    "FreeSlots",
    "BookAppointment",
    "RescheduleAppointment",
    "CancelAppointment",
    "Appointments",
    "Programmes",
    "StartProgramme",
    "TherapyPlans",
    "PrescribeMedication",
    "StopActivity",
    "CompleteTask",
    "Adherence",
    "Reminders",
    "SetReminderPreferences",
    "DeadLetters",
}
# As they stand they ask for an id of another tab's answer.
NEED_AN_ID = {
    "AcknowledgeAlert",
    "AssignAlert",
    "SnoozeAlert",
    "ResolveAlert",
    "BookAppointment",
    "RescheduleAppointment",
    "CancelAppointment",
    "EnterCall",
    "WriteVisitNote",
    "EcgStrip",
    "ReviewEcgStrip",
    "CompleteEcgUpload",
    "StartProgramme",
    "PrescribeMedication",
    "StopActivity",
    "CompleteTask",
}


def test_each_file_is_a_tab() -> None:
    assert sorted(tab.file for tab in TABS.values()) == sorted(path.stem for path in OPERATIONS.glob("*.graphql"))


def test_the_contracts_operations_are_among_the_tabs() -> None:
    assert set(TABS) >= CONTRACT


@pytest.mark.parametrize("tab", TABS.values(), ids=TABS)
def test_a_tab_is_valid_and_its_variables_are_of_the_right_types(tab: Tab) -> None:
    assert validate(schema._schema, tab.document) == []
    variables = tab.filled_in(UUID(int=7), datetime.now(UTC))
    definitions = tab.operation.variable_definitions or ()
    assert variables.keys() <= {each.variable.name.value for each in definitions}
    values = get_variable_values(schema._schema, definitions, variables)
    assert not isinstance(values, list), values


async def run(runtime: Runtime, people: People, role: Role, name: str, **changed: Any) -> Any:
    """The answer to a tab as `role`; `changed` is what a newcomer writes into the variables."""
    variables = TABS[name].filled_in(people.patient_id, runtime.now()) | changed
    return await ask(runtime, people, role, TABS[name].text, **variables)


async def first_of_feed(runtime: Runtime, people: People, role: Role, name: str) -> Any:
    """What the feed's tab shows first, while pressures are recorded that alert."""
    async with open_context(runtime, people.actors[role]) as context:
        feed = await schema.subscribe(
            TABS[name].text,
            variable_values=TABS[name].filled_in(people.patient_id, runtime.now()),
            context_value=context,
        )
        assert isinstance(feed, AsyncIterator)
        first = asyncio.ensure_future(anext(feed))
        async with asyncio.timeout(20):
            while not first.done():
                await run(runtime, people, Role.PATIENT, "RecordVitals")
                await work_off(runtime)
                await asyncio.wait([first], timeout=0.2)
        await feed.aclose()
        return await first


@pytest.mark.parametrize("name", TABS)
async def test_those_whom_a_tab_names_may_run_it_as_it_stands_and_nobody_else(
    runtime: Runtime, people: People, name: str
) -> None:
    is_feed = TABS[name].operation.operation is OperationType.SUBSCRIPTION
    for role in Role:
        answer = await (first_of_feed(runtime, people, role, name) if is_feed else run(runtime, people, role, name))
        codes = {error.extensions["code"] for error in answer.errors or []}
        if role not in TABS[name].roles:
            assert codes == {"FORBIDDEN"}, role
        elif name in NEED_AN_ID:
            assert codes == {"BAD_USER_INPUT"}, role
            assert answer.errors[0].message.endswith("this is not an id of Cuore.")
        else:
            assert codes == set(), role


async def test_recorded_pressures_stand_on_the_worklist_and_are_taken(runtime: Runtime, people: People) -> None:
    recorded = (await run(runtime, people, Role.PATIENT, "RecordVitals")).data["recordVitals"]
    assert (len(recorded["accepted"]), recorded["duplicates"], recorded["rejected"]) == (2, [], [])
    await work_off(runtime)
    (edge,) = (await run(runtime, people, Role.CLINICIAN, "Worklist")).data["worklist"]["edges"]
    (alert,) = edge["node"]["openAlerts"]
    assert (edge["node"]["urgency"], alert["status"]) == ("URGENT", "OPEN")
    choice = {"alertId": alert["id"], "expectedVersion": alert["version"]}
    taken = await run(runtime, people, Role.CLINICIAN, "AcknowledgeAlert", input=choice)
    assert taken.data["acknowledgeAlert"]["alert"]["status"] == "ACKNOWLEDGED"


async def test_the_example_strip_becomes_a_picture(runtime: Runtime, people: People) -> None:
    data = EXAMPLE.read_bytes()
    announced = TABS["BeginEcgUpload"].variables["input"]
    assert (announced["sizeBytes"], announced["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    begun = (await run(runtime, people, Role.PATIENT, "BeginEcgUpload")).data["beginEcgUpload"]
    await put(begun["upload"]["url"], data)
    choice = {"stripId": begun["strip"]["id"]}
    completed = await run(runtime, people, Role.PATIENT, "CompleteEcgUpload", input=choice)
    assert completed.data["completeEcgUpload"]["strip"]["status"] == "RECEIVED"
    await work_off(runtime)
    page = (await run(runtime, people, Role.CLINICIAN, "EcgStrips")).data["patient"]["ecgStrips"]
    (edge,) = page["edges"]
    assert (edge["node"]["id"], edge["node"]["status"]) == (begun["strip"]["id"], "ANALYSED")
    assert round(edge["node"]["heartRate"]["mean"]) == 68
    one = (await run(runtime, people, Role.CLINICIAN, "EcgStrip", id=edge["node"]["id"])).data["ecgStrip"]
    assert (one["durationSeconds"], one["leads"], one["unreadableReason"]) == (12.0, ["I"], None)
    assert one["imageUrl"].startswith("http://127.0.0.1:")
    choice = TABS["ReviewEcgStrip"].variables["input"] | {"stripId": one["id"], "expectedVersion": one["version"]}
    reviewed = (await run(runtime, people, Role.CLINICIAN, "ReviewEcgStrip", input=choice)).data["reviewEcgStrip"]
    assert reviewed["strip"]["status"] == "REVIEWED"
    agreement = (await run(runtime, people, Role.CLINICIAN, "EcgAgreement")).data["ecgAgreement"]
    assert agreement["reviewed"] == 1
