"""Rules that a clinician sets for one patient."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.runtime import Runtime
from domain import silences, vital_rules
from domain.kinds import AlertSeverity, Role
from domain.rules.limit_rules import RULES
from domain.rules.overrides import ADJUSTABLE, Override, adjusted
from domain.unit_of_work import lone_connection
from tests.people import People
from tests.schema.test_alert_life import later
from tests.schema.test_pressure_to_alert import ask
from tests.workers.test_vital_rules import reading, regular, rules, send

SET = """mutation Override($input: OverrideAlertRuleInput!) { overrideAlertRule(input: $input) { patient {
  ruleOverrides { rule isOff limit readings apartMinutes quietDays reason expiresAt setBy { displayName } } } } }"""
END = """mutation End($input: EndRuleOverrideInput!) { endRuleOverride(input: $input) { patient {
  ruleOverrides { rule } } } }"""
RULE_LIST = "query Rules { alertRules { id title severity limit unit mayBeOff source } }"


async def override(runtime: Runtime, people: People, rule: str, days: float = 30, **more: Any) -> Any:
    """Set a rule for the patient as the clinician."""
    sent = {
        "patientId": str(people.patient_id),
        "rule": rule,
        "reason": "known for years",
        "expiresAt": (runtime.now() + timedelta(days=days)).isoformat(),
    }
    return await ask(runtime, people, Role.CLINICIAN, SET, input=sent | more)


async def test_an_override_is_told_with_who_why_and_until_when(runtime: Runtime, people: People) -> None:
    await override(runtime, people, "HR-HIGH-2", limit=120)
    answer = await override(runtime, people, "HR-HIGH-2", limit=125, readings=3)
    assert answer.errors is None
    (held,) = answer.data["overrideAlertRule"]["patient"]["ruleOverrides"]
    assert datetime.fromisoformat(held.pop("expiresAt")) > runtime.now() + timedelta(days=29)
    assert held == {
        "rule": "HR-HIGH-2",
        "isOff": False,
        "limit": 125.0,
        "readings": 3,
        "apartMinutes": None,
        "quietDays": None,
        "reason": "known for years",
        "setBy": {"displayName": "Test clinician"},
    }
    assert await runtime.pool.fetchval("SELECT count(*) FROM rule_override") == 2
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'overrideAlertRule'") == 2
    with pytest.raises(Exception, match="only ever added to"):
        await runtime.pool.execute("UPDATE rule_override SET bound = 200")
    end = {"patientId": str(people.patient_id), "rule": "HR-HIGH-2", "reason": "back to usual"}
    ended = await ask(runtime, people, Role.CLINICIAN, END, input=end)
    assert ended.data["endRuleOverride"]["patient"]["ruleOverrides"] == []
    again = await ask(runtime, people, Role.CLINICIAN, END, input=end)
    assert again.errors[0].extensions["code"] == "NOT_FOUND"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("BP-CRISIS-3", {"isOff": True}, "rule:"),
    ("HR-HIGH-1", {"isOff": True}, "isOff:"),
    ("O2-COPD", {"isOff": True}, "isOff:"),
    ("HR-HIGH-2", {"isOff": True, "limit": 120}, "isOff:"),
    ("HR-HIGH-2", {}, "Say what"),
    ("HR-HIGH-2", {"limit": 300}, "limit:"),
    ("T-HIGH", {"limit": 39}, "limit:"),
    ("HR-HIGH-2", {"readings": 6}, "readings:"),
    ("W-ESC", {"readings": 2}, "readings:"),
    ("HR-HIGH-2", {"apartMinutes": 721}, "apartMinutes:"),
    ("HR-HIGH-2", {"quietDays": -1}, "quietDays:"),
    ("HR-HIGH-2", {"limit": 120, "reason": " "}, "reason:"),
    ("HR-HIGH-2", {"limit": 120, "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt:"),
    ("HR-HIGH-2", {"limit": 120, "expiresAt": "2050-01-01T00:00:00Z"}, "expiresAt:"),
]


async def test_what_cannot_be_set_is_refused_and_nothing_changes(runtime: Runtime, people: People) -> None:
    for rule, more, words in REFUSED:
        answer = await override(runtime, people, rule, **more)
        assert answer.errors[0].extensions["code"] == "BAD_USER_INPUT"
        assert answer.errors[0].message.startswith(words), (rule, more)
    assert await runtime.pool.fetchval("SELECT count(*) FROM rule_override") == 0


async def test_only_the_care_team_sets_rules(runtime: Runtime, people: People) -> None:
    answer = await override(runtime, people, "HR-HIGH-2", limit=120, patientId=str(people.foreign_id))
    assert answer.errors[0].extensions["code"] == "NOT_FOUND"
    sent = {"patientId": str(people.patient_id), "rule": "HR-LOW-2", "reason": "x", "expiresAt": "2027-01-01T00:00:00Z"}
    for role in (Role.PATIENT, Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
        refused = await ask(runtime, people, role, SET, input=sent | {"isOff": True})
        assert refused.errors[0].extensions["code"] == "FORBIDDEN"
    assert await runtime.pool.fetchval("SELECT count(*) FROM rule_override") == 0


@pytest.mark.parametrize(
    ("more", "values", "expected"),
    [
        ({"rule": "HR-HIGH-2", "limit": 120}, (118, 119), []),
        ({"rule": "HR-HIGH-2", "limit": 120}, (120, 121), [("HR-HIGH-2", "URGENT", "OPEN")]),
        ({"rule": "HR-HIGH-2", "readings": 3}, (118, 119), []),
        ({"rule": "HR-HIGH-2", "readings": 3}, (118, 119, 120), [("HR-HIGH-2", "URGENT", "OPEN")]),
        ({"rule": "HR-HIGH-2", "apartMinutes": 30}, (118, 119, 120), []),
        ({"rule": "HR-HIGH-2", "apartMinutes": 20}, (118, 119, 120), [("HR-HIGH-2", "URGENT", "OPEN")]),
    ],
)
async def test_a_rule_rings_for_the_patient_as_it_is_set(
    runtime: Runtime, people: People, more: dict[str, Any], values: tuple[float, ...], expected: list[Any]
) -> None:
    assert (await override(runtime, people, **more)).errors is None
    now = runtime.now()
    await send(
        runtime,
        people,
        *(
            reading("RESTING_HEART_RATE", now - timedelta(minutes=10 * (len(values) - number)), value)
            for number, value in enumerate(values)
        ),
    )
    assert await rules(runtime) == expected


async def test_an_override_ends_by_itself(runtime: Runtime, people: People) -> None:
    await override(runtime, people, "HR-HIGH-2", days=0.01, isOff=True)
    now = runtime.now()
    await send(runtime, people, *(reading("RESTING_HEART_RATE", now - timedelta(minutes=m), 118) for m in (20, 10)))
    assert await rules(runtime) == []
    async with lone_connection(runtime.pool) as connection:
        found = await vital_rules.find(connection, people.patient_id, now + timedelta(hours=1))
    assert [one.rule for one in found.rings] == ["HR-HIGH-2"]


async def test_an_emergency_rings_though_the_rule_was_moved(runtime: Runtime, people: People) -> None:
    await override(runtime, people, "HR-HIGH-1", limit=160)
    await override(runtime, people, "HR-HIGH-2", isOff=True)
    now = runtime.now()
    await send(runtime, people, *(reading("RESTING_HEART_RATE", now - timedelta(minutes=m), 140) for m in (20, 10)))
    assert await rules(runtime) == []
    await send(runtime, people, reading("CHEST_PAIN", now - timedelta(minutes=5), 5, "MANUAL"))
    assert await rules(runtime) == [("HR-HIGH-1", "EMERGENCY", "OPEN")]


async def test_silence_and_weight_follow_what_is_set(runtime: Runtime, people: People) -> None:
    await override(runtime, people, "NO-DATA", limit=3)
    await regular(runtime, people, (8, 7, 6, 4))
    async with later(runtime, runtime.now()) as work:
        assert await silences.tell(work) == 1
    await runtime.pool.execute("UPDATE patient SET conditions = ARRAY['HEART_FAILURE']")
    await override(runtime, people, "W-ESC", limit=3)
    now = runtime.now()
    await send(runtime, people, reading("WEIGHT", now - timedelta(days=2), 80), reading("WEIGHT", now, 82.5))
    assert [one[0] for one in await rules(runtime)] == ["NO-DATA"]
    await send(runtime, people, reading("WEIGHT", now + timedelta(seconds=2), 83.2))
    assert [one[0] for one in await rules(runtime)] == ["NO-DATA", "W-ESC"]


async def test_a_patient_may_be_left_in_silence(runtime: Runtime, people: People) -> None:
    await override(runtime, people, "NO-DATA", isOff=True)
    await regular(runtime, people, (12, 11, 10, 8))
    async with later(runtime, runtime.now()) as work:
        assert await silences.tell(work) == 0


async def test_the_list_of_rules_says_what_may_be_set(runtime: Runtime, people: People) -> None:
    answer = await ask(runtime, people, Role.CLINICIAN, RULE_LIST)
    listed = {one["id"]: one for one in answer.data["alertRules"]}
    assert set(listed) == {rule.id for rule in RULES} | {"W-ESC", "NO-DATA"}
    assert (listed["HR-HIGH-2"]["limit"], listed["HR-HIGH-2"]["unit"]) == (111.0, "/min")
    assert (listed["HR-HIGH-2"]["mayBeOff"], listed["HR-HIGH-1"]["mayBeOff"]) == (True, False)
    assert listed["T-HIGH"]["limit"] is None


def test_no_override_moves_or_mutes_an_emergency() -> None:
    wanted = {
        rule: Override(is_off=one.may_be_off, limit=None if one.limit is None else one.most, readings=5)
        for rule, one in ADJUSTABLE.items()
    }
    for rule in RULES:
        held = [
            one for one in adjusted([rule], wanted) if AlertSeverity.EMERGENCY in (one.severity, one.symptom_severity)
        ]
        if AlertSeverity.EMERGENCY in (rule.severity, rule.symptom_severity):
            assert (held[0].limit, held[0].persistence) == (rule.limit, rule.persistence)
