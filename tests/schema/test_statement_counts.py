"""A list of many costs as many statements as a list of one."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from domain import alerts, prescriptions, therapy_plans
from domain.kinds import AlertSeverity, Role
from domain.prescriptions import Dose, Prescription
from domain.rules import programmes
from domain.rules.schedules import Schedule
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import SerialConnection, new_id
from tests.people import People
from tests.schema.test_pressure_to_alert import READINGS, RECORD, WORKLIST, ask, pressure
from tests.schema.test_strip_to_picture import as_json, uploaded

PATIENTS = """query Patients($first: Int!) { patients(first: $first) { edges { node { id displayName
  careTeam { displayName role } latestReadings(kinds: [BLOOD_PRESSURE, WEIGHT]) { kind measuredAt
  ... on BloodPressureReading { systolic category } } } } } }"""
ALERTS = """query Alerts($first: Int!) { patients(first: $first) { edges { node { ruleOverrides { rule }
  alerts(first: 1) { edges { node { id assignee { displayName } patient { id } history { change by { displayName } }
    escalations { audience clinicians { displayName } } } } } } } } }"""
MANY = 25


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of every unit of work."""
    sent: list[str] = []

    def counting(ask_database: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: SerialConnection, query: str, *args: Any) -> Any:
            sent.append(query)
            return ask_database(self, query, *args)

        return counted

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(SerialConnection, name, counting(getattr(SerialConnection, name)))
    return sent


async def care_for_many(runtime: Runtime, people: People) -> None:
    """Many more patients of the clinician, each with a reading and an alert that somebody handles."""
    clinic = await Organisation.get(id=people.actors[Role.CLINICIAN].organisation_id)
    clinician = await Account.get(id=people.actors[Role.CLINICIAN].account_id)
    now = runtime.now()
    for number in range(MANY):
        patient = await Patient.create(
            id=new_id(),
            clinic=clinic,
            display_name=f"Patient {number:02}",
            birth_date=date(1950, 1, 1),
            time_zone="Europe/Rome",
            locale="it-IT",
            conditions=[],
            created_at=now,
        )
        await CareRelation.create(id=new_id(), patient=patient, clinician=clinician, starts_at=now)
        async with runtime.unit_of_work() as work:
            await alerts.raise_alert(
                work,
                patient_id=patient.id,
                rule="BP-CRISIS-3",
                rule_version=1,
                severity=AlertSeverity.URGENT,
                title="Very high",
                explanation="184/112 mm[Hg]",
                reading_id=new_id(),
            )
        sent = {"patientId": str(patient.id), "readings": [pressure(now - timedelta(hours=1), 128, 82)]}
        assert (await ask(runtime, people, Role.CLINICIAN, RECORD, input=sent)).errors is None
    await runtime.pool.execute("UPDATE alert SET assignee_id = $1", clinician.id)


@pytest.mark.parametrize(
    ("query", "most"), [(WORKLIST, 6), (PATIENTS, 6), (ALERTS, 8)], ids=["worklist", "patients", "alerts"]
)
async def test_a_page_of_many_costs_no_more_statements_than_a_page_of_two(
    runtime: Runtime, people: People, statements: list[str], query: str, most: int
) -> None:
    await care_for_many(runtime, people)
    counts = []
    # The first patient has no readings; the second has what all others have.
    for first in (2, MANY):
        statements.clear()
        answer = await ask(runtime, people, Role.CLINICIAN, query, first=first)
        assert answer.errors is None
        assert len(next(iter(answer.data.values()))["edges"]) == first
        counts.append(len(statements))
    assert counts[0] == counts[1] <= most


async def test_a_hundred_readings_are_kept_with_as_many_statements_as_one(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    counts = []
    for many in (1, 100):
        now = runtime.now()
        sent = [pressure(now - timedelta(minutes=minute), 128, 82) for minute in range(many)]
        statements.clear()
        answer = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
        assert len(answer.data["recordVitals"]["accepted"]) == many
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 7
    statements.clear()
    await ask(
        runtime, people, Role.CLINICIAN, READINGS, patientId=str(people.patient_id), kind="BLOOD_PRESSURE", first=100
    )
    assert len(statements) == 3


async def test_a_page_of_strips_costs_no_more_statements_than_one(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    first = await uploaded(runtime, people, as_json(), "JSON")
    query = """query EcgStrips($patientId: ID!, $first: Int!) { patient(id: $patientId) { ecgStrips(first: $first) {
      edges { node { id recordedAt status rhythm { label } quality { usable } beats { seconds kinds } gaps { field }
        reviews { finding clinician { displayName } } reviewer { displayName } } } } } }"""
    columns = await runtime.pool.fetchval(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
        " WHERE table_name = 'ecg_strip' AND column_name NOT IN ('id', 'recorded_at', 'client_id')"
    )
    for days in range(1, 25):
        await runtime.pool.execute(
            f"INSERT INTO ecg_strip (id, recorded_at, {columns})"  # noqa: S608 - names of columns
            f" SELECT $1, recorded_at - make_interval(days => $2), {columns} FROM ecg_strip WHERE id = $3",
            new_id(),
            days,
            UUID(first),
        )
    counts = []
    for many in (1, 25):
        statements.clear()
        answer = await ask(runtime, people, Role.CLINICIAN, query, patientId=str(people.patient_id), first=many)
        assert len(answer.data["patient"]["ecgStrips"]["edges"]) == many
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5


async def test_the_next_appointments_of_many_cost_no_more_statements_than_those_of_two(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    await care_for_many(runtime, people)
    query = """query Next($first: Int!) { patients(first: $first) { edges { node { id
      nextAppointment { id startsAt clinician { displayName } } } } } }"""
    clinician = people.actors[Role.CLINICIAN].account_id
    await runtime.pool.execute(
        "INSERT INTO appointment (id, patient_id, clinician_id, client_id, kind, status, starts_at, ends_at,"
        " held_until, time_zone, offset_minutes, version)"
        " SELECT id, id, $1, id, 'VIDEO', 'BOOKED', at, at + interval '20 min',"
        " at + interval '20 min', 'Europe/Rome', 60, 1"
        " FROM (SELECT id, now() + row_number() OVER () * interval '1 hour' AS at FROM patient) AS each",
        clinician,
    )
    counts = []
    for first in (2, MANY):
        statements.clear()
        answer = await ask(runtime, people, Role.CLINICIAN, query, first=first)
        edges = answer.data["patients"]["edges"]
        assert [edge["node"]["nextAppointment"]["id"] for edge in edges] == [edge["node"]["id"] for edge in edges]
        assert len(edges) == first
        counts.append(len(statements))
    assert counts[0] == counts[1] == 3


async def start_plans(runtime: Runtime, people: People) -> None:
    """A programme and two medicines for every patient of the clinician."""
    by = people.actors[Role.CLINICIAN]
    (programme,) = (one for one in programmes.offered() if one.condition == "HYPERTENSION")
    today = runtime.now().date() + timedelta(days=1)
    for patient in await Patient.filter(clinic_id=by.organisation_id):
        async with runtime.unit_of_work(by) as work:
            plan = await therapy_plans.start_programme(work, by, None, patient.id, programme.id, today)
            for name, atc_code in (("Ramipril", "C09AA05"), ("Amlodipine", "C08CA01")):
                asked = Prescription(
                    name, atc_code, Dose(5, "mg"), Schedule([time(8), time(20)]), today, None, instructions=None
                )
                await prescriptions.prescribe(work, by, None, plan["id"], asked)


async def test_tasks_and_adherence_of_many_cost_no_more_statements_than_those_of_two(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    await care_for_many(runtime, people)
    await start_plans(runtime, people)
    day = runtime.now().date() + timedelta(days=2)
    query = f"""query Tasks($first: Int!) {{ patients(first: $first) {{ edges {{ node {{
      tasks(on: "{day}") {{ id title status dueAt }} adherence(from: "{day}", to: "{day}") {{ scheduled }}
      pressureByAdherence(from: "{day}", to: "{day}") {{ days }} }} }} }} }}"""
    counts = []
    for first in (2, MANY):
        statements.clear()
        answer = await ask(runtime, people, Role.CLINICIAN, query, first=first)
        edges = answer.data["patients"]["edges"]
        assert [len(edge["node"]["tasks"]) >= 4 for edge in edges] == [True] * first
        counts.append(len(statements))
    assert counts[0] == counts[1] == 5


async def test_a_page_of_plans_costs_no_more_statements_than_one(
    runtime: Runtime, people: People, statements: list[str]
) -> None:
    by, tomorrow = people.actors[Role.CLINICIAN], runtime.now().date() + timedelta(days=1)
    for one in programmes.offered():
        if one.condition != "HYPERTENSION":
            async with runtime.unit_of_work(by) as work:
                await therapy_plans.start_programme(work, by, None, people.patient_id, one.id, tomorrow)
    await start_plans(runtime, people)
    query = """query Plans($id: ID!, $first: Int!) { patient(id: $id) { therapyPlans(first: $first) { edges { node {
      title status activities { title schedule { text } phases { startsOn dose { value } } } } } } } }"""
    counts = []
    for many in (1, 5):
        statements.clear()
        answer = await ask(runtime, people, Role.CLINICIAN, query, id=str(people.patient_id), first=many)
        edges = answer.data["patient"]["therapyPlans"]["edges"]
        assert [len(edge["node"]["activities"]) >= 9 for edge in edges] == [True] * many
        counts.append(len(statements))
    # Phases are looked for by each of the six kinds of activities.
    assert counts[0] == counts[1] == 10
