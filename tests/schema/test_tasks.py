"""Tasks of a day: booked as themselves, whatever the clock does, and completed by readings where those say so."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule

from adapters.runtime import Runtime
from domain import tasks as domain_tasks
from domain.kinds import ReadingSource, Role, VitalKind
from domain.rules.schedules import Schedule
from domain.rules.slots import instant
from domain.rules.tasks import TaskKey, task_id
from domain.unit_of_work import new_id
from domain.vitals import NewReading, record
from tests.asking import ask
from tests.people import People
from tests.schema.test_people import code
from tests.schema.test_therapy import started
from tests.schema.therapy import CHANGE, COMPLETE, MORNING, TASKS, UNDO, Centre, shown
from workers import vitals as job

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
async def centre(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> Centre:
    made = Centre(runtime, people, monkeypatch)
    await made.settled()
    return made


async def test_a_late_first_dose_is_not_booked_as_the_second(centre: Centre) -> None:
    """did-i-take-my-meds#68: the dose of eight, taken at five in the afternoon, was counted as that of the evening."""
    await centre.prescribed(await centre.plan())
    first, second = await centre.tasks()
    assert [shown(first[name]) for name in ("opensAt", "dueAt", "closesAt")] == [
        "11-10 04:00",
        "11-10 08:00",
        "11-10 16:00",
    ]
    assert [shown(second[name]) for name in ("opensAt", "dueAt", "closesAt")] == [
        "11-10 16:00",
        "11-10 20:00",
        "11-11 04:00",
    ]
    assert [first["status"], second["status"]] == ["DUE", "UPCOMING"]
    centre.set_clock(MORNING.replace(hour=9))
    assert [one["status"] for one in await centre.tasks()] == ["LATE", "UPCOMING"]
    centre.set_clock(MORNING.replace(hour=15, minute=59))
    before = await centre.looked()
    sent = {"taskId": second["id"], "outcome": "TAKEN"}
    assert code(await ask(centre.runtime, centre.ada, COMPLETE, input=sent)) == "BAD_USER_INPUT"
    assert await centre.looked() == before
    taken = await centre.complete(first, "TAKEN")
    assert (taken["status"], taken["wasLate"], shown(taken["completedAt"])) == ("TAKEN", True, "11-10 15:59")
    assert [one["status"] for one in await centre.tasks()] == ["TAKEN", "UPCOMING"]
    centre.set_clock(MORNING.replace(hour=17))
    assert [one["status"] for one in await centre.tasks()] == ["TAKEN", "DUE"]
    centre.set_clock(MORNING.replace(hour=4) + timedelta(days=1))
    assert [one["status"] for one in await centre.tasks(MORNING)] == ["TAKEN", "MISSED"]
    # What was taken in time and booked the day after is neither missed nor late.
    booked = await centre.complete(second, "TAKEN", completedAt=MORNING.replace(hour=20, minute=5).isoformat())
    assert (booked["status"], booked["wasLate"]) == ("TAKEN", False)


async def test_the_same_once_more_changes_nothing_and_something_else_is_refused(centre: Centre) -> None:
    await centre.prescribed(await centre.plan())
    first, _ = await centre.tasks()
    centre.set_clock(MORNING.replace(hour=8))
    at = MORNING.replace(hour=7, minute=58).isoformat()
    taken = await centre.complete(first, "TAKEN", completedAt=at)
    before = await centre.looked()
    assert await centre.complete(first, "TAKEN", completedAt=at) == taken
    assert await centre.complete(first, "TAKEN") == taken
    for more in ({"outcome": "SKIPPED"}, {"outcome": "TAKEN", "completedAt": MORNING.replace(hour=7).isoformat()}):
        assert (
            code(await ask(centre.runtime, centre.ada, COMPLETE, input={"taskId": first["id"], **more})) == "CONFLICT"
        )
    assert await centre.looked() == before
    undone = (await centre.ask(centre.ada, UNDO, input={"taskId": first["id"]}))["task"]
    assert undone == first | {"status": "DUE"}
    before = await centre.looked()
    assert (await centre.ask(centre.ada, UNDO, input={"taskId": first["id"]}))["task"] == undone
    assert await centre.looked() == before
    skipped = await centre.complete(first, "SKIPPED")
    assert (skipped["status"], shown(skipped["completedAt"])) == ("SKIPPED", "11-10 08:00")


async def test_what_cannot_become_of_a_task_is_refused(centre: Centre) -> None:
    plan = await started(centre)
    await centre.prescribed(plan)
    centre.set_clock(MORNING.replace(hour=8))
    tasks = {one["kind"]: one for one in await centre.tasks()}
    medicine = tasks["MEDICATION"]
    before = await centre.looked()
    old = centre.at - timedelta(minutes=1)
    refused: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (medicine, {"outcome": "DONE"}, "BAD_USER_INPUT"),
        (tasks["MEASUREMENT"], {"outcome": "TAKEN"}, "BAD_USER_INPUT"),
        (tasks["QUESTIONNAIRE"], {"outcome": "DONE"}, "BAD_USER_INPUT"),
        (
            medicine,
            {"outcome": "TAKEN", "completedAt": (centre.at + timedelta(minutes=6)).isoformat()},
            "BAD_USER_INPUT",
        ),
        (medicine, {"outcome": "TAKEN", "completedAt": old.replace(tzinfo=None).isoformat()}, "BAD_USER_INPUT"),
        ({"id": "x"}, {"outcome": "TAKEN"}, "BAD_USER_INPUT"),
        ({"id": "AAAA"}, {"outcome": "TAKEN"}, "BAD_USER_INPUT"),
        (
            {"id": task_id(TaskKey(UUID(medicine["activityId"]), MORNING.date(), time(9)))},
            {"outcome": "TAKEN"},
            "NOT_FOUND",
        ),
    ]
    for task, more, refusal in refused:
        answer = await ask(centre.runtime, centre.ada, COMPLETE, input={"taskId": task["id"], **more})
        assert code(answer) == refusal, more
    assert code(await ask(centre.runtime, centre.ada, UNDO, input={"taskId": "x"})) == "BAD_USER_INPUT"
    for role in set(Role) - {Role.PATIENT}:
        for query, more in ((COMPLETE, {"outcome": "TAKEN"}), (UNDO, {})):
            answer = await ask(
                centre.runtime, centre.people.actors[role], query, input={"taskId": medicine["id"], **more}
            )
            assert code(answer) == "FORBIDDEN", role
    centre.set_clock(MORNING + timedelta(days=8))
    for query, more in ((COMPLETE, {"outcome": "TAKEN"}), (UNDO, {})):
        answer = await ask(centre.runtime, centre.ada, query, input={"taskId": medicine["id"], **more})
        assert code(answer) == "BAD_USER_INPUT"
    far = (MORNING + timedelta(days=400)).date().isoformat()
    answer = await ask(centre.runtime, centre.ada, TASKS, id=str(centre.people.patient_id), on=far)
    assert code(answer) == "BAD_USER_INPUT"
    assert await centre.looked() == before


async def test_another_patients_task_is_as_if_it_were_not(centre: Centre) -> None:
    await centre.prescribed(await centre.plan())
    first, _ = await centre.tasks()
    await centre.runtime.pool.execute(
        "UPDATE account SET patient_id = $1 WHERE id = $2", centre.people.foreign_id, centre.ada.account_id
    )
    stranger = type(centre.ada)(
        centre.ada.account_id, Role.PATIENT, centre.ada.organisation_id, centre.people.foreign_id, "Bruno"
    )
    before = await centre.looked()
    for query, more in ((COMPLETE, {"outcome": "TAKEN"}), (UNDO, {})):
        answer = await ask(centre.runtime, stranger, query, input={"taskId": first["id"], **more})
        assert code(answer) == "NOT_FOUND"
    assert await centre.looked() == before


async def test_wall_clock_times_stay_over_the_changes_of_the_clocks(centre: Centre) -> None:
    """In Rome 02:30 is skipped on 28 March 2027 and shown twice on 31 October."""
    plan = await centre.plan()
    await centre.prescribed(plan, timesOfDay=["02:30", "08:00"])
    told = []
    for day in ("2027-03-27", "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31", "2027-11-01"):
        centre.set_clock(datetime.fromisoformat(f"{day}T00:00:00+00:00"))
        told += [datetime.fromisoformat(one["dueAt"]).strftime("%m-%d %H:%M") for one in await centre.tasks()]
    assert told == [
        *("03-27 01:30", "03-27 07:00"),
        # The hour that is skipped is due once, at its end; the one that comes twice is due once, the first time.
        *("03-28 01:00", "03-28 06:00"),
        *("03-29 00:30", "03-29 06:00"),
        *("10-30 00:30", "10-30 06:00"),
        *("10-31 00:30", "10-31 07:00"),
        *("11-01 01:30", "11-01 07:00"),
    ]


async def test_on_a_journey_the_tasks_stay_the_same_and_keep_their_hours(centre: Centre) -> None:
    """RADAR-Questionnaire#141: a change of the time zone left duplicates."""
    await centre.prescribed(await centre.plan())
    first, second = await centre.tasks()
    centre.set_clock(MORNING.replace(hour=8))
    await centre.complete(first, "TAKEN")
    await centre.runtime.pool.execute("UPDATE patient SET time_zone = 'Asia/Tokyo'")
    again = await centre.tasks()
    assert [one["id"] for one in again] == [first["id"], second["id"]]
    assert [one["status"] for one in again] == ["TAKEN", "DUE"]
    assert [shown(one["dueAt"], TOKYO) for one in again] == ["11-10 08:00", "11-10 20:00"]


ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Atlantic/Azores")


def some_schedule(chance: random.Random) -> Schedule:
    times = sorted({time(chance.randrange(24), chance.randrange(60)) for _ in range(chance.randint(1, 4))})
    return Schedule(times, chance.randint(1, 9), sorted(chance.sample(range(1, 8), chance.randint(0, 3))))


async def test_the_tasks_are_those_of_the_recurrence_rule(centre: Centre) -> None:
    """PostgreSQL's expansion beside that of an RFC 5545 library, over zones and the changes of their clocks."""
    plan = await centre.plan()
    made = await centre.prescribed(plan)
    pool = centre.runtime.pool
    # Only to try one schedule after the other on the same activity.
    await pool.execute("ALTER TABLE activity_schedule DISABLE TRIGGER USER")
    try:
        for number in range(60):
            chance = random.Random(number)  # noqa: S311 - no secret
            schedule, zone = some_schedule(chance), ZONES[number % len(ZONES)]
            begins = date(2026, 1, 1) + timedelta(days=chance.randrange(700))
            ends = begins + timedelta(days=40)
            await pool.execute("UPDATE patient SET time_zone = $1", zone)
            await pool.execute(
                "UPDATE activity_schedule SET begins = $1, ends = $2, anchor_day = $3, every_days = $4, weekdays = $5,"
                " times_of_day = $6 WHERE activity_id = $7",
                datetime.combine(begins, datetime.min.time()),
                datetime.combine(ends, datetime.min.time()),
                begins,
                schedule.every_days,
                list(schedule.weekdays),
                list(schedule.times_of_day),
                UUID(made["id"]),
            )
            rows = await pool.fetch(
                "SELECT day, time_of_day, due_at FROM planned_tasks($1, $2) ORDER BY day, time_of_day",
                begins - timedelta(days=3),
                ends + timedelta(days=3),
            )
            expected = []
            for at in schedule.times_of_day:
                first = datetime.combine(begins, at)
                rule = rrule.rrulestr(
                    f"{schedule.recurrence()};UNTIL={ends - timedelta(days=1):%Y%m%d}T235959", dtstart=first
                )
                expected += [(one.date(), at, instant(one, ZoneInfo(zone))) for one in rule]
            expected.sort()
            assert [(row["day"], row["time_of_day"]) for row in rows] == [one[:2] for one in expected]
            for row, (_, _, wanted) in zip(rows, expected, strict=True):
                # Only in the gap they differ: RFC 5545 counts on from before it, a task is due at its end.
                gap = wanted - row["due_at"]
                assert timedelta(0) <= gap < timedelta(hours=1)
                if gap:
                    shown_there = row["due_at"].astimezone(ZoneInfo(zone))
                    before = (row["due_at"] - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
                    assert shown_there.utcoffset() != before.utcoffset()
    finally:
        await pool.execute("ALTER TABLE activity_schedule ENABLE TRIGGER USER")


def reading(kind: VitalKind, at: datetime, **values: float) -> NewReading:
    return NewReading(client_id=new_id(), kind=kind, measured_at=at, source=ReadingSource.DEVICE, values=values)


async def taken_in(centre: Centre, *readings: NewReading) -> None:
    """Record readings, and let the job that follows them complete tasks."""
    async with centre.runtime.unit_of_work(centre.ada) as work:
        assert (await record(work, centre.ada, None, list(readings))).rejected == []
    async with centre.runtime.unit_of_work() as work:
        await domain_tasks.complete_by_readings(work, [centre.people.patient_id])


async def test_readings_complete_the_measurement_that_asked_for_them(centre: Centre) -> None:
    await started(centre)

    async def pressures() -> list[tuple[str, str | None]]:
        found = [one for one in await centre.tasks(MORNING) if one["kind"] == "MEASUREMENT"]
        return [(one["status"], one["completedAt"] and shown(one["completedAt"])) for one in found]

    centre.set_clock(MORNING.replace(hour=7, minute=10))
    assert await pressures() == [("DUE", None), ("UPCOMING", None)]
    at = MORNING.replace(hour=7, minute=2)
    await taken_in(centre, reading(VitalKind.BLOOD_PRESSURE, at, systolic=128, diastolic=82))
    assert await pressures() == [("DUE", None), ("UPCOMING", None)]
    second = reading(VitalKind.BLOOD_PRESSURE, at + timedelta(minutes=2), systolic=126, diastolic=80)
    await taken_in(centre, second)
    assert await pressures() == [("DONE", "11-10 07:04"), ("UPCOMING", None)]
    (done,) = [one for one in await centre.tasks() if one["status"] == "DONE"]
    assert done["byReadings"]
    # Two more in the morning are not the evening's.
    await taken_in(
        centre,
        *(
            reading(VitalKind.BLOOD_PRESSURE, at + timedelta(minutes=minutes), systolic=127, diastolic=81)
            for minutes in (4, 6)
        ),
    )
    assert await pressures() == [("DONE", "11-10 07:04"), ("UPCOMING", None)]
    # What was taken back stays so until the patient says otherwise.
    await centre.ask(centre.ada, UNDO, input={"taskId": done["id"]})
    await taken_in(centre, reading(VitalKind.BLOOD_PRESSURE, at + timedelta(minutes=8), systolic=125, diastolic=80))
    assert (await pressures())[0] == ("DUE", None)


async def test_readings_that_come_days_late_still_complete_their_task(centre: Centre) -> None:
    plan = await started(centre)
    (weight,) = [one for one in plan["activities"] if one["kind"] == "MEASUREMENT" and one["measuredKind"] == "WEIGHT"]
    monday = MORNING + timedelta(days=6)
    centre.set_clock(monday + timedelta(days=3))
    await taken_in(centre, reading(VitalKind.WEIGHT, monday.replace(hour=7, minute=41), value=80.5))
    (task,) = [one for one in await centre.tasks(monday) if one["activityId"] == weight["id"]]
    assert (task["status"], shown(task["completedAt"]), task["wasLate"]) == ("DONE", "11-16 07:41", False)


async def test_steps_and_pulse_complete_exercise(centre: Centre) -> None:
    plan = await started(centre)
    walking, strength = [one for one in plan["activities"] if one["kind"] == "EXERCISE"]
    thursday = MORNING + timedelta(days=2)
    centre.set_clock(thursday.replace(hour=22) + timedelta(days=1))

    async def status(day: datetime, activity: dict[str, Any]) -> list[str]:
        return [one["status"] for one in await centre.tasks(day) if one["activityId"] == activity["id"]]

    friday = thursday + timedelta(days=1)
    await taken_in(centre, reading(VitalKind.STEPS, friday.replace(hour=20), value=7_999))
    assert await status(friday, walking) == ["LATE"]
    await taken_in(centre, reading(VitalKind.STEPS, friday.replace(hour=21), value=8_000))
    assert await status(friday, walking) == ["DONE"]
    # A clinician sets the pulse that strength training is to have.
    sunday = MORNING + timedelta(days=19)
    centre.set_clock(sunday - timedelta(days=1))
    sent = {"activityId": strength["id"], "targetPulse": {"low": 90, "high": 115}, "from": sunday.date().isoformat()}
    await centre.ask(centre.zoe, CHANGE, input=sent)
    centre.set_clock(sunday.replace(hour=18))
    at = sunday.replace(hour=17)
    pulses = [(0, 92), (3, 130), (7, 110)]
    await taken_in(centre, *(reading(VitalKind.HEART_RATE, at + timedelta(minutes=m), value=v) for m, v in pulses))
    assert await status(sunday, strength) == ["LATE"]
    await taken_in(centre, reading(VitalKind.HEART_RATE, at + timedelta(minutes=8), value=105))
    assert await status(sunday, strength) == ["DONE"]


async def test_the_job_that_follows_readings_completes_tasks(centre: Centre) -> None:
    await started(centre)
    centre.set_clock(MORNING.replace(hour=7, minute=10))
    readings = [
        reading(VitalKind.BLOOD_PRESSURE, MORNING.replace(hour=7, minute=minute), systolic=128, diastolic=82)
        for minute in (2, 4)
    ]
    async with centre.runtime.unit_of_work(centre.ada) as work:
        await record(work, centre.ada, None, readings)
    effect = await job.analyse(centre.runtime, centre.people.patient_id)
    async with centre.runtime.unit_of_work() as work:
        await effect(work)
    assert [one["status"] for one in await centre.tasks() if one["kind"] == "MEASUREMENT"] == ["DONE", "UPCOMING"]
