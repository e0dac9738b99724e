"""A resolver knows which fields are asked for below its own, so that rows bring no more than is shown."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.runtime import Runtime
from domain import readings
from domain.kinds import Role
from schema.vitals import READING_DETAILS
from tests.people import People
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure

PAGE = """query ($id: ID!) {{ patient(id: $id) {{ readings(kind: {kind}, first: 5) {{ edges {{ node {{
  ... on {type} {{ {field} }} }} }} }} latestReadings(kinds: [{kind}]) {{ ... on {type} {{ {field} }} }} }} }}"""
OF_ALL = (
    "id", "kind", "measuredAt", "receivedAt", "source", "loinc", "snomed", "setting", "device", "offsetMinutes",
    "supersededBy", "flags", "unit",
)  # fmt: skip
OF_PRESSURES = (
    *OF_ALL,
    "systolic",
    "diastolic",
    "pulse",
    "arm",
    "bodyPosition",
    "isIrregular",
    "sent { unit }",
    "category",
)
OF_QUANTITIES = (*OF_ALL, "value", "sentValue", "sentUnit")


@pytest.fixture
async def recorded(runtime: Runtime, people: People) -> None:
    at = runtime.now() - timedelta(hours=1)
    weight = {"value": {"weight": {"value": 179, "unit": "[lb_av]"}}, "device": "Scale"}
    answer = await ask(
        runtime,
        people,
        Role.PATIENT,
        RECORD,
        input={"readings": [pressure(at, 128, 82), pressure(at, 128, 82) | weight]},
    )
    assert len(answer.data["recordVitals"]["accepted"]) == 2


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("kind", "type_", "field"),
    [("BLOOD_PRESSURE", "BloodPressureReading", field) for field in OF_PRESSURES]
    + [("WEIGHT", "QuantityReading", field) for field in OF_QUANTITIES],
)
async def test_each_field_can_be_asked_for_alone(
    runtime: Runtime, people: People, kind: str, type_: str, field: str
) -> None:
    query = PAGE.format(kind=kind, type=type_, field=field)
    answer = await ask(runtime, people, Role.CLINICIAN, query, id=str(people.patient_id))
    assert answer.errors is None
    (edge,) = answer.data["patient"]["readings"]["edges"]
    assert [edge["node"]] == answer.data["patient"]["latestReadings"]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("field", "detailed"), [("systolic", False), ("category", False), ("device", True)])
async def test_details_are_read_only_when_they_are_shown(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, field: str, *, detailed: bool
) -> None:
    asked: list[bool] = []
    page = readings.page

    async def watched(*args: Any, **kwargs: Any) -> Any:
        asked.append(kwargs["with_details"])
        return await page(*args, **kwargs)

    monkeypatch.setattr(readings, "page", watched)
    query = PAGE.format(kind="BLOOD_PRESSURE", type="BloodPressureReading", field=field)
    answer = await ask(runtime, people, Role.CLINICIAN, query, id=str(people.patient_id))
    assert answer.errors is None
    assert asked == [detailed]


def test_every_detail_is_a_field_of_a_reading() -> None:
    assert {name.split(" ")[0] for name in (*OF_PRESSURES, *OF_QUANTITIES)} >= {
        "".join(part.capitalize() if number else part for number, part in enumerate(detail.split("_")))
        for detail in READING_DETAILS
    }
