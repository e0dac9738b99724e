"""The way of a blood pressure: recorded, analysed once, seen by the clinician, by nobody else."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain import feeds, outbox
from domain.feeds import Topic
from domain.kinds import Role
from tests import asking
from tests.people import People
from workers.items import do_item

RECORD = """mutation RecordVitals($input: RecordVitalsInput!) { recordVitals(input: $input) {
  accepted { id kind measuredAt } duplicates rejected { index field code message } } }"""
WORKLIST = """query Worklist($first: Int!, $after: String) { worklist(first: $first, after: $after) {
  edges { cursor node { urgency reasons lastReadingAt patient { id displayName birthDate conditions }
    openAlerts { id severity status title explanation rule raisedAt snoozedUntil version
      assignee { displayName } patient { id displayName } } } }
  pageInfo { hasNextPage endCursor } } }"""
ACKNOWLEDGE = """mutation AcknowledgeAlert($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) {
  alert { id status version assignee { displayName } } } }"""
READINGS = """query Readings($patientId: ID!, $kind: VitalKind!, $first: Int!, $after: String) {
  patient(id: $patientId) { readings(kind: $kind, first: $first, after: $after) {
    edges { cursor node { id measuredAt source ... on BloodPressureReading { systolic diastolic pulse }
      ... on QuantityReading { value unit } } } pageInfo { hasNextPage endCursor } } } }"""


async def ask(runtime: Runtime, people: People, role: Role, query: str, **variables: Any) -> Any:
    """The answer to `query` as `role`."""
    return await asking.ask(runtime, people.actors[role], query, **variables)


def pressure(at: datetime, systolic: float, diastolic: float, **more: Any) -> dict[str, Any]:
    """A reading as a phone sends it."""
    return {
        "clientId": str(uuid4()),
        "measuredAt": at.isoformat(),
        "source": "DEVICE",
        "value": {"bloodPressure": {"systolic": systolic, "diastolic": diastolic, "pulse": 71}},
    } | more


async def work_off(runtime: Runtime) -> int:
    """Do what the outbox holds; how many items there were."""
    items = await runtime.pool.fetch("SELECT id FROM outbox_item WHERE done_at IS NULL")
    for item in items:
        await do_item(runtime, item["id"])
    return len(items)


async def test_two_high_pressures_raise_one_alert_that_one_clinician_takes(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    readings = [
        pressure(now - timedelta(minutes=6), 184, 112),
        pressure(now - timedelta(minutes=2), 182, 108),
    ]
    first = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": readings})
    assert first.errors is None
    assert len(first.data["recordVitals"]["accepted"]) == 2
    again = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": readings})
    assert again.data["recordVitals"] == {
        "accepted": [],
        "duplicates": [one["clientId"] for one in readings],
        "rejected": [],
    }
    assert await work_off(runtime) == 1
    assert await work_off(runtime) == 0

    listed = await ask(runtime, people, Role.CLINICIAN, WORKLIST, first=10)
    assert listed.errors is None
    (edge,) = listed.data["worklist"]["edges"]
    assert (edge["node"]["urgency"], edge["node"]["patient"]["displayName"]) == ("URGENT", "Ada Prova")
    assert edge["node"]["reasons"] == ["Very high blood pressure, confirmed by a second reading."]
    (alert,) = edge["node"]["openAlerts"]
    assert "184/112 mm[Hg]" in alert["explanation"]
    assert (alert["rule"], alert["status"], alert["version"]) == ("BP-CRISIS-3 v1", "OPEN", 1)

    taken = await ask(
        runtime, people, Role.CLINICIAN, ACKNOWLEDGE, input={"alertId": alert["id"], "expectedVersion": 1}
    )
    assert taken.data["acknowledgeAlert"]["alert"]["status"] == "ACKNOWLEDGED"
    assert taken.data["acknowledgeAlert"]["alert"]["assignee"] == {"displayName": "Test clinician"}
    late = await ask(runtime, people, Role.CLINICIAN, ACKNOWLEDGE, input={"alertId": alert["id"], "expectedVersion": 1})
    assert late.errors[0].extensions == {"code": "CONFLICT", "currentVersion": 2}
    async with runtime.pool.acquire() as connection:
        told, _ = await feeds.settled(connection, (0, 0))
        assert [event.kind for event in told if Topic().has(event)] == ["ALERT_RAISED", "ALERT_ACKNOWLEDGED"]
        stranger = people.actors[Role.ADMIN]
        assert (
            await connection.fetchval("SELECT count(*) FROM audit_entry WHERE actor_id = $1", stranger.account_id) == 0
        )
        actions = await connection.fetch("SELECT DISTINCT action FROM audit_entry ORDER BY action")
        assert [row["action"] for row in actions] == [
            "acknowledgeAlert",
            "openAlerts",
            "raiseAlert",
            "recordVitals",
            "worklist",
        ]


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        ([(0, 184, 112, "DEVICE")], "one reading confirms nothing"),
        ([(0, 184, 112, "IMPORT"), (5, 184, 112, "IMPORT")], "imported"),
        ([(2880, 184, 112, "DEVICE"), (2885, 184, 112, "DEVICE")], "two days late"),
        ([(0, 179, 109, "DEVICE"), (5, 179, 109, "DEVICE")], "just below"),
        ([(0, 184, 112, "DEVICE"), (31, 184, 112, "DEVICE")], "too far apart"),
    ],
)
async def test_no_alert(
    runtime: Runtime, people: People, readings: list[tuple[int, float, float, str]], why: str
) -> None:
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=m), s, d, source=source) for m, s, d, source in readings]
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
    await work_off(runtime)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 0, why


async def test_good_readings_stay_when_others_are_refused(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    weight = {"weight": {"value": 179, "unit": "[lb_av]"}}
    sent = [
        pressure(now, 82, 128),
        pressure(now, 128, 82, value=weight),
        pressure(now + timedelta(hours=1), 128, 82),
        pressure(now, 128, 82, value={"weight": {"value": 80, "unit": "stone"}}),
    ]
    answer = await ask(runtime, people, Role.DEVICE, RECORD, input={"readings": sent})
    outcome = answer.data["recordVitals"]
    assert [one["kind"] for one in outcome["accepted"]] == ["WEIGHT"]
    assert [(one["index"], one["code"]) for one in outcome["rejected"]] == [
        (0, "SWAPPED_PRESSURES"),
        (2, "IN_THE_FUTURE"),
        (3, "UNKNOWN_UNIT"),
    ]
    page = await ask(
        runtime, people, Role.CLINICIAN, READINGS, patientId=str(people.patient_id), kind="WEIGHT", first=5
    )
    (edge,) = page.data["patient"]["readings"]["edges"]
    assert edge["node"]["value"] == pytest.approx(81.193034)
    assert edge["node"]["unit"] == "kg"


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.COORDINATOR, "FORBIDDEN"),
        (Role.ADMIN, "FORBIDDEN"),
        (Role.DEVICE, "FORBIDDEN"),
    ],
)
async def test_roles_without_health_values_are_refused(runtime: Runtime, people: People, role: Role, code: str) -> None:
    answer = await ask(
        runtime, people, role, READINGS, patientId=str(people.patient_id), kind="BLOOD_PRESSURE", first=5
    )
    assert answer.errors[0].extensions["code"] == code
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action LIKE 'readings%'") == 0


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
async def test_a_foreign_patient_looks_like_none(runtime: Runtime, people: People, role: Role) -> None:
    answers = [
        await ask(runtime, people, role, READINGS, patientId=str(who), kind="WEIGHT", first=5)
        for who in (people.foreign_id, UUID(int=7))
    ]
    assert {str(answer.errors[0].message) for answer in answers} == {"There is no such patient."}


async def test_work_of_a_dead_worker_is_done_by_the_next_one_and_once(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=6), 184, 112), pressure(now - timedelta(minutes=2), 182, 108)]
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
    item = await runtime.pool.fetchval("SELECT id FROM outbox_item")
    async with runtime.pool.acquire() as connection:
        dead = await outbox.claim(connection, item, now)
        assert dead is not None
        assert await outbox.claim(connection, item, now) is None
        assert await outbox.due(connection, now + outbox.LEASE - timedelta(seconds=1)) == []
        later = now + outbox.LEASE + timedelta(seconds=1)
        assert await outbox.due(connection, later) == [(item, 1)]
        next_one = await outbox.claim(connection, item, later)
        assert next_one is not None
        assert not await outbox.finish(connection, dead, later)
        assert await outbox.finish(connection, next_one, later)
        assert not await outbox.finish(connection, next_one, later)


async def test_what_one_call_sends_twice_is_kept_once_and_a_reused_client_id_is_a_conflict(
    runtime: Runtime, people: People
) -> None:
    now = runtime.now()
    first = pressure(now, 128, 82)
    other = first | {"value": {"weight": {"value": 80}}}
    answer = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": [first, first, other]})
    outcome = answer.data["recordVitals"]
    assert [one["kind"] for one in outcome["accepted"]] == ["BLOOD_PRESSURE"]
    assert outcome["duplicates"] == [first["clientId"]]
    assert [(one["index"], one["code"]) for one in outcome["rejected"]] == [(2, "CONFLICT")]
    later = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": [other]})
    assert later.data["recordVitals"]["accepted"] == []
    assert [one["code"] for one in later.data["recordVitals"]["rejected"]] == ["CONFLICT"]
    assert await runtime.pool.fetchval("SELECT count(*) FROM reading") == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"measuredAt": "2026-11-20T08:00:00"}, "measuredAt", "NO_OFFSET"),
        ({"measuredAt": "0001-01-01T00:00:00+14:00"}, "measuredAt", "TOO_OLD"),
        ({"measuredAt": "9999-12-31T23:59:59-14:00"}, "measuredAt", "IN_THE_FUTURE"),
        ({"device": "x" * 101}, "device", "NOT_A_NAME"),
        ({"device": "two\nlines"}, "device", "NOT_A_NAME"),
        ({"value": {"weight": {"value": 1e308, "unit": "[lb_av]"}}}, "value", "OUT_OF_RANGE"),
    ],
)
async def test_a_reading_that_cannot_be_is_refused_alone(
    runtime: Runtime, people: People, change: dict[str, Any], field: str, code: str
) -> None:
    good = pressure(runtime.now(), 128, 82)
    answer = await ask(
        runtime, people, Role.PATIENT, RECORD, input={"readings": [pressure(runtime.now(), 128, 82) | change, good]}
    )
    assert answer.errors is None
    outcome = answer.data["recordVitals"]
    assert len(outcome["accepted"]) == 1
    assert [(one["index"], one["field"], one["code"]) for one in outcome["rejected"]] == [(0, field, code)]


@pytest.mark.parametrize("name", ["from", "to"])
async def test_a_window_without_an_offset_is_refused(runtime: Runtime, people: People, name: str) -> None:
    query = f"""query Readings($patientId: ID!, $at: DateTime!) {{
      patient(id: $patientId) {{ readings(kind: WEIGHT, first: 1, {name}: $at) {{ edges {{ cursor }} }} }} }}"""
    answer = await ask(runtime, people, Role.PATIENT, query, patientId=str(people.patient_id), at="2026-11-20T08:00:00")
    assert answer.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert answer.errors[0].message.startswith(f"{name}: say the offset")
