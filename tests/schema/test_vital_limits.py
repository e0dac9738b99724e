"""A patient's own limits as the clinic sends and reads them."""

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import ask

SET = """mutation SetVitalLimits($input: SetVitalLimitsInput!) { setVitalLimits(input: $input) {
  patient { id limits { measure low high } } } }"""
READ = """query Limits($id: ID!) { patient(id: $id) { limits { measure low high setAt setBy { displayName } } } }"""
LIMITS = [{"measure": "SYSTOLIC", "low": 100, "high": 135}, {"measure": "WEIGHT", "high": 84.5}]


def sent(people: People) -> dict[str, object]:
    return {"patientId": str(people.patient_id), "limits": LIMITS}


async def test_a_clinician_sets_and_patient_and_clinician_read(runtime: Runtime, people: People) -> None:
    before = runtime.now()
    made = await ask(runtime, people, Role.CLINICIAN, SET, input=sent(people))
    assert made.errors is None, made.errors
    assert made.data["setVitalLimits"]["patient"] == {
        "id": str(people.patient_id),
        "limits": [
            {"measure": "SYSTOLIC", "low": 100, "high": 135},
            {"measure": "WEIGHT", "low": None, "high": 84.5},
        ],
    }
    for role in (Role.PATIENT, Role.CLINICIAN):
        found = await ask(runtime, people, role, READ, id=str(people.patient_id))
        assert found.errors is None, found.errors
        systolic, weight = found.data["patient"]["limits"]
        assert (systolic["setBy"]["displayName"], weight["high"]) == ("Test clinician", 84.5)
        assert before.isoformat() <= systolic["setAt"] <= runtime.now().isoformat()
    audited = await runtime.pool.fetch("SELECT role FROM audit_entry WHERE action = 'vitalLimits' ORDER BY at")
    assert [row["role"] for row in audited] == ["CLINICIAN", "PATIENT", "CLINICIAN"]


async def test_leaving_both_bounds_out_returns_to_the_defaults(runtime: Runtime, people: People) -> None:
    await ask(runtime, people, Role.CLINICIAN, SET, input=sent(people))
    back = {
        "patientId": str(people.patient_id),
        "limits": [{"measure": "SYSTOLIC"}, {"measure": "WEIGHT", "low": None}],
    }
    cleared = await ask(runtime, people, Role.CLINICIAN, SET, input=back)
    assert cleared.errors is None, cleared.errors
    assert cleared.data["setVitalLimits"]["patient"]["limits"] == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLINICIAN])
async def test_nobody_but_a_clinician_sets_limits(runtime: Runtime, people: People, role: Role) -> None:
    refused = await ask(runtime, people, role, SET, input=sent(people))
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_limit") == 0


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.DEVICE])
async def test_who_sees_no_values_sees_no_limits(runtime: Runtime, people: People, role: Role) -> None:
    await ask(runtime, people, Role.CLINICIAN, SET, input=sent(people))
    refused = await ask(runtime, people, role, READ, id=str(people.patient_id))
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)


async def test_a_stranger_s_limits_are_neither_set_nor_read(runtime: Runtime, people: People) -> None:
    refused = await ask(
        runtime, people, Role.CLINICIAN, SET, input=sent(people) | {"patientId": str(people.foreign_id)}
    )
    assert (refused.errors[0].extensions["code"], refused.data) == ("NOT_FOUND", None)
    for role in (Role.CLINICIAN, Role.PATIENT):
        refused = await ask(runtime, people, role, READ, id=str(people.foreign_id))
        assert refused.errors[0].extensions["code"] == "NOT_FOUND"
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_limit") == 0


async def test_a_limit_beyond_every_body_is_refused_with_its_reason(runtime: Runtime, people: People) -> None:
    wrong = {"patientId": str(people.patient_id), "limits": [{"measure": "SYSTOLIC", "high": 301}]}
    refused = await ask(runtime, people, Role.CLINICIAN, SET, input=wrong)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert "between 40 and 300 mm[Hg]" in refused.errors[0].message
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_limit") == 0
