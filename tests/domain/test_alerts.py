"""What joins an open alert."""

import asyncio

import pytest

from adapters.runtime import Runtime
from domain import alerts
from domain.kinds import AlertSeverity
from domain.unit_of_work import new_id
from tests.people import People

REVIEW, URGENT = AlertSeverity.REVIEW, AlertSeverity.URGENT


@pytest.mark.parametrize(
    ("severities", "at_last"),
    [((REVIEW, URGENT), URGENT), ((URGENT, REVIEW), URGENT), ((REVIEW, URGENT, AlertSeverity.INFO), URGENT)],
)
async def test_a_repeat_left_an_open_alert_less_urgent_than_what_it_told(
    runtime: Runtime, people: People, severities: tuple[AlertSeverity, ...], at_last: AlertSeverity
) -> None:
    for severity in severities:
        async with runtime.unit_of_work() as work:
            await alerts.raise_alert(
                work,
                patient_id=people.patient_id,
                rule="AF-SUSPECT",
                rule_version=1,
                severity=severity,
                title="A strip",
                explanation="What it shows",
                reading_id=new_id(),
            )
    rows = await runtime.pool.fetch("SELECT severity, version FROM alert")
    assert [tuple(row) for row in rows] == [(at_last, len(severities))]


async def test_two_workers_that_find_the_same_at_once_ring_once(runtime: Runtime, people: People) -> None:
    reading_id = new_id()

    async def ring() -> None:
        async with runtime.unit_of_work() as work:
            await alerts.raise_alert(
                work,
                patient_id=people.patient_id,
                rule="W-ESC",
                rule_version=1,
                severity=URGENT,
                title="Fast weight gain",
                explanation="2.4 kg",
                reading_id=reading_id,
            )

    await asyncio.gather(*(ring() for _ in range(4)))
    assert await runtime.pool.fetchval("SELECT version FROM alert") == 1
    kinds = await runtime.pool.fetch("SELECT kind FROM event")
    assert [row["kind"] for row in kinds] == ["ALERT_RAISED"]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_occurrence") == 1
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_escalation") == 1
