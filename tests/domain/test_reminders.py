"""What is planned for whom and when: the same over daylight saving, journeys, quiet hours and changes of mind."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.runtime import Runtime
from domain import reminders
from domain.kinds import ReminderKind, Role
from domain.reminders import Plan
from domain.unit_of_work import unit_of_work
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import CANCEL, MOVE, booked, free, zoe
from tests.schema.test_people import data

__all__ = ["zoe"]

ZONES = ("Europe/Rome", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time on somebody's wall clock, wherever that hangs."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


def first_instant(wall_clock: datetime, zone: str) -> datetime:
    """What PostgreSQL must find, by Python's own time zones: the first instant that shows this time or a later one."""
    here = ZoneInfo(zone)
    early = wall_clock.replace(tzinfo=here, fold=0).astimezone(UTC)
    if early.astimezone(here).replace(tzinfo=None, fold=0) == wall_clock:
        return early
    # Skipped: fold=0 reads it by the offset of before, which is after the gap; step back to its end.
    moment = early.replace(second=0)
    while (moment - timedelta(minutes=1)).astimezone(here).replace(tzinfo=None, fold=0) > wall_clock:
        moment -= timedelta(minutes=1)
    return moment


def clock_changes(zone: str) -> list[datetime]:
    """The wall-clock times around which a zone changes its clock in 2026 and 2027, to the hour."""
    here, found = ZoneInfo(zone), []
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(2 * 365 * 24)]
    for hour in hours:
        later = hour + timedelta(hours=1)
        if hour.astimezone(here).utcoffset() != later.astimezone(here).utcoffset():
            found.append(later.astimezone(here).replace(tzinfo=None, fold=0))
    return found


@pytest.mark.parametrize("zone", ZONES)
async def test_a_time_on_the_wall_clock_is_one_instant_also_where_the_clock_skips_or_repeats_it(
    runtime: Runtime, zone: str
) -> None:
    changes = clock_changes(zone)
    assert len(changes) == 4
    times = [change + timedelta(minutes=minutes) for change in changes for minutes in range(-200, 201)]
    rows = await runtime.pool.fetch(
        "SELECT wall_clock_instant(wall_clock, $2) AS at FROM unnest($1::timestamp[])"
        " WITH ORDINALITY AS given (wall_clock, n)"
        " ORDER BY n",
        times,
        zone,
    )
    found = [row["at"] for row in rows]
    assert found == [first_instant(one, zone) for one in times]
    gaps = [
        one for one, at in zip(times, found, strict=True) if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != one
    ]
    assert len(gaps) == 2 * (30 if zone == "Australia/Lord_Howe" else 60)
    assert len({at for one, at in zip(times, found, strict=True) if one in gaps}) == 2


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(
        st.tuples(
            st.datetimes(wall(2025, 1, 1), wall(2029, 12, 31)).map(lambda at: at.replace(microsecond=0)),
            st.sampled_from([*ZONES, "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham"]),
        ),
        min_size=50,
        max_size=50,
    )
)
async def test_any_time_in_any_zone_is_the_instant_that_python_finds(
    runtime: Runtime, data: list[tuple[datetime, str]]
) -> None:
    rows = await runtime.pool.fetch(
        "SELECT wall_clock_instant(wall_clock, zone) AS at FROM unnest($1::timestamp[], $2::text[])"
        " WITH ORDINALITY AS given (wall_clock, zone, n) ORDER BY n",
        [one for one, _ in data],
        [zone for _, zone in data],
    )
    assert [row["at"] for row in rows] == [first_instant(one, zone) for one, zone in data]


async def do(runtime: Runtime, verb: Any, *values: Any, at: datetime = NOW, **more: Any) -> None:
    async with unit_of_work(runtime.pool, at=at, by=None) as work:
        await verb(work, *values, **more)


async def planned(runtime: Runtime, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of every reminder, the soonest first."""
    rows = await runtime.pool.fetch(
        f"SELECT {', '.join(columns)} FROM reminder ORDER BY due_at, minutes_before DESC"  # noqa: S608
    )
    return [tuple(row) for row in rows]


async def prefer(runtime: Runtime, people: People, **columns: Any) -> None:
    values = {
        "channels": ["EMAIL"],
        "quiet_from": None,
        "quiet_until": None,
        "appointment_lead_minutes": [1440, 60],
        "shows_details": False,
    } | columns
    await runtime.pool.execute("DELETE FROM reminder_preferences")
    await runtime.pool.execute(
        f"INSERT INTO reminder_preferences (account_id, set_at, {', '.join(values)}) VALUES ($1, $2,"  # noqa: S608
        f" {', '.join(f'${number}' for number in range(3, 3 + len(values)))})",
        people.actors[Role.PATIENT].account_id,
        NOW,
        *values.values(),
    )


def dose(people: People, moment: datetime, **more: Any) -> Plan:
    return Plan(ReminderKind.MEDICATION, people.patient_id, uuid4(), moment, **more)


async def test_planning_the_same_again_changes_nothing(runtime: Runtime, people: People) -> None:
    plans = [dose(people, wall(2026, 11, 24, 8, 0)), dose(people, wall(2026, 11, 24, 20, 0), detail="Ramipril")]
    await do(runtime, reminders.plan, plans)
    before = await planned(runtime, "reminder::text", "xmin::text")
    await do(runtime, reminders.plan, plans, at=NOW + timedelta(hours=1))
    assert await planned(runtime, "reminder::text", "xmin::text") == before
    assert await planned(runtime, "due_at", "expires_at", "status", "time_zone") == [
        (
            datetime(2026, 11, 24, hour, tzinfo=UTC),
            datetime(2026, 11, 24, hour + 2, tzinfo=UTC),
            "PLANNED",
            "Europe/Rome",
        )
        for hour in (7, 19)
    ]


async def test_eight_stays_eight_over_the_end_of_summer_time_and_on_a_journey(runtime: Runtime, people: People) -> None:
    days = [wall(2026, 10, day, 8, 0) for day in (24, 25, 26)]
    await do(runtime, reminders.plan, [dose(people, day) for day in days])
    assert await planned(runtime, "due_at") == [
        (datetime(2026, 10, 24, 6, tzinfo=UTC),),
        (datetime(2026, 10, 25, 7, tzinfo=UTC),),
        (datetime(2026, 10, 26, 7, tzinfo=UTC),),
    ]
    await runtime.pool.execute("UPDATE reminder SET status = 'HANDED_OVER' WHERE wall_clock = $1", days[0])
    await runtime.pool.execute("UPDATE patient SET time_zone = 'America/New_York' WHERE id = $1", people.patient_id)
    await do(runtime, reminders.plan_again, people.patient_id)
    # What went out at home does not come again abroad.
    assert await planned(runtime, "due_at", "status", "time_zone") == [
        (datetime(2026, 10, 24, 6, tzinfo=UTC), "HANDED_OVER", "Europe/Rome"),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), "PLANNED", "America/New_York"),
        (datetime(2026, 10, 26, 12, tzinfo=UTC), "PLANNED", "America/New_York"),
    ]


async def test_what_is_about_an_instant_stays_there_on_a_journey(runtime: Runtime, people: People) -> None:
    starts_at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    visit = Plan(ReminderKind.APPOINTMENT_OFFER, people.patient_id, uuid4(), starts_at, 60)
    await do(runtime, reminders.plan, [visit])
    await runtime.pool.execute("UPDATE patient SET time_zone = 'Asia/Tokyo' WHERE id = $1", people.patient_id)
    await do(runtime, reminders.plan_again, people.patient_id)
    await do(runtime, reminders.plan, [visit])
    assert await planned(runtime, "due_at", "expires_at") == [(starts_at - timedelta(hours=1), starts_at)]


@pytest.mark.parametrize(
    ("moment", "more", "due_at"),
    [
        (wall(2026, 11, 24, 21, 59), {}, datetime(2026, 11, 24, 20, 59, tzinfo=UTC)),
        (wall(2026, 11, 24, 22, 0), {}, datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (wall(2026, 11, 25, 6, 59), {}, datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (wall(2026, 11, 25, 7, 0), {}, datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (wall(2026, 11, 25, 3, 0), {"is_urgent": True}, datetime(2026, 11, 25, 2, 0, tzinfo=UTC)),
        # An hour before 07:30 is quiet: at its end, which is still before; an hour before 07:00 it is the evening.
        (wall(2026, 11, 25, 7, 30), {"minutes_before": 60}, datetime(2026, 11, 25, 6, 0, tzinfo=UTC)),
        (wall(2026, 11, 25, 7, 0), {"minutes_before": 60}, datetime(2026, 11, 24, 21, 0, tzinfo=UTC)),
        # The evening of an appointment that is booked at night is over.
        (wall(2026, 11, 23, 8, 30), {"minutes_before": 1}, datetime(2026, 11, 23, 7, 29, tzinfo=UTC)),
    ],
)
async def test_quiet_hours_keep_back_what_can_wait(
    runtime: Runtime, people: People, moment: datetime, more: dict[str, Any], due_at: datetime
) -> None:
    await prefer(runtime, people, quiet_from=time(22), quiet_until=time(7))
    await do(runtime, reminders.plan, [dose(people, moment, **more)])
    assert await planned(runtime, "due_at") == [(due_at,)]


async def test_new_quiet_hours_move_what_is_planned(runtime: Runtime, people: People) -> None:
    await do(runtime, reminders.plan, [dose(people, wall(2026, 11, 24, 6, 30))])
    await prefer(runtime, people, quiet_from=time(1), quiet_until=time(7))
    await do(runtime, reminders.plan_again, people.patient_id)
    assert await planned(runtime, "due_at") == [(datetime(2026, 11, 24, 6, tzinfo=UTC),)]
    await prefer(runtime, people)
    await do(runtime, reminders.plan_again, people.patient_id)
    assert await planned(runtime, "due_at") == [(datetime(2026, 11, 24, 5, 30, tzinfo=UTC),)]


async def test_what_is_done_is_called_off_with_its_nudges_and_comes_back_when_that_was_a_mistake(
    runtime: Runtime, people: People
) -> None:
    critical = dose(people, wall(2026, 11, 24, 8, 0), nudge_after_minutes=30, care_team_after_minutes=90)
    other = dose(people, wall(2026, 11, 24, 9, 0))
    await do(runtime, reminders.plan, [critical, other])
    wanted = [
        ("MEDICATION", "PATIENT", datetime(2026, 11, 24, 7, 0, tzinfo=UTC), "PLANNED"),
        ("MEDICATION", "PATIENT", datetime(2026, 11, 24, 7, 30, tzinfo=UTC), "PLANNED"),
        ("MEDICATION", "PATIENT", datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "PLANNED"),
        ("MISSED_TASK", "CARE_TEAM", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "PLANNED"),
    ]
    columns = ("kind", "audience", "due_at", "status")
    assert await planned(runtime, *columns) == wanted
    await runtime.pool.execute("UPDATE reminder SET status = 'HANDED_OVER' WHERE due_at = $1", wanted[0][2])
    await do(runtime, reminders.cancel, [critical.subject_id])
    statuses = [row[3] for row in await planned(runtime, *columns)]
    assert statuses == ["HANDED_OVER", "CANCELLED", "PLANNED", "CANCELLED"]
    await do(runtime, reminders.plan, [critical])
    statuses = [row[3] for row in await planned(runtime, *columns)]
    assert statuses == ["HANDED_OVER", "PLANNED", "PLANNED", "PLANNED"]


async def test_reminders_follow_an_appointment_that_is_moved_and_called_off(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada = people.actors[Role.PATIENT]
    since = (runtime.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    first, *_, last = await free(
        runtime, ada, **{"from": since.isoformat(), "to": (since + timedelta(hours=30)).isoformat()}
    )
    made = await booked(runtime, ada, first)
    visit, starts_at = UUID(made["id"]), datetime.fromisoformat(first["startsAt"])
    for _ in range(2):
        await do(runtime, reminders.follow_appointments, [visit], at=runtime.now())
    assert await planned(runtime, "due_at", "expires_at", "status") == [
        (starts_at - timedelta(days=1), starts_at, "PLANNED"),
        (starts_at - timedelta(hours=1), starts_at, "PLANNED"),
    ]
    later = datetime.fromisoformat(last["startsAt"])
    where = {"appointmentId": made["id"], "expectedVersion": made["version"], "startsAt": last["startsAt"]}
    moved = data(await ask(runtime, ada, MOVE, input=where))["rescheduleAppointment"]["appointment"]
    await do(runtime, reminders.follow_appointments, [visit], at=runtime.now())
    assert sorted(await planned(runtime, "due_at", "status")) == [
        (starts_at - timedelta(days=1), "CANCELLED"),
        (starts_at - timedelta(hours=1), "CANCELLED"),
        (later - timedelta(days=1), "PLANNED"),
        (later - timedelta(hours=1), "PLANNED"),
    ]
    data(await ask(runtime, ada, CANCEL, input={"appointmentId": made["id"], "expectedVersion": moved["version"]}))
    await do(runtime, reminders.follow_appointments, [visit], at=runtime.now())
    assert [status for (status,) in await planned(runtime, "status")] == ["CANCELLED"] * 4


async def test_lead_times_are_those_of_the_patient_and_none_lies_in_the_past(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada = people.actors[Role.PATIENT]
    await prefer(runtime, people, appointment_lead_minutes=[15])
    slot = (await free(runtime, ada))[3]
    await booked(runtime, ada, slot)
    at = datetime.fromisoformat(slot["startsAt"]) - timedelta(minutes=120)
    await prefer(runtime, people, appointment_lead_minutes=[2880, 120, 15])
    await do(runtime, reminders.plan_again, people.patient_id, at=at)
    assert await planned(runtime, "minutes_before") == [(15,)]
    await prefer(runtime, people, appointment_lead_minutes=[30])
    await do(runtime, reminders.plan_again, people.patient_id, at=at)
    assert await planned(runtime, "minutes_before", "status") == [(30, "PLANNED"), (15, "CANCELLED")]
    # One that is due and has not gone out yet is not lost by a change of that moment.
    await do(runtime, reminders.plan_again, people.patient_id, at=at + timedelta(minutes=100))
    assert await planned(runtime, "minutes_before", "status") == [(30, "PLANNED"), (15, "CANCELLED")]


async def test_clinicians_are_told_once_of_one_step_whatever_the_hour(runtime: Runtime, people: People) -> None:
    alert_id = uuid4()
    team = [people.actors[role].account_id for role in (Role.CLINICIAN, Role.COORDINATOR)]
    for at in (NOW, NOW + timedelta(minutes=1)):
        await do(runtime, reminders.notify, team, ReminderKind.ALERT, alert_id, at=at, moment=NOW)
    assert sorted(await planned(runtime, "account_id", "due_at")) == sorted((one, NOW) for one in team)
