"""How people join, through the schema and as every role; what is refused changes nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from strawberry.types import ExecutionResult

from adapters.runtime import Runtime
from domain.access import Actor, Newcomer
from domain.kinds import OrganisationKind, Role
from schema.root import schema
from tests.asking import ask
from tests.joining import everything, invited, newcomer, someone, staff
from tests.people import People

CODE = "{ patient { id displayName birthDate timeZone locale hasAccount } code expiresAt }"
INVITE = f"mutation ($input: InvitePatientInput!) {{ invitePatient(input: $input) {CODE} }}"
ISSUE = f"mutation ($input: IssueActivationCodeInput!) {{ issueActivationCode(input: $input) {CODE} }}"
ACTIVATE = """mutation ($input: ActivateInput!) { activate(input: $input) {
  patient { id displayName conditions locale careTeam { displayName role }
    latestReadings(kinds: [WEIGHT]) { id } } } }"""
RELATION = "{ relation { id startsAt endsAt clinician { id displayName } } }"
ASSIGN = f"mutation ($input: AssignClinicianInput!) {{ assignClinician(input: $input) {RELATION} }}"
END = f"mutation ($input: EndCareRelationInput!) {{ endCareRelation(input: $input) {RELATION} }}"
VIEWER = "{ viewer { role displayName patient { id displayName timeZone locale } } }"
RECORDS = """query ($first: Int!, $after: String, $search: String) {
  patientRecords(first: $first, after: $after, search: $search) {
    edges { node { id displayName hasAccount } } pageInfo { hasNextPage endCursor } } }"""
RECORD = """query ($id: ID!) { patientRecord(id: $id) { displayName
  careRelations { clinician { displayName } startsAt endsAt } } }"""
CLINICIANS = "query ($first: Int!) { clinicians(first: $first) { edges { node { id displayName } } } }"
CLINICS = "query ($first: Int!) { clinics(first: $first) { edges { node { name } } } }"
TEAM = "query ($id: ID!) { patient(id: $id) { locale careTeam { displayName role } } }"


def data(answer: ExecutionResult) -> Any:
    """The data of an answer without errors."""
    assert answer.errors is None
    assert answer.data is not None
    return answer.data


def code(answer: ExecutionResult) -> str:
    """The code of the one refusal."""
    assert answer.errors is not None
    (error,) = answer.errors
    assert error.extensions is not None
    return str(error.extensions["code"])


def person(**more: Any) -> dict[str, Any]:
    """The input of invitePatient."""
    return {
        "clientId": str(uuid4()),
        "displayName": "  Carla   Nuova ",
        "birthDate": "1961-05-04",
        "timeZone": "Europe/Rome",
        "locale": "it-IT",
        "conditions": ["HEART_FAILURE"],
    } | more


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN])
async def test_from_the_invitation_to_the_own_record(runtime: Runtime, people: People, role: Role) -> None:
    sent = person()
    first = data(await ask(runtime, people.actors[role], INVITE, input=sent))["invitePatient"]
    assert first["patient"] == {
        "id": first["patient"]["id"],
        "displayName": "Carla Nuova",
        "birthDate": "1961-05-04",
        "timeZone": "Europe/Rome",
        "locale": "it-IT",
        "hasAccount": False,
    }
    assert len(first["code"]) == 19
    assert data(await ask(runtime, newcomer(), VIEWER)) == {"viewer": None}
    assert code(await ask(runtime, newcomer(), TEAM, id=first["patient"]["id"])) == "FORBIDDEN"

    answers = [data(await ask(runtime, newcomer(), ACTIVATE, input={"code": first["code"]})) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["activate"]["patient"] == {
        "id": first["patient"]["id"],
        "displayName": "Carla Nuova",
        "conditions": ["HEART_FAILURE"],
        "locale": "it-IT",
        "careTeam": [],
        "latestReadings": [],
    }
    row = await runtime.pool.fetchrow("SELECT * FROM account WHERE subject = $1", newcomer().subject)
    patient = Actor(row["id"], Role(row["role"]), row["organisation_id"], row["patient_id"], row["display_name"])
    assert data(await ask(runtime, patient, ACTIVATE, input={"code": first["code"]})) == answers[0]
    assert data(await ask(runtime, patient, VIEWER))["viewer"] == {
        "role": "PATIENT",
        "displayName": "Carla Nuova",
        "patient": {
            "id": first["patient"]["id"],
            "displayName": "Carla Nuova",
            "timeZone": "Europe/Rome",
            "locale": "it-IT",
        },
    }
    again = data(await ask(runtime, people.actors[role], INVITE, input=sent))["invitePatient"]
    assert again == first | {"code": None, "patient": first["patient"] | {"hasAccount": True}}


async def test_who_may_use_which_field(runtime: Runtime, people: People) -> None:
    zoe = str(people.actors[Role.CLINICIAN].account_id)
    patient_id = str(people.patient_id)
    fields: Mapping[str, tuple[dict[str, Any], set[str]]] = {
        INVITE: ({"input": person()}, {"COORDINATOR", "ADMIN"}),
        ISSUE: ({"input": {"clientId": str(uuid4()), "patientId": patient_id}}, {"COORDINATOR", "ADMIN"}),
        ACTIVATE: ({"input": {"code": "x"}}, {"PATIENT", "newcomer"}),
        ASSIGN: ({"input": {"clientId": str(uuid4()), "patientId": patient_id, "clinicianId": zoe}}, {"ADMIN"}),
        END: ({"input": {"patientId": patient_id, "clinicianId": zoe}}, {"ADMIN"}),
        RECORDS: ({"first": 5}, {"COORDINATOR", "ADMIN"}),
        CLINICIANS: ({"first": 5}, {"ADMIN"}),
        CLINICS: ({"first": 5}, {"ADMIN"}),
        VIEWER: ({}, {*Role, "newcomer"}),
        TEAM: ({"id": patient_id}, {"PATIENT", "CLINICIAN", "COORDINATOR"}),
    }
    callers: dict[str, Actor | Newcomer] = {"newcomer": newcomer()}
    callers.update((str(role), actor) for role, actor in people.actors.items())
    for query, (variables, allowed) in fields.items():
        for name, caller in callers.items():
            before = await everything(runtime)
            answer = await ask(runtime, caller, query, **variables)
            refused = bool(answer.errors) and code(answer) == "FORBIDDEN"
            assert refused is (name not in allowed), (query, name)
            if refused:
                assert await everything(runtime) == before


async def test_a_new_code_revokes_the_old_one_and_is_shown_once(runtime: Runtime, people: People) -> None:
    admin = people.actors[Role.ADMIN]
    patient_id, old = await invited(runtime, admin)
    sent = {"clientId": str(uuid4()), "patientId": str(patient_id)}
    first = data(await ask(runtime, admin, ISSUE, input=sent))["issueActivationCode"]
    before = await everything(runtime)
    again = data(await ask(runtime, admin, ISSUE, input=sent))["issueActivationCode"]
    assert again == first | {"code": None}
    other_id, _ = await invited(runtime, admin)
    grown = await everything(runtime)
    assert code(await ask(runtime, admin, ISSUE, input=sent | {"patientId": str(other_id)})) == "CONFLICT"
    assert code(await ask(runtime, admin, INVITE, input=person(clientId=sent["clientId"]))) == "CONFLICT"
    assert await everything(runtime) == grown != before
    assert code(await ask(runtime, newcomer(), ACTIVATE, input={"code": old})) == "BAD_USER_INPUT"
    assert data(await ask(runtime, newcomer(), ACTIVATE, input={"code": first["code"]}))
    after = await everything(runtime)
    late = {"clientId": str(uuid4()), "patientId": str(patient_id)}
    assert code(await ask(runtime, admin, ISSUE, input=late)) == "CONFLICT"
    assert await everything(runtime) == after


@pytest.mark.parametrize(
    "wrong",
    [
        {"displayName": " "},
        {"displayName": "x" * 201},
        {"displayName": "a\x00b"},
        {"birthDate": "2999-01-01"},
        {"birthDate": "1800-01-01"},
        {"timeZone": "Mars/Base"},
        {"timeZone": "../etc/passwd"},
        {"locale": "italiano"},
        {"conditions": ["not a code"]},
        {"conditions": [f"C{number}" for number in range(51)]},
        {"clinicId": str(UUID(int=7))},
        {"clinicId": "x"},
    ],
)
async def test_an_invitation_with_a_wrong_value_leaves_nothing(
    runtime: Runtime, people: People, wrong: dict[str, Any]
) -> None:
    before = await everything(runtime)
    answer = await ask(runtime, people.actors[Role.ADMIN], INVITE, input=person(**wrong))
    assert code(answer) == "BAD_USER_INPUT"
    assert answer.errors is not None
    assert answer.errors[0].message.startswith(next(iter(wrong)) + ":")
    assert await everything(runtime) == before


async def test_an_insurer_sees_whom_it_invited_and_no_health_data(runtime: Runtime, people: People) -> None:
    insurer = await staff(runtime, OrganisationKind.INSURER, Role.ADMIN, "Salus")
    rival = await staff(runtime, OrganisationKind.INSURER, Role.ADMIN, "Rival")
    admin = people.actors[Role.ADMIN]
    clinic = str(admin.organisation_id)
    names = [edge["node"]["name"] for edge in data(await ask(runtime, insurer, CLINICS, first=5))["clinics"]["edges"]]
    assert names == ["Elsewhere", "Heart Clinic"]

    before = await everything(runtime)
    assert code(await ask(runtime, insurer, INVITE, input=person())) == "BAD_USER_INPUT"
    for nowhere in (insurer.organisation_id, UUID(int=7)):
        assert code(await ask(runtime, insurer, INVITE, input=person(clinicId=str(nowhere)))) == "NOT_FOUND"
    assert await everything(runtime) == before
    made = data(await ask(runtime, insurer, INVITE, input=person(clinicId=clinic)))["invitePatient"]
    patient_id = made["patient"]["id"]

    listed = data(await ask(runtime, insurer, RECORDS, first=5))["patientRecords"]["edges"]
    assert [edge["node"]["id"] for edge in listed] == [patient_id]
    assert data(await ask(runtime, rival, RECORDS, first=5))["patientRecords"]["edges"] == []
    zoe = str(people.actors[Role.CLINICIAN].account_id)
    assign = {"clientId": str(uuid4()), "patientId": patient_id, "clinicianId": zoe}
    assert data(await ask(runtime, admin, ASSIGN, input=assign))
    assert data(await ask(runtime, insurer, RECORD, id=patient_id))["patientRecord"]["careRelations"] == []
    assert data(await ask(runtime, insurer, CLINICIANS, first=5))["clinicians"]["edges"] == []

    before = await everything(runtime)
    for who in (str(people.patient_id), str(UUID(int=7))):
        assert code(await ask(runtime, insurer, RECORD, id=who)) == "NOT_FOUND"
        fresh = {"clientId": str(uuid4()), "patientId": who}
        assert code(await ask(runtime, insurer, ISSUE, input=fresh)) == "NOT_FOUND"
    fresh = {"clientId": str(uuid4()), "patientId": patient_id}
    assert code(await ask(runtime, rival, ISSUE, input=fresh)) == "NOT_FOUND"
    assert code(await ask(runtime, insurer, TEAM, id=patient_id)) == "FORBIDDEN"
    coordinator = await staff(runtime, OrganisationKind.INSURER, Role.COORDINATOR, "Desk")
    before = await everything(runtime)
    assert code(await ask(runtime, coordinator, INVITE, input=person(clinicId=clinic))) == "FORBIDDEN"
    assert code(await ask(runtime, coordinator, RECORDS, first=5)) == "FORBIDDEN"
    assert await everything(runtime) == before


async def test_records_are_paged_and_searched(runtime: Runtime, people: People) -> None:
    admin = people.actors[Role.ADMIN]
    for name in ("Carla 100%", "Carla_x", "Dario"):
        await invited(runtime, admin, someone(name=name))
    seen: list[str] = []
    cursor = None
    while True:
        page = data(await ask(runtime, admin, RECORDS, first=2, after=cursor))["patientRecords"]
        seen += [edge["node"]["displayName"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == ["Ada Prova", "Carla 100%", "Carla_x", "Dario"]
    for search, found in (("%", ["Carla 100%"]), ("_", ["Carla_x"]), ("ada", ["Ada Prova"]), ("Bruno", [])):
        page = data(await ask(runtime, admin, RECORDS, first=5, search=search))["patientRecords"]
        assert [edge["node"]["displayName"] for edge in page["edges"]] == found
    assert code(await ask(runtime, admin, RECORDS, first=5, search="a\x00")) == "BAD_USER_INPUT"


async def test_no_field_of_administration_shows_conditions(runtime: Runtime, people: People) -> None:
    for kind in ("PatientRecord", "CareRelation", "Clinic", "ActivationCodePayload"):
        shape = schema.introspect()["__schema"]["types"]
        (fields,) = [each["fields"] for each in shape if each["name"] == kind]
        assert not {"conditions", "readings", "latestReadings", "trend"} & {field["name"] for field in fields}
    assert code(await ask(runtime, people.actors[Role.ADMIN], TEAM, id=str(people.patient_id))) == "FORBIDDEN"


async def test_a_clinician_is_assigned_and_taken_out(runtime: Runtime, people: People) -> None:
    admin, clinician = people.actors[Role.ADMIN], people.actors[Role.CLINICIAN]
    patient_id, _ = await invited(runtime, admin)
    listed = data(await ask(runtime, admin, CLINICIANS, first=5))["clinicians"]["edges"]
    assert [edge["node"]["displayName"] for edge in listed] == ["Test clinician"]
    zoe = listed[0]["node"]["id"]
    assert code(await ask(runtime, clinician, TEAM, id=str(patient_id))) == "NOT_FOUND"

    sent = {"clientId": str(uuid4()), "patientId": str(patient_id), "clinicianId": zoe}
    made = data(await ask(runtime, admin, ASSIGN, input=sent))["assignClinician"]["relation"]
    assert data(await ask(runtime, admin, ASSIGN, input=sent))["assignClinician"]["relation"] == made
    assert data(await ask(runtime, clinician, TEAM, id=str(patient_id)))["patient"] == {
        "locale": "it-IT",
        "careTeam": [{"displayName": "Test clinician", "role": "CLINICIAN"}],
    }
    later = runtime.now() + timedelta(days=1)
    before = await everything(runtime)
    overlap = sent | {"clientId": str(uuid4()), "startsAt": later.isoformat()}
    assert code(await ask(runtime, admin, ASSIGN, input=overlap)) == "CONFLICT"
    bare = sent | {"clientId": str(uuid4()), "startsAt": "2030-01-01T00:00:00"}
    assert code(await ask(runtime, admin, ASSIGN, input=bare)) == "BAD_USER_INPUT"
    assert await everything(runtime) == before

    gone = {"patientId": str(patient_id), "clinicianId": zoe}
    ended = data(await ask(runtime, admin, END, input=gone))["endCareRelation"]["relation"]
    assert ended["id"] == made["id"]
    assert data(await ask(runtime, admin, END, input=gone))["endCareRelation"]["relation"] == ended
    assert code(await ask(runtime, clinician, TEAM, id=str(patient_id))) == "NOT_FOUND"
    assert data(await ask(runtime, admin, RECORD, id=str(patient_id)))["patientRecord"]["careRelations"] == []


async def test_wrong_codes_are_limited_and_the_count_outlives_the_refusals(runtime: Runtime, people: People) -> None:
    _, right = await invited(runtime, people.actors[Role.ADMIN])
    wrong = [code(await ask(runtime, newcomer(), ACTIVATE, input={"code": "WRONG"})) for _ in range(6)]
    assert wrong == ["BAD_USER_INPUT"] * 5 + ["RATE_LIMITED"]
    before = await everything(runtime)
    assert code(await ask(runtime, newcomer(), ACTIVATE, input={"code": right})) == "RATE_LIMITED"
    assert await everything(runtime) == before
    # Forty guesses in one document are as many as forty requests.
    many = " ".join(f'g{number}: activate(input: {{code: "{number}"}}) {{ patient {{ id }} }}' for number in range(40))
    answer = await ask(runtime, newcomer("new-2"), f"mutation {{ {many} }}")
    assert answer.errors is not None
    assert [str((error.extensions or {})["code"]) for error in answer.errors][:1] == ["BAD_USER_INPUT"]
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_try WHERE subject = 'new-2'") <= 5
