"""Reminders of what therapy plans ask for: planned in time, told once, and not when it is done or called off."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from adapters.runtime import Runtime
from dev.mailbox import Mailbox
from domain import reminder_preferences, task_reminders
from domain.kinds import Channel
from domain.unit_of_work import lone_connection
from tests.domain.rules.pages import table
from tests.people import People
from tests.schema.therapy import COMPLETE, MORNING, STOP, UNDO, Centre
from tests.workers.test_reminders import (
    ADA,
    Clocked,
    centre,
    go,
    mailbox,
    mailboxes,
    prefer,
    reach,
    receiver,
    receivers,
    rows,
)

__all__ = ["centre", "mailbox", "mailboxes", "receiver", "receivers"]

PLANNED = "SELECT kind, audience, wall_clock::text, minutes_before, status FROM reminder ORDER BY due_at"
MEDICINE = "MEDICATION"


class Day(Centre):
    """A clinic whose clock is that of the reminders."""

    def __init__(self, centre: Clocked, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clocked = centre
        super().__init__(centre, people, monkeypatch)

    def set_clock(self, at: datetime) -> None:
        self.at = self.clocked.clock[0] = at

    async def at_time(self, hour: int, minute: int = 0) -> None:
        """Plan what is due soon and send what is due."""
        self.set_clock(self.at.replace(hour=hour, minute=minute))
        async with lone_connection(self.clocked.pool) as connection:
            await task_reminders.plan(connection, self.at)
        await go(self.clocked)


@pytest.fixture
async def day(centre: Clocked, people: People, monkeypatch: pytest.MonkeyPatch) -> Day:
    """The tenth of November, six o'clock in Rome; Ada reads her mails."""
    found = Day(centre, people, monkeypatch)
    await found.settled()
    await reach(centre, found.ada.account_id, Channel.EMAIL, ADA)
    return found


def subjects(mailbox: Mailbox) -> list[tuple[str, str]]:
    """To whom, and the texts, in order."""
    found = []
    for one in mailbox.deliveries:
        body = message_from_bytes(one.content, policy=default).get_body()
        assert body is not None
        found.append((one.to[0], body.get_content().strip()))
    return found


async def test_a_dose_is_told_once_at_its_time(day: Day, mailbox: Mailbox) -> None:
    await day.prescribed(await day.plan())
    for hour, minute in ((7, 29), (7, 31), (7, 59), (8, 0), (8, 1), (8, 20)):
        await day.at_time(hour, minute)
        assert len(mailbox.deliveries) == (1 if hour == 8 else 0)
    assert subjects(mailbox) == [(ADA, "Alle 08:00 è previsto qualcosa nel suo piano.")]
    assert await rows(day.clocked, PLANNED) == [(MEDICINE, "PATIENT", "2026-11-10 08:00:00", 0, "HANDED_OVER")]


async def test_who_has_opted_in_reads_which_medicine(day: Day, mailbox: Mailbox) -> None:
    await prefer(day.clocked, day.ada.account_id, shows_details=True, locale="en")
    await day.prescribed(await day.plan())
    await day.at_time(8)
    assert subjects(mailbox) == [(ADA, "At 08:00: Ramipril 2.5 mg.")]


async def test_what_is_done_before_its_time_is_not_told_and_undone_it_is(day: Day, mailbox: Mailbox) -> None:
    await day.prescribed(await day.plan())
    first, _ = await day.tasks()
    await day.at_time(7, 45)
    await day.ask(day.ada, COMPLETE, input={"taskId": first["id"], "outcome": "TAKEN"})
    await day.at_time(8)
    assert mailbox.deliveries == []
    assert [row[-1] for row in await rows(day.clocked, PLANNED)] == ["CANCELLED"]
    await day.ask(day.ada, UNDO, input={"taskId": first["id"]})
    await day.at_time(8, 5)
    assert len(mailbox.deliveries) == 1


async def test_what_is_stopped_is_not_told(day: Day, mailbox: Mailbox) -> None:
    made = await day.prescribed(await day.plan())
    await day.at_time(7, 45)
    assert len(await rows(day.clocked, PLANNED)) == 1
    stopped: dict[str, Any] = {"activityId": made["id"], "expectedVersion": made["version"]}
    await day.ask(day.zoe, STOP, input=stopped)
    await day.at_time(8)
    assert mailbox.deliveries == []
    assert [row[-1] for row in await rows(day.clocked, PLANNED)] == ["CANCELLED"]


@pytest.mark.parametrize(
    "case", table("forgotten-medicines.md", "A dose of eight o'clock"), ids=lambda case: " ".join(case[1:3])
)
async def test_forgotten_medicines_are_asked_for_as_the_page_says(day: Day, mailbox: Mailbox, case: list[str]) -> None:
    medicine, code, booked, asked_at, team_told_at = case
    await reach(day.clocked, day.zoe.account_id, Channel.EMAIL, "zoe@example.org")
    await day.prescribed(await day.plan(), medication=medicine, atcCode=code)
    first, _ = await day.tasks()
    told: dict[str, list[str]] = {ADA: [], "zoe@example.org": []}
    # Each minute at which something might be said, and those around it.
    for minutes in (0, 59, 60, 61, 299, 300):
        if booked == str(minutes):
            day.set_clock(MORNING.replace(hour=8) + timedelta(minutes=minutes))
            await day.complete(first, "TAKEN")
        mailbox.deliveries.clear()
        await day.at_time(8 + minutes // 60, minutes % 60)
        for one in mailbox.deliveries:
            told[one.to[0]].append(str(minutes))
    said = {who: ", ".join(minutes) or "–" for who, minutes in told.items()}
    assert said == {ADA: asked_at, "zoe@example.org": team_told_at}


async def test_a_forgotten_anticoagulant_is_asked_for_in_these_words(day: Day, mailbox: Mailbox) -> None:
    await reach(day.clocked, day.zoe.account_id, Channel.EMAIL, "zoe@example.org")
    await day.prescribed(await day.plan(), medication="Apixaban", atcCode="B01AF02", dose={"value": 5, "unit": "mg"})
    for hour in (8, 9, 13):
        await day.at_time(hour)
    assert subjects(mailbox) == [
        (ADA, "Alle 08:00 è previsto qualcosa nel suo piano."),
        (ADA, "Alle 08:00 era previsto qualcosa nel suo piano, che non risulta ancora fatto."),
        ("zoe@example.org", "Somebody in your care may need a word. Please open Cuore."),
    ]


async def test_a_traveller_is_told_at_eight_there_and_never_twice(day: Day, mailbox: Mailbox) -> None:
    """RADAR-base/RADAR-Questionnaire#141: a change of the time zone left duplicates."""
    await day.prescribed(await day.plan())
    await day.at_time(8)
    async with day.clocked.unit_of_work(day.ada) as work:
        await reminder_preferences.set_time_zone(work, day.ada, "Atlantic/Azores")
    # It becomes eight a second time, two hours later.
    for hour in (9, 10, 11):
        await day.at_time(hour)
    assert len(mailbox.deliveries) == 1
    await day.at_time(22)
    assert [text for _, text in subjects(mailbox)] == [
        "Alle 08:00 è previsto qualcosa nel suo piano.",
        "Alle 20:00 è previsto qualcosa nel suo piano.",
    ]


async def test_nothing_is_planned_for_whom_nobody_reaches(day: Day) -> None:
    await day.clocked.pool.execute("UPDATE contact_point SET ended_at = made_at")
    await day.prescribed(await day.plan())
    await day.at_time(8)
    assert await rows(day.clocked, PLANNED) == []


async def test_half_a_day_around_the_world_every_eight_oclock_is_planned(runtime: Runtime, day: Day) -> None:
    await day.prescribed(await day.plan(), timesOfDay=["08:00"])
    for zone, hours in (("Pacific/Kiritimati", -13), ("Pacific/Pago_Pago", 12)):
        await day.clocked.pool.execute("UPDATE patient SET time_zone = $1", zone)
        await day.clocked.pool.execute("DELETE FROM reminder")
        eight = MORNING.replace(hour=8) + timedelta(days=2, hours=hours)
        async with lone_connection(runtime.pool) as connection:
            await task_reminders.plan(connection, eight)
        assert await rows(day.clocked, "SELECT due_at FROM reminder") == [(eight,)]
