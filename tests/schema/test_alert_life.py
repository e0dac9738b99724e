"""What people do with an alert, and what the clock does with it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain import alert_life, alerts, escalations
from domain.access import Actor
from domain.errors import BadInput, Conflict
from domain.kinds import AlertOutcome, AlertSeverity, Role
from domain.rules.alert_life import SNOOZES, STEPS
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import UnitOfWork, new_id, unit_of_work
from tests import asking
from tests.people import ISSUER, People
from tests.schema.test_pressure_to_alert import ACKNOWLEDGE, ask

EMERGENCY, URGENT, REVIEW = AlertSeverity.EMERGENCY, AlertSeverity.URGENT, AlertSeverity.REVIEW
ASSIGN = """mutation AssignAlert($input: AssignAlertInput!) { assignAlert(input: $input) {
  alert { id status version assignee { displayName } } } }"""
SNOOZE = """mutation SnoozeAlert($input: SnoozeAlertInput!) { snoozeAlert(input: $input) {
  alert { id status version snoozedUntil assignee { displayName } } } }"""
RESOLVE = """mutation ResolveAlert($input: ResolveAlertInput!) { resolveAlert(input: $input) {
  alert { id status version outcome resolvedAt } } }"""
HISTORY = """query Patients($first: Int!) { patients(first: $first) { edges { node { displayName
  alerts(first: 10) { edges { node { status version occurrences
    history { change version status by { displayName } reason snoozedUntil outcome assignee { displayName } }
    escalations { audience told severity clinicians { displayName } } } } } } } } }"""
HOME = """query Home { viewer { patient { alerts(first: 5, status: [OPEN, ACKNOWLEDGED]) {
  edges { node { id severity title explanation raisedAt } } } } } }"""


def later(runtime: Runtime, at: datetime, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]:
    """A transaction under a moved clock."""
    return unit_of_work(runtime.pool, at=at, by=by, queue=runtime.queue)


async def ring(
    runtime: Runtime,
    patient_id: UUID,
    severity: AlertSeverity = URGENT,
    *,
    at: datetime | None = None,
    reading_id: UUID | None = None,
    rule: str = "BP-CRISIS-3",
    quiet: timedelta = timedelta(),
) -> UUID:
    """Let a rule hold at another reading; the alert's id."""
    async with later(runtime, at or runtime.now()) as work:
        await alerts.raise_alert(
            work,
            patient_id=patient_id,
            rule=rule,
            rule_version=1,
            severity=severity,
            title="Very high blood pressure",
            explanation=f"{severity} 184/112 mm[Hg]",
            reading_id=reading_id or new_id(),
            topic="BP-CRISIS",
            quiet_after_resolved=quiet,
        )
    return UUID(str(await runtime.pool.fetchval("SELECT id FROM alert ORDER BY raised_at DESC LIMIT 1")))


async def alert(runtime: Runtime) -> dict[str, Any]:
    """The one alert that there is."""
    (row,) = await runtime.pool.fetch("SELECT * FROM alert")
    return dict(row)


async def told(runtime: Runtime, kind: str) -> int:
    """How often feeds were told this."""
    return int(await runtime.pool.fetchval("SELECT count(*) FROM event WHERE kind = $1", kind))


async def colleague(runtime: Runtime, people: People, name: str, *, in_care: bool = True) -> Actor:
    """Another clinician of the clinic."""
    clinic = await Organisation.get(id=people.actors[Role.CLINICIAN].organisation_id)
    account = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject=name,
        role=Role.CLINICIAN,
        organisation=clinic,
        display_name=name,
        created_at=runtime.now(),
    )
    if in_care:
        patient = await Patient.get(id=people.patient_id)
        await CareRelation.create(id=new_id(), patient=patient, clinician=account, starts_at=runtime.now())
    return Actor(account.id, Role.CLINICIAN, clinic.id, None, name)


async def test_of_two_clinicians_one_takes_the_alert_and_the_other_learns_its_version(
    runtime: Runtime, people: People
) -> None:
    other = await colleague(runtime, people, "Second")
    alert_id = await ring(runtime, people.patient_id)
    sent = {"alertId": str(alert_id), "expectedVersion": 1}
    answers = await asyncio.gather(
        *(asking.ask(runtime, who, ACKNOWLEDGE, input=sent) for who in (people.actors[Role.CLINICIAN], other))
    )
    (won,) = [answer.data for answer in answers if answer.errors is None]
    (lost,) = [answer.errors for answer in answers if answer.errors is not None]
    assert [one.extensions for one in lost] == [{"code": "CONFLICT", "currentVersion": 2}]
    row = await alert(runtime)
    assert won is not None
    winner = won["acknowledgeAlert"]["alert"]["assignee"]["displayName"]
    assert (row["status"], row["version"], winner in ("Test clinician", "Second")) == ("ACKNOWLEDGED", 2, True)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_change WHERE change = 'ACKNOWLEDGED'") == 1


async def test_a_life_from_raised_to_resolved_is_told_with_who_and_why(runtime: Runtime, people: People) -> None:
    other = await colleague(runtime, people, "Second")
    alert_id = str(await ring(runtime, people.patient_id, REVIEW))
    until = (runtime.now() + timedelta(days=2)).replace(microsecond=0)
    steps = [
        (ACKNOWLEDGE, {}),
        (ASSIGN, {"assigneeId": str(other.account_id), "reason": "knows the patient"}),
        (SNOOZE, {"until": until.isoformat(), "reason": "visit on Friday"}),
        (RESOLVE, {"outcome": "ACTED_ON", "reason": "dose raised"}),
    ]
    for version, (query, more) in enumerate(steps, start=1):
        sent = {"alertId": alert_id, "expectedVersion": version, **more}
        answer = await ask(runtime, people, Role.CLINICIAN, query, input=sent)
        assert answer.errors is None
    ended = answer.data["resolveAlert"]["alert"]
    assert (ended["status"], ended["version"], ended["outcome"]) == ("RESOLVED", 5, "ACTED_ON")
    listed = await ask(runtime, people, Role.CLINICIAN, HISTORY, first=5)
    assert listed.errors is None
    (edge,) = listed.data["patients"]["edges"]
    (node,) = edge["node"]["alerts"]["edges"]
    lines = [
        (
            one["change"],
            one["status"],
            one["by"] and one["by"]["displayName"],
            one["reason"],
            one["assignee"] and one["assignee"]["displayName"],
            one["outcome"],
        )
        for one in node["node"]["history"]
    ]
    me = "Test clinician"
    assert lines == [
        ("RAISED", "OPEN", None, None, None, None),
        ("ACKNOWLEDGED", "ACKNOWLEDGED", me, None, me, None),
        ("ASSIGNED", "OPEN", me, "knows the patient", "Second", None),
        ("SNOOZED", "SNOOZED", me, "visit on Friday", "Second", None),
        ("RESOLVED", "RESOLVED", me, "dose raised", "Second", "ACTED_ON"),
    ]
    assert [one["version"] for one in node["node"]["history"]] == [1, 2, 3, 4, 5]
    assert node["node"]["occurrences"] == 1
    # Whoever was handed the alert is told at once.
    assert [one["clinicians"] for one in node["node"]["escalations"]] == [[{"displayName": "Second"}]]
    kinds = await runtime.pool.fetch("SELECT kind FROM event WHERE kind LIKE 'ALERT%' ORDER BY id")
    assert [row["kind"].removeprefix("ALERT_") for row in kinds] == [one[0] for one in lines]
    again = await ask(
        runtime,
        people,
        Role.CLINICIAN,
        RESOLVE,
        input={"alertId": alert_id, "expectedVersion": 5, "outcome": "FALSE_ALARM"},
    )
    assert again.errors[0].extensions == {"code": "CONFLICT", "currentVersion": 5}
    with pytest.raises(Exception, match="only ever added to"):
        await runtime.pool.execute("UPDATE alert_change SET reason = 'other'")


async def test_the_next_reading_rang_again_through_a_snooze(runtime: Runtime, people: People) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, at=now)
    end = now + timedelta(hours=4)
    async with later(runtime, now, me) as work:
        await alert_life.snooze(work, me, alert_id, 1, end, "the patient rests")
    for minutes in (10, 60, 239):
        await ring(runtime, people.patient_id, at=now + timedelta(minutes=minutes))
    quiet = await alert(runtime)
    assert (quiet["status"], quiet["version"], quiet["snoozed_until"]) == ("SNOOZED", 2, end)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_occurrence") == 4
    assert await told(runtime, "ALERT_REPEATED") == 0
    for minutes in (239, 240, 241, 300):
        async with later(runtime, now + timedelta(minutes=minutes)) as work:
            await alert_life.wake(work)
    awake = await alert(runtime)
    assert (awake["status"], awake["version"], awake["snoozed_until"]) == ("OPEN", 3, None)
    assert await told(runtime, "ALERT_REOPENED") == 1


async def test_a_repeat_after_the_end_opens_what_the_clock_has_not_come_round_to_and_only_once(
    runtime: Runtime, people: People
) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, at=now)
    async with later(runtime, now, me) as work:
        await alert_life.snooze(work, me, alert_id, 1, now + timedelta(hours=1), "wait")
    await ring(runtime, people.patient_id, at=now + timedelta(hours=2))
    async with later(runtime, now + timedelta(hours=2)) as work:
        assert await alert_life.wake(work) == 0
    assert (await alert(runtime))["status"] == "OPEN"
    assert await told(runtime, "ALERT_REOPENED") == 1


@pytest.mark.parametrize("is_snoozed", [True, False], ids=["snoozed", "acknowledged"])
async def test_what_is_worse_comes_through(runtime: Runtime, people: People, *, is_snoozed: bool) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, REVIEW, at=now)
    async with later(runtime, now, me) as work:
        if is_snoozed:
            await alert_life.snooze(work, me, alert_id, 1, now + timedelta(days=3), "wait")
        else:
            await alert_life.acknowledge(work, me, alert_id, 1)
    await ring(runtime, people.patient_id, URGENT, at=now + timedelta(hours=1), rule="BP-CRISIS-1")
    row = await alert(runtime)
    assert (row["status"], row["severity"], row["rule"], row["version"]) == ("OPEN", "URGENT", "BP-CRISIS-1", 3)
    assert row["severity_since"] == now + timedelta(hours=1)
    # Milder ones that follow leave it what it is.
    await ring(runtime, people.patient_id, REVIEW, at=now + timedelta(hours=2))
    row = await alert(runtime)
    assert (row["severity"], row["rule"], row["explanation"]) == ("URGENT", "BP-CRISIS-1", "URGENT 184/112 mm[Hg]")


async def test_the_same_reading_rings_again_only_as_something_worse(runtime: Runtime, people: People) -> None:
    reading_id = new_id()
    for severity in (URGENT, URGENT, REVIEW, EMERGENCY, EMERGENCY):
        await ring(runtime, people.patient_id, severity, reading_id=reading_id)
    row = await alert(runtime)
    assert (row["severity"], row["version"]) == ("EMERGENCY", 2)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_occurrence") == 1


async def test_what_was_acknowledged_and_goes_on_is_opened_again(runtime: Runtime, people: People) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, at=now)
    async with later(runtime, now, me) as work:
        await alert_life.acknowledge(work, me, alert_id, 1)
    await ring(runtime, people.patient_id, at=now + timedelta(hours=23, minutes=59))
    assert ((await alert(runtime))["status"], await told(runtime, "ALERT_REPEATED")) == ("ACKNOWLEDGED", 1)
    await ring(runtime, people.patient_id, at=now + timedelta(hours=24))
    assert ((await alert(runtime))["status"], await told(runtime, "ALERT_REOPENED")) == ("OPEN", 1)


@pytest.mark.parametrize("severity", list(AlertSeverity))
async def test_nothing_is_quiet_beyond_the_limit_of_its_severity(
    runtime: Runtime, people: People, severity: AlertSeverity
) -> None:
    me, now, longest = people.actors[Role.CLINICIAN], runtime.now(), SNOOZES[severity].longest
    alert_id = await ring(runtime, people.patient_id, severity, at=now)
    async with later(runtime, now, me) as work:
        with pytest.raises(BadInput) as refused:
            await alert_life.snooze(work, me, alert_id, 1, now + longest + timedelta(seconds=1), "wait")
    assert refused.value.details == {"latest": (now + longest).isoformat()}
    assert (await alert(runtime))["status"] == "OPEN"
    async with later(runtime, now, me) as work:
        await alert_life.snooze(work, me, alert_id, 1, now + longest, "wait")
    assert (await alert(runtime))["snoozed_until"] == now + longest


async def test_an_emergency_is_not_snoozed_again_and_again(runtime: Runtime, people: People) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, EMERGENCY, at=now)
    version = 1
    for minutes in (0, 15, 30, 45):
        at = now + timedelta(minutes=minutes)
        async with later(runtime, at, me) as work:
            await alert_life.wake(work)
            version = (await alert(runtime))["version"] if minutes == 0 else version + 1
            await alert_life.snooze(work, me, alert_id, version, at + timedelta(minutes=15), "wait")
            version += 1
    end = now + timedelta(minutes=60)
    async with later(runtime, end, me) as work:
        await alert_life.wake(work)
        with pytest.raises(BadInput) as refused:
            await alert_life.snooze(work, me, alert_id, version + 1, end + timedelta(minutes=1), "wait")
    assert refused.value.details == {"latest": None}


async def test_what_was_resolved_stays_quiet_for_the_rules_time_unless_it_is_worse(
    runtime: Runtime, people: People
) -> None:
    me, now, week = people.actors[Role.CLINICIAN], runtime.now(), timedelta(days=7)
    alert_id = await ring(runtime, people.patient_id, REVIEW, at=now)
    async with later(runtime, now, me) as work:
        await alert_life.resolve(work, me, alert_id, 1, AlertOutcome.NO_ACTION_NEEDED, None)
    await ring(runtime, people.patient_id, REVIEW, at=now + week - timedelta(seconds=1), quiet=week)
    assert len(await runtime.pool.fetch("SELECT FROM alert")) == 1
    await ring(runtime, people.patient_id, URGENT, at=now + timedelta(days=1), quiet=week)
    assert len(await runtime.pool.fetch("SELECT FROM alert")) == 2
    end = "UPDATE alert SET status = 'RESOLVED', resolved_at = $1, outcome = $2"
    await runtime.pool.execute(end, now, AlertOutcome.ACTED_ON)
    await ring(runtime, people.patient_id, REVIEW, at=now + week, quiet=week)
    assert len(await runtime.pool.fetch("SELECT FROM alert")) == 3
    # What ended by itself and comes again is news.
    await runtime.pool.execute(end, now + week, AlertOutcome.CONDITION_ENDED)
    await ring(runtime, people.patient_id, REVIEW, at=now + week, quiet=week)
    assert len(await runtime.pool.fetch("SELECT FROM alert")) == 4


async def test_steps_are_taken_at_their_times_and_once_each(runtime: Runtime, people: People) -> None:
    await colleague(runtime, people, "Second")
    duty = await colleague(runtime, people, "On duty", in_care=False)
    now = runtime.now()
    shift = {
        "clientId": str(uuid4()),
        "clinicianId": str(duty.account_id),
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=12)).isoformat(),
    }
    add = """mutation Add($input: AddOnCallShiftInput!) { addOnCallShift(input: $input) { shift { id endsAt } } }"""
    first, again = [await ask(runtime, people, Role.COORDINATOR, add, input=shift) for _ in range(2)]
    assert first.data == again.data
    alert_id = await ring(runtime, people.patient_id, EMERGENCY, at=now)

    async def took(minutes: float) -> list[tuple[str, set[str]]]:
        """Who has been told by then."""
        async with later(runtime, now + timedelta(minutes=minutes)) as work:
            await escalations.escalate(work)
        rows = await runtime.pool.fetch(
            "SELECT told, array_agg(display_name) AS names FROM alert_escalation"
            " JOIN alert_notice ON escalation_id = alert_escalation.id JOIN account ON account.id = account_id"
            " GROUP BY step, told ORDER BY step"
        )
        return [(row["told"], set(row["names"])) for row in rows]

    responsible = ("RESPONSIBLE", {"Test clinician"})
    team = ("CARE_TEAM", {"Test clinician", "Second"})
    assert await took(0) == [responsible]
    assert await took(4.9) == [responsible]
    assert await took(5) == [responsible, team]
    assert await took(5) == [responsible, team]
    visible = await runtime.pool.fetchval("SELECT count(*) FROM care_relation WHERE clinician_id = $1", duty.account_id)
    assert visible == 0
    assert await took(15) == [responsible, team, ("ON_CALL", {"On duty"})]
    assert await took(600) == [responsible, team, ("ON_CALL", {"On duty"})]
    # Who is on call can see and take it, for a day.
    async with later(runtime, now + timedelta(minutes=20), duty) as work:
        await alert_life.acknowledge(work, duty, alert_id, 1)
    ends = await runtime.pool.fetchval("SELECT ends_at FROM care_relation WHERE clinician_id = $1", duty.account_id)
    assert ends == now + timedelta(minutes=15, hours=24)
    assert await told(runtime, "ALERT_ESCALATED") == 2
    notices = await runtime.pool.fetch("SELECT kind, status, detail FROM reminder WHERE subject_id = $1", alert_id)
    assert {(row["kind"], row["status"], row["detail"]) for row in notices} == {("ALERT", "CANCELLED", None)}
    assert len(notices) == 4


async def test_a_clock_that_jumps_and_two_workers_take_each_step_once(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    alert_id = await ring(runtime, people.patient_id, EMERGENCY, at=now)
    for hours in (3, 3, -2, 5):

        async def run(at: datetime) -> None:
            async with later(runtime, at) as work:
                while await escalations.escalate(work):
                    pass

        await asyncio.gather(*(run(now + timedelta(hours=hours)) for _ in range(2)))
    steps = await runtime.pool.fetch(
        "SELECT step, due_at FROM alert_escalation WHERE alert_id = $1 ORDER BY step", alert_id
    )
    assert [(row["step"], row["due_at"] - now) for row in steps] == [
        (number, step.after) for number, step in enumerate(STEPS[EMERGENCY], start=1)
    ]


async def test_a_worker_that_dies_in_a_step_leaves_it_to_the_next(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    await ring(runtime, people.patient_id, URGENT, at=now)
    at = now + timedelta(hours=2)

    async def die() -> None:
        async with later(runtime, at) as work:
            assert await escalations.escalate(work) == 1
            raise Conflict("The worker dies.")

    with pytest.raises(Conflict):
        await die()
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_escalation") == 1
    async with later(runtime, at) as work:
        assert await escalations.escalate(work) == 1
        assert await escalations.escalate(work) == 0
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_escalation") == 2


@pytest.mark.parametrize("what", ["acknowledged", "snoozed", "resolved"])
async def test_what_somebody_has_taken_notice_of_does_not_escalate(runtime: Runtime, people: People, what: str) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    alert_id = await ring(runtime, people.patient_id, URGENT, at=now)
    async with later(runtime, now, me) as work:
        match what:
            case "acknowledged":
                await alert_life.acknowledge(work, me, alert_id, 1)
            case "snoozed":
                await alert_life.snooze(work, me, alert_id, 1, now + timedelta(hours=8), "wait")
            case _:
                await alert_life.resolve(work, me, alert_id, 1, AlertOutcome.ACTED_ON, None)
    async with later(runtime, now + timedelta(days=9)) as work:
        assert await escalations.escalate(work) == 0


async def test_where_nobody_cares_and_nobody_is_on_call_the_coordinators_are_told(
    runtime: Runtime, people: People
) -> None:
    await runtime.pool.execute("DELETE FROM care_relation")
    now = runtime.now()
    await ring(runtime, people.patient_id, EMERGENCY, at=now)
    async with later(runtime, now + timedelta(hours=1)) as work:
        while await escalations.escalate(work):
            pass
    rows = await runtime.pool.fetch(
        "SELECT audience, told, display_name FROM alert_escalation JOIN alert_notice ON escalation_id ="
        " alert_escalation.id JOIN account ON account.id = account_id ORDER BY step"
    )
    assert [tuple(row) for row in rows] == [
        (step.audience, "COORDINATORS", "Test coordinator") for step in STEPS[EMERGENCY]
    ]


async def test_an_alert_that_is_passed_on_unseen_keeps_its_clock(runtime: Runtime, people: People) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    second = await colleague(runtime, people, "Second")
    alert_id = await ring(runtime, people.patient_id, URGENT, at=now)
    due = (await alert(runtime))["escalates_at"]
    for version, who in enumerate((second, me, second), start=1):
        async with later(runtime, now + timedelta(hours=1), me) as work:
            await alert_life.assign(work, me, alert_id, version, who.account_id, None)
    row = await alert(runtime)
    assert (row["escalates_at"], row["status"], row["assignee_id"]) == (due, "OPEN", second.account_id)


async def test_only_the_care_team_can_be_assigned(runtime: Runtime, people: People) -> None:
    stranger = await colleague(runtime, people, "Stranger", in_care=False)
    alert_id = await ring(runtime, people.patient_id)
    sent = {"alertId": str(alert_id), "expectedVersion": 1, "assigneeId": str(stranger.account_id)}
    answer = await ask(runtime, people, Role.COORDINATOR, ASSIGN, input=sent)
    assert answer.errors[0].extensions["code"] == "NOT_FOUND"
    sent["assigneeId"] = str(people.actors[Role.CLINICIAN].account_id)
    answer = await ask(runtime, people, Role.COORDINATOR, ASSIGN, input=sent)
    assert answer.data["assignAlert"]["alert"]["assignee"] == {"displayName": "Test clinician"}
    for query, role in ((SNOOZE, Role.COORDINATOR), (RESOLVE, Role.COORDINATOR), (ASSIGN, Role.PATIENT)):
        more: dict[str, Any] = {"outcome": "ACTED_ON"} if query == RESOLVE else {}
        if query == SNOOZE:
            more = {"until": (runtime.now() + timedelta(hours=1)).isoformat(), "reason": "wait"}
        if query == ASSIGN:
            more = {"assigneeId": sent["assigneeId"]}
        refused = await ask(
            runtime, people, role, query, input={"alertId": str(alert_id), "expectedVersion": 2, **more}
        )
        assert refused.errors[0].extensions["code"] == "FORBIDDEN"
    assert (await alert(runtime))["version"] == 2


async def test_a_patient_reads_what_an_alert_is_about_in_their_language_and_no_values(
    runtime: Runtime, people: People
) -> None:
    await ring(runtime, people.patient_id, URGENT)
    answer = await ask(runtime, people, Role.PATIENT, HOME)
    assert answer.errors is None
    (edge,) = answer.data["viewer"]["patient"]["alerts"]["edges"]
    assert (edge["node"]["severity"], edge["node"]["title"]) == ("URGENT", "Sulla Sua pressione arteriosa")
    assert edge["node"]["explanation"].startswith("Contatti oggi il Suo centro")
    assert "184/112" not in str(answer.data)
