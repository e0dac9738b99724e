"""What the months brought, as the clinic counts it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import ask

BURDEN = """query Burden($months: Int!) { alertBurden(months: $months) { month patients
  rules { rule alerts alertsPerPatient acknowledged minutesToAcknowledge }
  findings { kind findings findingsPerPatient explained } } }"""


async def happened(runtime: Runtime, patient_id: UUID, months_ago: int, minutes: int | None) -> None:
    """One resolved alert and one finding in the middle of a month, the alert taken after so many minutes."""
    at = await runtime.pool.fetchval(
        "SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - make_interval(months => $1)",
        months_ago,
    )
    await runtime.pool.execute(
        "INSERT INTO alert (id, patient_id, topic, rule, rule_version, severity, status, title, explanation,"
        " raised_at, acknowledged_at, version) VALUES ($1, $2, 'W-ESC', 'W-ESC', 1, 'URGENT', 'RESOLVED', 't',"
        " 'e', $3, $4, 1)",
        uuid4(),
        patient_id,
        at,
        None if minutes is None else at + timedelta(minutes=minutes),
    )
    await runtime.pool.execute(
        "INSERT INTO finding (id, patient_id, measure, kind, direction, score, onset_at, raised_at, reading_id,"
        " observed, expected_low, expected_high, is_explained, method, version, explanation, found_at)"
        " VALUES ($1, $2, 'WEIGHT', 'RAMP', 'UP', 7, $3, $3, $1, 91, 80, 82, $4, 'm', 'v', '{}', $3)",
        uuid4(),
        patient_id,
        at,
        minutes is None,
    )


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.COORDINATOR])
async def test_months_are_counted_by_rule_and_kind_for_the_caller_s_patients(
    runtime: Runtime, people: People, role: Role
) -> None:
    for minutes in (10, 30, None):
        await happened(runtime, people.patient_id, 1, minutes)
    await happened(runtime, people.patient_id, 0, None)
    await happened(runtime, people.patient_id, 2, 5)
    await happened(runtime, people.foreign_id, 1, 5)
    found = await ask(runtime, people, role, BURDEN, months=2)
    assert found.errors is None, found.errors
    now, before = found.data["alertBurden"]
    assert [now["month"][-2:], now["patients"], now["rules"][0]["alerts"]] == ["01", 1, 1]
    assert now["rules"][0]["minutesToAcknowledge"] is None
    assert before["rules"] == [
        {"rule": "W-ESC", "alerts": 3, "alertsPerPatient": 3.0, "acknowledged": 2, "minutesToAcknowledge": 20.0}
    ]
    assert before["findings"] == [{"kind": "RAMP", "findings": 3, "findingsPerPatient": 3.0, "explained": 1}]
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'alertBurden'") == 1


@pytest.mark.parametrize("months", [0, 25, -1])
async def test_months_out_of_range_are_refused(runtime: Runtime, people: People, months: int) -> None:
    refused = await ask(runtime, people, Role.COORDINATOR, BURDEN, months=months)
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMIN, Role.DEVICE])
async def test_it_is_the_clinic_s_own(runtime: Runtime, people: People, role: Role) -> None:
    refused = await ask(runtime, people, role, BURDEN, months=1)
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'alertBurden'") == 0


TIMES = """query Times { alertBurden(months: 1) { patients
  rules { rule alerts falseAlarms toAcknowledge { alerts median ninetiethPercentile }
    toResolve { alerts median ninetiethPercentile } }
  severities { severity alerts alertsPerPatient falseAlarms toAcknowledge { alerts median ninetiethPercentile }
    toResolve { alerts median ninetiethPercentile } } } }"""


async def raised(runtime: Runtime, patient_id: UUID, rule: str, severity: str, *minutes: int | None) -> None:
    """An alert of this month: acknowledged and resolved after so many minutes; within two it was a false one."""
    at = await runtime.pool.fetchval("SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'")
    taken, ended = (None if one is None else at + timedelta(minutes=one) for one in minutes)
    outcome = None if ended is None else "FALSE_ALARM" if ended - at <= timedelta(minutes=2) else "ACTED_ON"
    await runtime.pool.execute(
        "INSERT INTO alert (id, patient_id, topic, rule, rule_version, severity, status, title, explanation,"
        " raised_at, acknowledged_at, resolved_at, outcome, version) VALUES ($1::uuid, $2, $1::uuid::text, $3, 1, $4,"
        " $5, 't', 'e', $6, $7, $8, $9, 1)",
        uuid4(),
        patient_id,
        rule,
        severity,
        "OPEN" if ended is None else "RESOLVED",
        at,
        taken,
        ended,
        outcome,
    )


async def test_how_soon_alerts_are_seen_to_is_told_by_severity_and_by_rule(runtime: Runtime, people: People) -> None:
    for number in range(1, 12):
        # 1 to 11 minutes until somebody takes it, twice as many to its end.
        await raised(runtime, people.patient_id, "A", "URGENT", number, 2 * number)
    await raised(runtime, people.patient_id, "A", "EMERGENCY", 5, None)
    await raised(runtime, people.patient_id, "B", "URGENT", None, None)
    await raised(runtime, people.foreign_id, "B", "INFO", 1, 1)
    found = await ask(runtime, people, Role.CLINICIAN, TIMES)
    assert found.errors is None, found.errors
    (month,) = found.data["alertBurden"]

    def taken(alerts: int, median: float, ninetieth: float) -> dict[str, float]:
        return {"alerts": alerts, "median": median, "ninetiethPercentile": ninetieth}

    assert month["severities"] == [
        {
            "severity": "EMERGENCY",
            "alerts": 1,
            "alertsPerPatient": 1.0,
            "falseAlarms": 0,
            "toAcknowledge": taken(1, 5.0, 5.0),
            "toResolve": None,
        },
        {
            "severity": "URGENT",
            "alerts": 12,
            "alertsPerPatient": 12.0,
            "falseAlarms": 1,
            "toAcknowledge": taken(11, 6.0, 10.0),
            "toResolve": taken(11, 12.0, 20.0),
        },
    ]
    assert [(rule["rule"], rule["alerts"], rule["falseAlarms"]) for rule in month["rules"]] == [
        ("A", 12, 1),
        ("B", 1, 0),
    ]
    a, b = month["rules"]
    # 5 twice now, so the middle of twelve is lower.
    assert (a["toAcknowledge"], a["toResolve"]) == (taken(12, 5.5, 9.9), taken(11, 12.0, 20.0))
    assert (b["toAcknowledge"], b["toResolve"]) == (None, None)
