"""The home blood pressure protocol over stored readings."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.runtime import Runtime
from domain import home_blood_pressure, vitals
from domain.errors import BadInput
from domain.home_blood_pressure import Protocol
from domain.kinds import BloodPressureScheme, ReadingSetting, ReadingSource, Role, VitalKind
from domain.new_readings import NewReading
from domain.unit_of_work import unit_of_work
from tests.people import People

ROME = ZoneInfo("Europe/Rome")
LAST_DAY = date(2026, 3, 29)
# The day after the last, on which clocks in Rome went forward in the night.
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
CLOCKS = (time(7), time(7, 2), time(20), time(20, 2))


def pressure(
    wall: datetime, systolic: float, diastolic: float, setting: ReadingSetting = ReadingSetting.HOME
) -> NewReading:
    values = {"systolic": systolic, "diastolic": diastolic}
    return NewReading(uuid4(), VitalKind.BLOOD_PRESSURE, wall, ReadingSource.DEVICE, values, setting=setting)


def week(systolic: float, diastolic: float, *, last_day: date = LAST_DAY, zone: ZoneInfo = ROME) -> list[NewReading]:
    """All 28 readings of seven days."""
    days = [last_day - timedelta(days=back) for back in range(7)]
    return [pressure(datetime.combine(day, clock, zone), systolic, diastolic) for day in days for clock in CLOCKS]


async def keep(runtime: Runtime, people: People, readings: Sequence[NewReading]) -> list[UUID]:
    by = people.actors[Role.PATIENT]
    async with unit_of_work(runtime.pool, at=NOW, by=by) as work:
        recorded = await vitals.record(work, by, None, readings)
        assert recorded.rejected == []
    return [row["id"] for row in recorded.accepted]


async def protocol(
    runtime: Runtime,
    people: People,
    ending_on: date = LAST_DAY,
    *,
    scheme: BloodPressureScheme = BloodPressureScheme.ESC_2024,
    treated: bool | None = None,
) -> Protocol:
    async with unit_of_work(runtime.pool, at=NOW, by=people.actors[Role.CLINICIAN]) as work:
        return await home_blood_pressure.protocol(work, people.patient_id, ending_on, scheme, treated=treated)


async def test_a_week_over_the_change_of_clocks_is_complete_and_audited(runtime: Runtime, people: People) -> None:
    await keep(runtime, people, week(128, 82))
    found = (await protocol(runtime, people)).week
    assert (found.first_day, found.day_one, found.complete) == (date(2026, 3, 23), date(2026, 3, 23), True)
    assert (str(found.overall), found.category) == ("128.0/82.0 mm[Hg]", "ELEVATED")
    assert found.morning == found.evening
    assert found.morning is not None
    assert found.morning.readings == 12
    assert (await protocol(runtime, people, scheme=BloodPressureScheme.ESH_2023)).week.category == "BELOW_HYPERTENSION"
    audited = await runtime.pool.fetch(
        "SELECT actor_id, patient_id FROM audit_entry WHERE action = 'homeBloodPressure'"
    )
    clinician = people.actors[Role.CLINICIAN].account_id
    assert [tuple(row) for row in audited] == [(clinician, people.patient_id)] * 2


async def test_the_days_are_those_of_each_reading_s_own_wall_clock(runtime: Runtime, people: People) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        await runtime.pool.execute("TRUNCATE reading")
        await keep(runtime, people, week(128, 82, zone=ZoneInfo(zone)))
        assert (await protocol(runtime, people)).week.complete
        assert (await protocol(runtime, people, LAST_DAY + timedelta(days=1))).week.readings_used == 20


async def test_what_was_sent_in_utc_is_shown_by_the_clock_at_home(runtime: Runtime, people: People) -> None:
    """17:00 in Rome is an evening, though 16:00 or 15:00 in UTC is none."""
    days = [LAST_DAY - timedelta(days=back) for back in range(7)]
    walls = [datetime.combine(day, time(17, minute), ROME) for day in days for minute in (0, 2)]
    await keep(runtime, people, [pressure(wall.astimezone(UTC), 128, 82) for wall in walls])
    found = (await protocol(runtime, people)).week
    assert (found.evening and found.evening.readings, found.morning) == (12, None)


async def test_another_patient_another_kind_and_other_days_play_no_part(runtime: Runtime, people: People) -> None:
    await keep(runtime, people, week(128, 82))
    await runtime.pool.execute("UPDATE reading SET patient_id = $1", people.foreign_id)
    morning = datetime.combine(LAST_DAY, time(8), ROME)
    rate = NewReading(uuid4(), VitalKind.HEART_RATE, morning, ReadingSource.DEVICE, {"value": 64})
    await keep(runtime, people, [rate, *week(128, 82, last_day=LAST_DAY - timedelta(days=7))])
    found = await protocol(runtime, people)
    assert (found.week.readings_used, found.week.day_one, found.week.overall) == (0, None, None)
    assert found.explanation() == found.week.sentence()


async def test_a_corrected_reading_counts_as_what_it_was_corrected_to(runtime: Runtime, people: People) -> None:
    await keep(runtime, people, week(128, 82))
    by = people.actors[Role.PATIENT]
    newest = await runtime.pool.fetchval("SELECT id FROM reading ORDER BY measured_at DESC LIMIT 1")
    # It was read off at half past eight, alone.
    right = pressure(datetime.combine(LAST_DAY, time(20, 30), ROME), 128, 82)
    async with unit_of_work(runtime.pool, at=NOW, by=by) as work:
        await vitals.correct(work, by, None, newest, right)
    found = (await protocol(runtime, people)).week
    assert (found.readings_used, found.evening and found.evening.readings) == (23, 11)


async def test_the_clinic_s_readings_are_compared_and_not_averaged_in(runtime: Runtime, people: People) -> None:
    visit = datetime.combine(LAST_DAY - timedelta(days=30), time(10), ROME)
    early = datetime.combine(LAST_DAY - timedelta(days=31), time(10), ROME)
    await keep(
        runtime,
        people,
        [
            *week(128, 82),
            pressure(visit, 152, 94, ReadingSetting.OFFICE),
            pressure(early, 110, 70, ReadingSetting.OFFICE),
            pressure(datetime.combine(LAST_DAY - timedelta(days=20), time(7), ROME), 199, 99),
        ],
    )
    found = await protocol(runtime, people, treated=False)
    assert str(found.week.overall) == "128.0/82.0 mm[Hg]"
    assert found.explanation() == (
        "Leaving out the first day, 2026-03-23, 24 of 24 home readings count; their average of 128.0/82.0 mm[Hg] is"
        " elevated by ESC 2024. In the clinic it was 152.0/94.0 mm[Hg] on 2026-02-27 (1 reading), hypertension by"
        " ESC 2024: this looks like white-coat hypertension."
    )


@pytest.mark.parametrize(("treated", "told"), [(True, True), (False, False), (None, False)])
async def test_two_high_weeks_are_for_review_on_treatment_only(
    runtime: Runtime,
    people: People,
    *,
    treated: bool | None,
    told: bool,
) -> None:
    await keep(runtime, people, week(140, 80) + week(138, 80, last_day=LAST_DAY - timedelta(days=7)))
    found = await protocol(runtime, people, treated=treated)
    assert found.above_target is told
    sentence = "On treatment it was at 135/85 mm[Hg] or above 2 weeks in a row: for review."
    assert found.explanation().endswith(sentence) is told


async def test_one_high_week_is_not_yet_for_review(runtime: Runtime, people: People) -> None:
    await keep(runtime, people, week(140, 80) + week(134, 80, last_day=LAST_DAY - timedelta(days=7)))
    assert not (await protocol(runtime, people, treated=True)).above_target


async def test_a_day_that_no_reading_can_be_near_is_refused(runtime: Runtime, people: People) -> None:
    ahead, back = NOW.date() + timedelta(days=7), NOW.date() - timedelta(days=365 * 30)
    for day in (ahead, back):
        assert (await protocol(runtime, people, day)).week.last_day == day
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry")
    for day in (ahead + timedelta(days=1), back - timedelta(days=1), date.min, date.max):
        with pytest.raises(BadInput, match="endingOn"):
            await protocol(runtime, people, day)
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry") == audited


def test_today_is_that_of_the_calendar_at_home() -> None:
    late = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
    assert home_blood_pressure.today(late, "Europe/Rome") == date(2026, 3, 30)
    assert home_blood_pressure.today(late - timedelta(hours=1), "Europe/Rome") == date(2026, 3, 29)
    assert home_blood_pressure.today(late, "America/New_York") == date(2026, 3, 29)
