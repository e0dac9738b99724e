"""The shorter way for plain fields answers what the ordinary way answers: values, nulls, order and errors."""

from datetime import timedelta
from typing import Any

import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from adapters.runtime import Runtime
from domain import readings
from domain.kinds import Role
from schema.executor import LeafExecutor
from tests.people import People
from tests.schema.test_pressure_to_alert import READINGS, RECORD, WORKLIST, ask, pressure, work_off

MIXED = """query Mixed($id: ID!) { viewer { role displayName __typename } patient(id: $id) { birthDate again: birthDate
  conditions displayName careTeam { role displayName } latestReadings(kinds: [BLOOD_PRESSURE, WEIGHT]) { __typename kind
  measuredAt ... on BloodPressureReading { pulse systolic @skip(if: true) diastolic arm } } timeZone } }"""


@pytest.mark.parametrize("name", ["mixed", "worklist", "readings"])
async def test_both_ways_give_the_same_answer(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=minute), 184, 112) for minute in (2, 6)]
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
    await work_off(runtime)
    operations: dict[str, tuple[str, dict[str, Any]]] = {
        "mixed": (MIXED, {"id": str(people.patient_id)}),
        "worklist": (WORKLIST, {"first": 5}),
        "readings": (READINGS, {"patientId": str(people.patient_id), "kind": "BLOOD_PRESSURE", "first": 5}),
    }
    query, variables = operations[name]
    quick = await ask(runtime, people, Role.CLINICIAN, query, **variables)
    monkeypatch.setattr(LeafExecutor, "execute_fields", StrawberryGraphQLCoreExecutionContext.execute_fields)
    ordinary = await ask(runtime, people, Role.CLINICIAN, query, **variables)
    assert (quick.errors, ordinary.errors) == (None, None)
    assert repr(quick.data) == repr(ordinary.data)  # repr tells the order too


@pytest.mark.parametrize(
    ("column", "value"), [("source", "NOWHERE"), ("value", None), ("measured_at", "yesterday"), ("value", "high")]
)
async def test_both_ways_tell_the_same_errors(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, column: str, value: Any
) -> None:
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": [pressure(runtime.now(), 128, 82)]})
    page = readings.page

    async def broken(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        return [dict(row) | {column: value} for row in await page(*args, **kwargs)]

    monkeypatch.setattr(readings, "page", broken)
    wanted = {"patientId": str(people.patient_id), "kind": "BLOOD_PRESSURE", "first": 5}
    quick = await ask(runtime, people, Role.CLINICIAN, READINGS, **wanted)
    monkeypatch.setattr(LeafExecutor, "execute_fields", StrawberryGraphQLCoreExecutionContext.execute_fields)
    ordinary = await ask(runtime, people, Role.CLINICIAN, READINGS, **wanted)
    for answer in (quick, ordinary):
        assert answer.errors
    told = [[(error.message, error.path) for error in answer.errors] for answer in (quick, ordinary)]
    assert told[0] == told[1]
    assert quick.data == ordinary.data
