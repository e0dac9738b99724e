"""The demo clinic as its personas find it."""

import time
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from dev.demo.patients import demo_patients
from dev.demo.truths import Archetype
from dev.personas import PERSONAS
from dev.seed import seed
from domain import adherence
from domain.access import Actor
from domain.kinds import Role
from domain.patients import account_of
from domain.rules.adherence import ADHERENCE
from tests import asking
from tests.schema.test_pressure_to_alert import WORKLIST, work_off

ISSUER = "http://127.0.0.1:2"
PATIENTS = """query Patients($first: Int!) { patients(first: $first) { edges { node { id displayName } } } }"""
PATIENT = "query Patient($id: ID!) { patient(id: $id) { id } }"
ROWS = """SELECT (SELECT count(*) FROM organisation), (SELECT count(*) FROM patient), (SELECT count(*) FROM account),
  (SELECT count(*) FROM care_relation), (SELECT count(*) FROM reading), (SELECT count(*) FROM ecg_strip),
  (SELECT count(*) FROM outbox_item), (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM event)"""


@pytest.fixture
async def demo_patient(runtime: Runtime) -> UUID:
    return await seed(runtime, ISSUER, lambda _done, _total: None)


async def actor(runtime: Runtime, role: Role, issuer: str = ISSUER) -> Actor | None:
    (persona,) = (each for each in PERSONAS if each.role is role)
    async with runtime.pool.acquire() as connection:
        return await account_of(connection, issuer, persona.subject)


async def ask(runtime: Runtime, role: Role, query: str, **variables: object) -> dict[str, list[dict[str, object]]]:
    by = await actor(runtime, role)
    assert by is not None
    answer = await asking.ask(runtime, by, query, **variables)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return {name: [edge["node"] for edge in found["edges"]] for name, found in answer.data.items()}


async def test_everybody_is_there_and_everything_was_kept(runtime: Runtime, demo_patient: UUID) -> None:
    expected = demo_patients(runtime.now().date())
    strips = sum(len(person.strips) for person in expected)
    # The two of the crisis come on top.
    readings = sum(len(person.samples) for person in expected) + 2
    assert tuple(await runtime.pool.fetchrow(ROWS))[:6] == (3, 15, 5, 14, readings, strips)
    assert await runtime.pool.fetchval("SELECT max(measured_at) FROM reading") <= runtime.now()
    sources = await runtime.pool.fetch("SELECT source, count(*) FROM reading GROUP BY source ORDER BY source::text")
    assert [tuple(row) for row in sources] == [("DEVICE", 2), ("IMPORT", readings - 8), ("MANUAL", 6)]
    offsets = await runtime.pool.fetch(
        "SELECT DISTINCT reading.offset_minutes FROM reading JOIN patient ON patient.id = patient_id"
        " WHERE time_zone = 'Europe/Helsinki'"
    )
    assert {row["offset_minutes"] for row in offsets} <= {120, 180}


async def test_every_persona_has_an_account_and_the_demo_patient_is_hers(runtime: Runtime, demo_patient: UUID) -> None:
    found = {role: await actor(runtime, role) for role in Role}
    for role, by in found.items():
        assert by is not None
        assert (by.role, by.patient_id) == (role, demo_patient if role in (Role.PATIENT, Role.DEVICE) else None)


async def test_seeding_again_adds_nothing_and_accepts_the_new_sign_in(runtime: Runtime, demo_patient: UUID) -> None:
    before = await runtime.pool.fetchrow(ROWS)
    told: list[tuple[int, int]] = []
    assert await seed(runtime, "http://127.0.0.1:3", lambda done, total: told.append((done, total))) == demo_patient
    assert await runtime.pool.fetchrow(ROWS) == before
    assert told == []
    for role in Role:
        assert await actor(runtime, role) is None
        assert await actor(runtime, role, "http://127.0.0.1:3") is not None


async def test_progress_ends_where_it_said_and_seeding_takes_seconds(runtime: Runtime) -> None:
    told: list[tuple[int, int]] = []
    began = time.monotonic()
    await seed(runtime, ISSUER, lambda done, total: told.append((done, total)))
    assert time.monotonic() - began < 20
    assert told == [(done, 14) for done in range(15)]


async def test_only_the_demo_patient_rings_and_every_strip_is_read(runtime: Runtime, demo_patient: UUID) -> None:
    assert await work_off(runtime) > 0
    listed = (await ask(runtime, Role.CLINICIAN, WORKLIST, first=20))["worklist"]
    urgent = [one for one in listed if one["urgency"] == "URGENT"]
    assert [one["patient"]["id"] for one in urgent] == [str(demo_patient)]  # type: ignore[index]
    assert listed[0] == urgent[0]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 1
    strips = await runtime.pool.fetch(
        "SELECT display_name, recorded_at, ecg_strip.status, heart_rate_mean, beat_seconds, png_key FROM ecg_strip"
        " JOIN patient ON patient.id = patient_id ORDER BY recorded_at"
    )
    truths = {(person.name, at): strip for person in demo_patients(runtime.now().date()) for at, strip in person.strips}
    assert len(strips) == len(truths)
    for row in strips:
        truth = truths[row["display_name"], row["recorded_at"]]
        intervals = truth.beat_seconds[1:] - truth.beat_seconds[:-1]
        assert row["status"] == "ANALYSED"
        assert row["heart_rate_mean"] == pytest.approx(60 / intervals.mean(), abs=2)
        assert await runtime.store.get(row["png_key"], 10**7)


async def test_the_stranger_of_another_clinic_exists_for_no_persona(runtime: Runtime, demo_patient: UUID) -> None:
    stranger = await runtime.pool.fetchval("SELECT id FROM patient WHERE display_name = 'Zora Straniera'")
    for role in (Role.CLINICIAN, Role.COORDINATOR):
        seen = (await ask(runtime, role, PATIENTS, first=50))["patients"]
        assert len(seen) == 14
        assert str(stranger) not in {one["id"] for one in seen}
    told = {}
    for role in Role:
        by = await actor(runtime, role)
        assert by is not None
        answer = await asking.ask(runtime, by, PATIENT, id=str(stranger))
        assert answer.errors is not None
        assert answer.data is None
        told[role] = (answer.errors[0].extensions or {}).get("code")
    nothing = dict.fromkeys((Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR), "NOT_FOUND")
    assert told == nothing | dict.fromkeys((Role.ADMIN, Role.DEVICE), "FORBIDDEN")


async def test_a_newcomer_finds_tasks_and_an_adherence_that_falls(runtime: Runtime, demo_patient: UUID) -> None:
    today = runtime.now().date()
    by = await actor(runtime, Role.PATIENT)
    assert by is not None
    home = """query ($today: Date!, $from: Date!) { viewer { patient { tasks(on: $today) { kind title status }
      therapyPlans(first: 5, status: [ACTIVE]) { edges { node { title activities { title } } } }
      adherence(from: $from, to: $today) { proportionOfDaysCovered byMedication { medication } } } } }"""
    answer = await asking.ask(
        runtime, by, home, today=today.isoformat(), **{"from": (today - timedelta(days=28)).isoformat()}
    )
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    patient = answer.data["viewer"]["patient"]
    assert {"Ramipril 5 mg", "Amlodipine 5 mg"} <= {one["title"] for one in patient["tasks"]}
    assert [one["node"]["title"] for one in patient["therapyPlans"]["edges"]] == ["Pressione sotto controllo"]
    assert [one["medication"] for one in patient["adherence"]["byMedication"]] == ["Amlodipine", "Ramipril"]
    assert patient["adherence"]["proportionOfDaysCovered"] > ADHERENCE.review_below
    rows = await runtime.pool.fetch("SELECT id, display_name FROM patient")
    fallen = await adherence.falling(runtime.pool, [row["id"] for row in rows], runtime.now())
    names = {row["id"]: row["display_name"] for row in rows}
    poor = [one.name for one in demo_patients(today) if one.truth.archetype is Archetype.POOR_ADHERENCE]
    assert {names[row["patient_id"]] for row in fallen} >= set(poor)
    listed = await ask(
        runtime, Role.CLINICIAN, "query { worklist(first: 20) { edges { node { reasons patient { displayName } } } } }"
    )
    lapsed = [one["patient"] for one in listed["worklist"] if "booked as taken" in str(one["reasons"])]
    assert sorted(map(str, lapsed)) == sorted(str({"displayName": name}) for name in poor)
