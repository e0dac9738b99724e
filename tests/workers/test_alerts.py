"""What the clock does with alerts, as the workers' schedule has it."""

from datetime import timedelta

from adapters.runtime import Runtime
from domain import alert_life
from domain.kinds import AlertSeverity, Role
from tests.people import People
from tests.schema.test_alert_life import later, ring
from tests.workers.test_schedule import job_of
from tests.workers.test_vital_rules import regular, rules


async def test_each_minute_snoozes_end_and_steps_are_taken(runtime: Runtime, people: People) -> None:
    me, now = people.actors[Role.CLINICIAN], runtime.now()
    an_hour_ago = now - timedelta(hours=1)
    await runtime.pool.execute("UPDATE care_relation SET starts_at = $1", an_hour_ago)
    alert_id = await ring(runtime, people.patient_id, AlertSeverity.EMERGENCY, at=an_hour_ago)
    async with later(runtime, an_hour_ago, me) as work:
        await alert_life.snooze(work, me, alert_id, 1, now - timedelta(minutes=50), "asked to rest")
    job = job_of(runtime, "let_alerts_go_on")
    assert (job.minute, job.hour, job.unique) == (None, None, True)
    for _ in range(2):
        await job.coroutine({})
    row = await runtime.pool.fetchrow("SELECT status, version, opening, escalation_step FROM alert")
    assert tuple(row) == ("OPEN", 3, 2, 1)
    steps = await runtime.pool.fetch("SELECT opening, step, told FROM alert_escalation ORDER BY opening, step")
    assert [tuple(one) for one in steps] == [(1, 1, "RESPONSIBLE"), (2, 1, "RESPONSIBLE")]


async def test_each_night_silences_are_told(runtime: Runtime, people: People) -> None:
    await regular(runtime, people, (12, 11, 10, 8))
    job = job_of(runtime, "tell_silences")
    assert (job.minute, job.hour, job.unique) == (23, 4, True)
    for _ in range(2):
        await job.coroutine({})
    assert await rules(runtime) == [("NO-DATA", "REVIEW", "OPEN")]
