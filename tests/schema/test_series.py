"""Series and summaries as a chart asks for them."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure

SERIES = """query Series($patientId: ID!, $measure: Measure!, $from: DateTime!, $to: DateTime!, $maxPoints: Int) {
  patient(id: $patientId) {
    series(measure: $measure, from: $from, to: $to, maxPoints: $maxPoints) { measure unit count times values }
    dailySummaries(measure: $measure, from: $from, to: $to) { day count minimum maximum mean median } } }"""


async def test_a_chart_gets_columns_in_order_of_time(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=minute), 120 + minute % 7, 80) for minute in range(1, 201)]
    assert (await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})).errors is None
    window = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
    wanted = {"patientId": str(people.patient_id), "measure": "SYSTOLIC", **window}
    whole = await ask(runtime, people, Role.CLINICIAN, SERIES, **wanted)
    assert whole.errors is None, whole.errors
    series = whole.data["patient"]["series"]
    assert (series["measure"], series["unit"], series["count"]) == ("SYSTOLIC", "mm[Hg]", 200)
    assert len(series["times"]) == len(series["values"]) == 200
    assert series["times"] == sorted(series["times"])
    assert series["values"][-3:] == [123, 122, 121]
    assert series["times"][-1] == pytest.approx((now - timedelta(minutes=1)).timestamp() * 1000, abs=0.5)
    assert sum(day["count"] for day in whole.data["patient"]["dailySummaries"]) == 200
    thin = (await ask(runtime, people, Role.PATIENT, SERIES, **wanted, maxPoints=20)).data["patient"]["series"]
    assert (thin["count"], len(thin["values"]) <= 20, max(thin["values"]), min(thin["values"])) == (200, True, 126, 120)
    actions = await runtime.pool.fetch("SELECT action FROM audit_entry WHERE action LIKE '%:SYSTOLIC' ORDER BY id")
    assert [row["action"] for row in actions] == ["series:SYSTOLIC", "dailySummaries:SYSTOLIC"] * 2


async def test_an_empty_window_is_an_empty_chart(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    wanted: dict[str, Any] = {"patientId": str(people.patient_id), "measure": "WEIGHT"}
    window = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
    answer = await ask(runtime, people, Role.CLINICIAN, SERIES, **wanted, **window)
    assert answer.data["patient"]["series"] == {
        "measure": "WEIGHT",
        "unit": "kg",
        "count": 0,
        "times": [],
        "values": [],
    }
    assert answer.data["patient"]["dailySummaries"] == []


@pytest.mark.parametrize("change", [{"maxPoints": 9}, {"maxPoints": 10_001}, {"to": "2020-01-01T00:00:00Z"}])
async def test_a_chart_that_cannot_be_is_refused(runtime: Runtime, people: People, change: dict[str, Any]) -> None:
    now = runtime.now()
    wanted = {"patientId": str(people.patient_id), "measure": "WEIGHT"}
    window = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
    refused = await ask(runtime, people, Role.CLINICIAN, SERIES, **(wanted | window | change))
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.DEVICE])
async def test_who_sees_no_values_gets_no_chart(runtime: Runtime, people: People, role: Role) -> None:
    now = runtime.now().isoformat()
    wanted = {"patientId": str(people.patient_id), "measure": "WEIGHT", "from": now, "to": now}
    refused = await ask(runtime, people, role, SERIES, **wanted)
    assert refused.errors[0].extensions["code"] == "FORBIDDEN"
