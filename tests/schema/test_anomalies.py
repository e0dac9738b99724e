"""What the analysis found, as patients and clinicians read it, and what a clinician says of the medication."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.domain.home_weights import analyse, live, ramp, record, remembered
from tests.people import People
from tests.schema.test_pressure_to_alert import WORKLIST, ask, work_off
from tests.schema.test_statement_counts import statements

__all__ = ["statements"]

ANOMALIES = """query PatientOverview($id: ID!, $first: Int!, $after: String) { patient(id: $id) {
  anomalies(first: $first, after: $after) { edges { cursor node { id measure kind observedAt observed expectedLow
    expectedHigh explanation method version direction unit isExplained onsetAt } }
    pageInfo { hasNextPage endCursor } } } }"""
CHANGED = """mutation RecordMedicationChange($input: RecordMedicationChangeInput!) {
  recordMedicationChange(input: $input) { medicationChange { id at label } } }"""
TREND = """query Trend($id: ID!) { patient(id: $id) {
  trend(measure: WEIGHT, days: 90) { readings expectedLow expectedHigh explanation }
  trendImageUrl(measure: WEIGHT, days: 90) } }"""


async def lasting(runtime: Runtime, people: People, role: Role = Role.CLINICIAN) -> Any:
    """The one anomaly that is no point."""
    edges = (await anomalies(runtime, people, role))["edges"]
    (node,) = [edge["node"] for edge in edges if edge["node"]["kind"] != "POINT"]
    return node


async def anomalies(runtime: Runtime, people: People, role: Role = Role.CLINICIAN, **more: Any) -> Any:
    found = await ask(runtime, people, role, ANOMALIES, **({"id": str(people.patient_id), "first": 20} | more))
    assert found.errors is None, found.errors
    return found.data["patient"]["anomalies"]


async def test_patient_and_clinician_read_one_sentence_in_the_patient_s_language(
    runtime: Runtime, people: People
) -> None:
    await live(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    for locale, name, words in (
        ("it-IT", "Peso: ", "si attendeva da"),
        ("de-AT", "Gewicht: ", "erwartet"),
        ("en-GB", "Weight: ", "was expected at those hours"),
        ("fr-FR", "Weight: ", "was expected at those hours"),
    ):
        await runtime.pool.execute("UPDATE patient SET locale = $1", locale)
        for role in (Role.PATIENT, Role.CLINICIAN):
            node = await lasting(runtime, people, role)
            assert node["explanation"].startswith(name)
            assert words in node["explanation"]
            assert node["explanation"].endswith(".")
            assert node["explanation"].count(". ") == 0
    assert (node["measure"], node["direction"], node["unit"], node["isExplained"]) == ("WEIGHT", "UP", "kg", False)
    assert node["expectedLow"] < node["expectedHigh"] < node["observed"]
    assert f"{node['observed']:.1f} kg" in node["explanation"]
    assert node["version"].startswith("findings-")
    audited = await runtime.pool.fetch("SELECT role FROM audit_entry WHERE action = 'anomalies' ORDER BY at")
    assert [row["role"] for row in audited] == ["PATIENT", "CLINICIAN"] * 4


async def test_the_worklist_names_the_finding_without_values(runtime: Runtime, people: People) -> None:
    await live(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    listed = await ask(runtime, people, Role.COORDINATOR, WORKLIST, first=10)
    assert listed.errors is None, listed.errors
    (edge,) = listed.data["worklist"]["edges"]
    assert (edge["node"]["urgency"], len(edge["node"]["reasons"])) == ("REVIEW", 1)
    assert edge["node"]["reasons"][0].startswith("Weight has ")
    assert not any(letter.isdigit() for letter in edge["node"]["reasons"][0])
    (alert,) = edge["node"]["openAlerts"]
    assert (alert["rule"], "kg" in alert["explanation"]) == ("VITALS-CHANGE v1", False)
    (seen,) = (await ask(runtime, people, Role.CLINICIAN, WORKLIST, first=10)).data["worklist"]["edges"]
    assert "kg in the last days where" in seen["node"]["openAlerts"][0]["explanation"]


async def kept(runtime: Runtime, people: People, many: int) -> None:
    """So many findings, two at each hour."""
    now = runtime.now()
    await runtime.pool.executemany(
        "INSERT INTO finding (id, patient_id, measure, kind, direction, score, onset_at, raised_at, reading_id,"
        " observed, expected_low, expected_high, is_explained, method, version, explanation, found_at)"
        " VALUES ($1, $2, 'WEIGHT', 'POINT', 'UP', 7, $3, $3, $1, 91, 80, 82, false, 'm', 'v', $4, $3)",
        [
            (
                uuid4(),
                people.patient_id,
                now - timedelta(hours=number // 2),
                '{"unit": "kg", "size": 10, "readings": 1, "missing_days": 0, "medication_changes": []}',
            )
            for number in range(many)
        ],
    )


async def test_pages_go_on_behind_the_cursor_and_leave_nothing_out(runtime: Runtime, people: People) -> None:
    await kept(runtime, people, 25)
    await runtime.pool.execute(
        "UPDATE finding SET withdrawn_at = now() WHERE id = (SELECT id FROM finding ORDER BY id LIMIT 1)"
    )
    seen: list[str] = []
    after = None
    while True:
        page = await anomalies(runtime, people, first=7, after=after)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    expected = await runtime.pool.fetch(
        "SELECT id FROM finding WHERE withdrawn_at IS NULL ORDER BY raised_at DESC, id DESC"
    )
    assert seen == [str(row["id"]) for row in expected]
    refused = await ask(runtime, people, Role.CLINICIAN, ANOMALIES, id=str(people.patient_id), first=0)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"


async def test_many_cost_as_many_statements_as_one(runtime: Runtime, people: People, statements: list[str]) -> None:
    counts = []
    for many in (1, 40):
        await kept(runtime, people, many)
        statements.clear()
        assert len((await anomalies(runtime, people, first=100))["edges"]) >= many
        counts.append(len(statements))
    assert counts == [3, 3]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.DEVICE])
async def test_who_sees_no_values_sees_no_anomalies_and_tells_of_no_medication(
    runtime: Runtime, people: People, role: Role
) -> None:
    await kept(runtime, people, 1)
    refused = await ask(runtime, people, role, ANOMALIES, id=str(people.patient_id), first=1)
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)
    refused = await ask(runtime, people, role, CHANGED, input=change(people, runtime.now().isoformat()))
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_event") == 0
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'anomalies'") == 0


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
async def test_a_stranger_s_anomalies_look_like_none(runtime: Runtime, people: People, role: Role) -> None:
    for who in (people.foreign_id, UUID(int=7)):
        refused = await ask(runtime, people, role, ANOMALIES, id=str(who), first=1)
        assert (refused.errors[0].extensions["code"], refused.data) == ("NOT_FOUND", None)


def change(people: People, at: str, label: str = "furosemide 40 mg to 20 mg") -> dict[str, str]:
    return {"clientId": str(uuid4()), "patientId": str(people.patient_id), "at": at, "label": label}


async def test_a_change_of_medication_explains_what_follows_and_rings_nobody(runtime: Runtime, people: People) -> None:
    weights = ramp(runtime.now() - timedelta(hours=1))
    await record(runtime, people, weights[:50])
    sent = change(people, (weights[51][0]).isoformat())
    made = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent)
    assert made.errors is None, made.errors
    await live(runtime, people, weights[50:])
    await analyse(runtime, people.patient_id)
    (found,) = [row for row in (await remembered(runtime))[1] if row["kind"] != "POINT"]
    assert found["is_explained"]
    node = await lasting(runtime, people)
    assert "la causa può essere furosemide 40 mg to 20 mg del " in node["explanation"]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert WHERE rule = 'VITALS-CHANGE'") == 0
    shown = await ask(runtime, people, Role.CLINICIAN, TREND, id=str(people.patient_id))
    async with httpx.AsyncClient() as client:
        picture = await client.get(shown.data["patient"]["trendImageUrl"])
    assert "furosemide 40 mg to 20 mg" in picture.text


async def test_a_change_told_afterwards_explains_what_was_found_before(runtime: Runtime, people: People) -> None:
    weights = ramp(runtime.now() - timedelta(hours=1))
    await live(runtime, people, weights)
    (before,) = [row for row in (await remembered(runtime))[1] if row["kind"] != "POINT"]
    sent = change(people, before["onset_at"].isoformat())
    first = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent)
    again = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent)
    assert (again.errors, again.data) == (None, first.data)
    refused = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent | {"label": "another"})
    assert refused.errors[0].extensions["code"] == "CONFLICT"
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_event") == 1
    await work_off(runtime)
    (after,) = [row for row in (await remembered(runtime))[1] if row["kind"] != "POINT"]
    assert (after["id"], before["is_explained"], after["is_explained"]) == (before["id"], False, True)


@pytest.mark.parametrize("label", ["   ", "x" * 101, "two\nlines"])
async def test_a_change_that_says_nothing_is_refused(runtime: Runtime, people: People, label: str) -> None:
    refused = await ask(
        runtime, people, Role.CLINICIAN, CHANGED, input=change(people, runtime.now().isoformat(), label)
    )
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_event") == 0


@pytest.mark.parametrize("ago", [timedelta(hours=-1), timedelta(days=731)])
async def test_a_change_at_no_possible_moment_is_refused(runtime: Runtime, people: People, ago: timedelta) -> None:
    sent = change(people, (runtime.now() - ago).isoformat())
    refused = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent)
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_event") == 0


async def test_a_change_without_an_offset_or_of_a_stranger_is_refused(runtime: Runtime, people: People) -> None:
    sent = change(people, "2026-11-20T08:00:00")
    refused = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=sent)
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)
    strange = change(people, runtime.now().isoformat()) | {"patientId": str(people.foreign_id)}
    refused = await ask(runtime, people, Role.CLINICIAN, CHANGED, input=strange)
    assert (refused.errors[0].extensions["code"], refused.data) == ("NOT_FOUND", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_event") == 0


async def test_the_next_reading_is_expected_where_the_patient_s_own_readings_lie(
    runtime: Runtime, people: People
) -> None:
    await record(runtime, people, ramp(runtime.now() - timedelta(hours=1), kilograms=0))
    before = (await ask(runtime, people, Role.PATIENT, TREND, id=str(people.patient_id))).data["patient"]["trend"]
    await analyse(runtime, people.patient_id)
    after = (await ask(runtime, people, Role.PATIENT, TREND, id=str(people.patient_id))).data["patient"]["trend"]
    assert before["readings"] == after["readings"] == 60
    assert before["expectedLow"] != after["expectedLow"]
    assert 79.5 < after["expectedLow"] < 80.9
    assert 81.1 < after["expectedHigh"] < 82.5
    assert f"between {after['expectedLow']:.4g} and {after['expectedHigh']:.4g} kg" in after["explanation"]
