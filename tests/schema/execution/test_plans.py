"""A plan answers what graphql-core answers: values, order, nulls and errors, with variables read either way."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult

from adapters.runtime import Runtime
from domain import readings
from domain.kinds import Role
from schema.context import open_context
from schema.errors import coded
from schema.execution.core import PlannedExecution, operations_of
from schema.root import schema
from tests.asking import KNOWN
from tests.people import People
from tests.schema.test_pressure_to_alert import READINGS, RECORD, WORKLIST, ask, pressure, work_off

MIXED = """query Mixed($id: ID!, $quiet: Boolean!, $kinds: [VitalKind!]! = [BLOOD_PRESSURE, WEIGHT]) {
  viewer { role displayName __typename } patient(id: $id) { ...About again: birthDate
  latestReadings(kinds: $kinds) { __typename kind measuredAt ...Numbers } all: latestReadings(kinds: [WEIGHT]) { id }
  timeZone } }
fragment About on Patient { birthDate conditions displayName careTeam { role displayName } displayName }
fragment Numbers on Reading { ... on BloodPressureReading { pulse systolic @skip(if: $quiet) diastolic arm category }
  ... on QuantityReading { value @include(if: $quiet) } source }"""
SERIES = """query ($id: ID!, $measure: Measure!, $from: DateTime!, $to: DateTime!) { patient(id: $id) {
  series(measure: $measure, from: $from, to: $to) { count times values unit }
  dailySummaries(measure: $measure, from: $from, to: $to) { day count mean }
  trend(measure: $measure, days: 28) { readings } } }"""
LITERAL = """query ($id: ID!) { patient(id: $id) {
  readings(kind: BLOOD_PRESSURE, first: 2, from: "2020-01-01T00:00:00Z") {
    edges { node { id } } pageInfo { hasNextPage } } } }"""


class Case(NamedTuple):
    """An operation and its variables."""

    query: str
    variables: Mapping[str, Any]


async def three_ways(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, case: Case
) -> list[ExecutionResult]:
    """The answers of graphql-core, of a plan with its variables, and of a plan with ours; no order is lost."""
    prepared = KNOWN.prepare(case.query, dict(case.variables))
    assert KNOWN.validate(prepared) == []
    answers: list[ExecutionResult] = []
    for execution in (StrawberryGraphQLCoreExecutionContext, PlannedExecution):
        monkeypatch.setattr(schema, "execution_context_class", execution)
        async with open_context(runtime, people.actors[Role.CLINICIAN]) as context:
            answers.append(
                await schema.execute(case.query, variable_values=dict(case.variables), context_value=context)
            )
    async with open_context(runtime, people.actors[Role.CLINICIAN]) as context:
        known = await operations_of(schema._schema).execute(prepared.document, None, case.variables, context)
    assert known is not None
    written = orjson.loads(orjson.dumps(known.data, option=orjson.OPT_SERIALIZE_NUMPY))
    answers.append(ExecutionResult(written, [coded(error) for error in known.errors or ()] or None))
    return answers


def told(answer: ExecutionResult) -> list[Any]:
    """Message, place, position in the document and code of each error, by place."""
    errors = [
        (error.path, error.message, error.locations, (error.extensions or {}).get("code"))
        for error in answer.errors or ()
    ]
    return sorted(errors, key=lambda error: [str(part) for part in error[0] or ()])


def assert_equal(answers: list[ExecutionResult]) -> None:
    """All three say the same, in the same order."""
    first, *others = answers
    for other in others:
        assert repr(other.data) == repr(first.data)  # repr tells the order too
        assert told(other) == told(first)


@pytest.mark.parametrize(
    "name", ["mixed quiet", "mixed loud", "worklist", "readings", "literal", "series", "nobody", "too many"]
)
async def test_all_ways_give_the_same_answer(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=minute), 184, 112) for minute in (2, 6)]
    weight = {"measuredAt": (now - timedelta(days=1)).isoformat(), "value": {"weight": {"value": 80}}}
    answer = await ask(
        runtime, people, Role.PATIENT, RECORD, input={"readings": [*sent, pressure(now, 120, 80) | weight]}
    )
    assert len(answer.data["recordVitals"]["accepted"]) == 3
    await work_off(runtime)
    owner = str(people.patient_id)
    window = {"from": (now - timedelta(days=7)).isoformat(), "to": now.isoformat()}
    case = {
        "mixed quiet": Case(MIXED, {"id": owner, "quiet": True}),
        "mixed loud": Case(MIXED, {"id": owner, "quiet": False, "kinds": ["BLOOD_PRESSURE"]}),
        "worklist": Case(WORKLIST, {"first": 5}),
        "readings": Case(READINGS, {"patientId": owner, "kind": "BLOOD_PRESSURE", "first": 5}),
        "literal": Case(LITERAL, {"id": owner}),
        "series": Case(SERIES, {"id": owner, "measure": "SYSTOLIC", **window}),
        "nobody": Case(MIXED, {"id": str(people.actors[Role.CLINICIAN].account_id), "quiet": True}),
        "too many": Case(READINGS, {"patientId": owner, "kind": "BLOOD_PRESSURE", "first": 5, "after": "?"}),
    }[name]
    answers = await three_ways(runtime, people, monkeypatch, case)
    assert bool(answers[0].errors) is (name in {"nobody", "too many"})
    assert_equal(answers)


@pytest.mark.parametrize(
    ("column", "value"),
    [("source", "NOWHERE"), ("value", None), ("value", float("inf")), ("measured_at", "yesterday"), ("value", "high")],
)
async def test_all_ways_tell_the_same_errors(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, column: str, value: Any
) -> None:
    sent = [pressure(runtime.now() - timedelta(minutes=minute), 128, 82) for minute in (1, 2, 3)]
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
    page = readings.page

    async def broken(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        rows = [dict(row) for row in await page(*args, **kwargs)]
        return [rows[0], rows[1] | {column: value}, rows[2]]

    monkeypatch.setattr(readings, "page", broken)
    case = Case(READINGS, {"patientId": str(people.patient_id), "kind": "BLOOD_PRESSURE", "first": 5})
    answers = await three_ways(runtime, people, monkeypatch, case)
    assert answers[0].errors
    assert_equal(answers)


async def test_the_introspection_of_the_explorer_is_left_to_graphql_core() -> None:
    query = "{ __schema { queryType { name } } }"
    prepared = KNOWN.prepare(query, {})
    assert await operations_of(schema._schema).execute(prepared.document, None, {}, None) is None
    answer = await schema.execute(query)
    assert answer.data == {"__schema": {"queryType": {"name": "Query"}}}
