"""Rules over the readings that phones send, from the request to the alert."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain import alert_life, missed_medicines, silences, vital_rules
from domain.kinds import AlertOutcome, Role
from domain.rules.medication_safety import ANTICOAGULANTS
from domain.unit_of_work import lone_connection
from tests.people import People
from tests.schema import therapy
from tests.schema.test_alert_life import later
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure, work_off

LIMITS = (
    """mutation SetVitalLimits($input: SetVitalLimitsInput!) { setVitalLimits(input: $input) { patient { id } } }"""
)
CHANGE = """mutation Change($input: RecordMedicationChangeInput!) { recordMedicationChange(input: $input) {
  medicationChange { at } } }"""
_FIELDS = {
    "HEART_RATE": ("heartRate", "/min"),
    "RESTING_HEART_RATE": ("restingHeartRate", "/min"),
    "OXYGEN_SATURATION": ("oxygenSaturation", "%"),
    "BODY_TEMPERATURE": ("bodyTemperature", "Cel"),
    "WEIGHT": ("weight", "kg"),
    "STEPS": ("steps", "{steps}"),
    "CHEST_PAIN": ("chestPain", "{score}"),
    "BREATHLESSNESS": ("breathlessness", "{score}"),
    "DIZZINESS": ("dizziness", "{score}"),
}


def reading(kind: str, at: datetime, value: float, source: str = "DEVICE", unit: str | None = None) -> dict[str, Any]:
    """A reading as a phone sends it."""
    field, usual = _FIELDS[kind]
    return {
        "clientId": str(uuid4()),
        "measuredAt": at.isoformat(),
        "source": source,
        "value": {field: {"value": value, "unit": unit or usual}},
    }


async def send(runtime: Runtime, people: People, *readings: dict[str, Any]) -> None:
    """Record them as the patient, and let the worker look."""
    answer = await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": list(readings)})
    assert answer.errors is None
    assert answer.data["recordVitals"]["rejected"] == []
    await work_off(runtime)


async def rules(runtime: Runtime) -> list[tuple[str, str, str]]:
    return [
        tuple(row) for row in await runtime.pool.fetch("SELECT rule, severity, status FROM alert ORDER BY raised_at")
    ]


async def look(runtime: Runtime, people: People, at: datetime) -> vital_rules.Found:
    """Hold the rules at a moment as the worker does."""
    async with lone_connection(runtime.pool) as connection:
        found = await vital_rules.find(connection, people.patient_id, at)
    async with later(runtime, at) as work:
        await vital_rules.tell(work, people.patient_id, found)
    return found


@pytest.mark.parametrize(
    ("kind", "values", "unit", "expected"),
    [
        ("HEART_RATE", (135, 134), "/min", [("HR-HIGH-1", "URGENT", "OPEN")]),
        ("RESTING_HEART_RATE", (39, 40), "/min", [("HR-LOW-1", "URGENT", "OPEN")]),
        ("OXYGEN_SATURATION", (0.92, 0.91), "1", [("O2-1", "URGENT", "OPEN")]),
        ("BODY_TEMPERATURE", (100.4, 102.4), "[degF]", [("T-HIGH", "URGENT", "OPEN")]),
        ("OXYGEN_SATURATION", (97, 96), "%", []),
    ],
)
async def test_a_limit_rings_in_whatever_unit_it_was_sent(
    runtime: Runtime, people: People, kind: str, values: tuple[float, float], unit: str, expected: list[Any]
) -> None:
    now = runtime.now()
    moments = (now - timedelta(minutes=20), now - timedelta(minutes=10))
    await send(
        runtime, people, *(reading(kind, at, value, unit=unit) for at, value in zip(moments, values, strict=True))
    )
    assert await rules(runtime) == expected


@pytest.mark.parametrize(
    ("source", "ago"),
    [("IMPORT", timedelta(minutes=20)), ("DEVICE", timedelta(hours=25))],
    ids=["imported", "late"],
)
async def test_history_rang_todays_alarm(runtime: Runtime, people: People, source: str, ago: timedelta) -> None:
    at = runtime.now() - ago
    readings = [
        one
        for minutes in (0, 6)
        for one in (
            reading("HEART_RATE", at + timedelta(minutes=minutes), 150, source),
            reading("OXYGEN_SATURATION", at + timedelta(minutes=minutes), 80, source),
            reading("BODY_TEMPERATURE", at + timedelta(minutes=minutes), 40, source),
            pressure(at + timedelta(minutes=minutes), 210, 130, source=source),
        )
    ]
    await send(runtime, people, *readings)
    assert await rules(runtime) == []
    assert await runtime.pool.fetchval("SELECT count(*) FROM outbox_item WHERE done_at IS NULL") == 0


async def test_a_heart_rate_of_someone_who_walks_is_not_at_rest(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    walk = [reading("STEPS", now - timedelta(minutes=minutes), 400) for minutes in (31, 21, 11)]
    fast = [reading("HEART_RATE", now - timedelta(minutes=minutes), 150) for minutes in (30, 20, 10)]
    await send(runtime, people, *walk, *fast)
    assert await rules(runtime) == []
    await send(
        runtime, people, reading("HEART_RATE", now, 150), reading("RESTING_HEART_RATE", now - timedelta(minutes=9), 140)
    )
    assert [one[0] for one in await rules(runtime)] == []
    await send(runtime, people, reading("RESTING_HEART_RATE", now - timedelta(minutes=3), 140))
    assert await rules(runtime) == [("HR-HIGH-1", "URGENT", "OPEN")]


async def test_a_symptom_told_later_makes_an_emergency_of_what_is_open(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    high = [pressure(now - timedelta(minutes=minutes), 200, 122) for minutes in (12, 8)]
    await send(runtime, people, *high)
    assert await rules(runtime) == [("BP-CRISIS-3", "URGENT", "OPEN")]
    await send(runtime, people, reading("CHEST_PAIN", now - timedelta(minutes=1), 6, "MANUAL"))
    assert await rules(runtime) == [("BP-CRISIS-1", "EMERGENCY", "OPEN")]
    assert await runtime.pool.fetchval("SELECT explanation FROM alert") == (
        await runtime.pool.fetchval("SELECT explanation FROM alert WHERE explanation LIKE '%Symptoms: chest pain.'")
    )


async def test_what_nobody_repeats_within_half_an_hour_rings_unconfirmed(runtime: Runtime, people: People) -> None:
    at = runtime.now() - timedelta(minutes=2)
    await send(runtime, people, pressure(at, 190, 100))
    assert await rules(runtime) == []
    waiting = await runtime.pool.fetch("SELECT kind, due_at FROM outbox_item WHERE done_at IS NULL AND due_at > now()")
    assert [(row["kind"], row["due_at"]) for row in waiting] == [("ANALYSE_VITALS", at + timedelta(minutes=30))]
    assert (await look(runtime, people, at + timedelta(minutes=29, seconds=59))).rings == []
    await look(runtime, people, at + timedelta(minutes=30))
    await look(runtime, people, at + timedelta(minutes=31))
    assert await rules(runtime) == [("BP-CRISIS-4", "URGENT", "OPEN")]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_occurrence") == 1


@pytest.mark.parametrize(("second", "expected"), [(130, []), (185, ["BP-CRISIS-3"])])
async def test_what_is_repeated_in_time_does_not_ring_unconfirmed(
    runtime: Runtime, people: People, second: float, expected: list[str]
) -> None:
    at = runtime.now() - timedelta(minutes=10)
    await send(runtime, people, pressure(at, 190, 100))
    await send(runtime, people, pressure(at + timedelta(minutes=5), second, 85))
    await look(runtime, people, at + timedelta(minutes=40))
    assert [one[0] for one in await rules(runtime)] == expected


async def test_limits_of_the_patients_own_drive_alerts(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    limits = [{"measure": "SYSTOLIC", "high": 150}, {"measure": "HEART_RATE", "low": 35}]
    sent = {"patientId": str(people.patient_id), "limits": limits}
    assert (await ask(runtime, people, Role.CLINICIAN, LIMITS, input=sent)).errors is None
    slow = [reading("HEART_RATE", now - timedelta(minutes=minutes), 38) for minutes in (20, 10)]
    high = [pressure(now - timedelta(hours=hours), 155, 90) for hours in (20, 1)]
    await send(runtime, people, *slow, *high)
    assert await rules(runtime) == [("OWN-LIMIT", "REVIEW", "OPEN")]
    assert await runtime.pool.fetchval("SELECT title FROM alert") == "Systolic above the patient's own limit"


async def test_weight_and_breathlessness_together_ring_before_weight_alone_does(
    runtime: Runtime, people: People
) -> None:
    await runtime.pool.execute("UPDATE patient SET conditions = ARRAY['HEART_FAILURE']")
    now = runtime.now()
    weights = [reading("WEIGHT", now - timedelta(days=2), 80.0), reading("WEIGHT", now - timedelta(hours=2), 81.2)]
    await send(runtime, people, *weights)
    assert await rules(runtime) == []
    await send(runtime, people, reading("BREATHLESSNESS", now - timedelta(hours=1), 5, "MANUAL"))
    assert await rules(runtime) == [("HF-CONGESTION", "URGENT", "OPEN")]


async def test_a_fast_irregular_pulse_rings_where_fibrillation_is_known(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    irregular = [pressure(now - timedelta(minutes=minutes), 130, 80) for minutes in (20, 10)]
    for one in irregular:
        one["value"]["bloodPressure"] |= {"pulse": 118, "isIrregular": True}
    await runtime.pool.execute("UPDATE patient SET conditions = ARRAY['ATRIAL_FIBRILLATION']")
    await send(runtime, people, *irregular)
    (row,) = await runtime.pool.fetch("SELECT topic, rule, severity FROM alert")
    assert tuple(row) == ("HR-HIGH", "AF-FAST", "URGENT")


async def test_doses_of_an_anticoagulant_that_were_not_taken_are_counted(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = therapy.Centre(runtime, people, monkeypatch)
    await centre.settled()
    plan = await centre.plan()
    for code, name in (("B01AF02", "Apixaban"), ("C09AA05", "Ramipril")):
        sent = centre.medicine(plan, atcCode=code, medication=name, clientId=str(uuid4()))
        await centre.ask(centre.zoe, therapy.PRESCRIBE, input=sent)
    at = therapy.MORNING
    async with lone_connection(runtime.pool) as connection:

        async def count(hours: float) -> tuple[int, list[str]]:
            """What was missed in two days by then."""
            now = at + timedelta(hours=hours)
            doses, names = await missed_medicines.missed(
                connection, people.patient_id, ANTICOAGULANTS, now - timedelta(days=2), now
            )
            return doses, [*names]

        assert await count(0) == (0, [])
        doses, names = await count(26)
        assert (doses, names) == (2, ["Apixaban"])
        await runtime.pool.execute(
            "INSERT INTO task_outcome (patient_id, day, activity_id, time_of_day, outcome, completed_at, recorded_at)"
            " SELECT patient_id, day, activity_id, time_of_day, CASE row_number() OVER (ORDER BY due_at) WHEN 1"
            " THEN 'TAKEN' ELSE 'SKIPPED' END, due_at, due_at FROM planned_tasks($1, $1)"
            " JOIN activity USING (patient_id) WHERE activity.id = activity_id AND atc_code = 'B01AF02'",
            at.date(),
        )
        assert await count(26) == (1, ["Apixaban"])


async def test_a_pressure_that_falls_too_far_after_another_dose_is_told(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    before = [pressure(now - timedelta(days=day), 132, 80) for day in (9, 8, 7, 6)]
    after = [pressure(now - timedelta(days=day, hours=1), 104, 70) for day in (3, 2, 1, 0)]
    await send(runtime, people, *before, *after)
    assert await rules(runtime) == []
    change = {
        "clientId": str(uuid4()),
        "patientId": str(people.patient_id),
        "at": (now - timedelta(days=5)).isoformat(),
        "label": "ramipril 5 mg to 10 mg",
    }
    assert (await ask(runtime, people, Role.CLINICIAN, CHANGE, input=change)).errors is None
    await work_off(runtime)
    assert await rules(runtime) == [("BP-AFTER-DOSE", "REVIEW", "OPEN")]


async def test_a_review_closes_when_three_days_are_within_and_what_a_clinician_holds_stays(
    runtime: Runtime, people: People
) -> None:
    now = runtime.now()
    await send(runtime, people, *(reading("RESTING_HEART_RATE", now - timedelta(minutes=m), 45) for m in (20, 10)))
    assert await rules(runtime) == [("HR-LOW-2", "REVIEW", "OPEN")]
    me = people.actors[Role.CLINICIAN]
    alert_id = UUID(str(await runtime.pool.fetchval("SELECT id FROM alert")))
    at = now + timedelta(days=3, hours=6)
    await runtime.pool.execute(
        "INSERT INTO reading (patient_id, kind, measured_at, id, received_at, local_day, value, offset_minutes, source,"
        " setting) SELECT $1, 'RESTING_HEART_RATE', moment, gen_random_uuid(), moment, moment::date, 58, 0, 'DEVICE',"
        " 'HOME' FROM unnest($2::timestamptz[]) AS moment",
        people.patient_id,
        [at - timedelta(hours=hours) for hours in (60, 36, 2)],
    )
    await runtime.pool.execute("UPDATE latest_reading SET measured_at = $1", at - timedelta(hours=2))
    async with later(runtime, at, me) as work:
        await alert_life.acknowledge(work, me, alert_id, 1)
    assert (await look(runtime, people, at)).ended == []
    await runtime.pool.execute("UPDATE alert SET status = 'OPEN'")
    assert (await look(runtime, people, at)).ended == [alert_id]
    (row,) = await runtime.pool.fetch("SELECT status, outcome FROM alert")
    assert tuple(row) == ("RESOLVED", AlertOutcome.CONDITION_ENDED)
    why = await runtime.pool.fetchrow("SELECT reason, changed_by_id FROM alert_change WHERE change = 'RESOLVED'")
    assert tuple(why) == ("The condition no longer holds.", None)


async def regular(runtime: Runtime, people: People, days: tuple[int, ...], source: str = "DEVICE") -> None:
    """Readings that were measured so many days ago and received at once."""
    now = runtime.now()
    await send(runtime, people, *(reading("WEIGHT", now - timedelta(days=day), 80 + day / 10, source) for day in days))
    await runtime.pool.execute("UPDATE reading SET received_at = measured_at")
    await runtime.pool.execute("UPDATE latest_reading SET received_at = measured_at")


@pytest.mark.parametrize(
    ("days", "source", "rings"),
    [
        ((12, 11, 10, 8), "DEVICE", True),
        ((12, 11, 10, 6), "DEVICE", False),
        ((11, 10, 8), "DEVICE", False),
        ((12, 11, 10, 8), "IMPORT", False),
        ((26, 25, 24, 22), "DEVICE", False),
    ],
    ids=["silent", "not yet", "never regular", "imported", "long ago"],
)
async def test_who_measured_regularly_and_falls_silent_is_told_once(
    runtime: Runtime, people: People, days: tuple[int, ...], source: str, *, rings: bool
) -> None:
    await regular(runtime, people, days, source)
    for _ in range(2):
        async with later(runtime, runtime.now()) as work:
            await silences.tell(work)
    assert await rules(runtime) == ([("NO-DATA", "REVIEW", "OPEN")] if rings else [])


async def test_a_silence_ends_with_the_next_reading(runtime: Runtime, people: People) -> None:
    await regular(runtime, people, (12, 11, 10, 8))
    async with later(runtime, runtime.now()) as work:
        assert await silences.tell(work) == 1
    await send(runtime, people, reading("WEIGHT", runtime.now(), 81))
    assert await rules(runtime) == [("NO-DATA", "REVIEW", "RESOLVED")]
    async with later(runtime, runtime.now()) as work:
        assert await silences.tell(work) == 0
