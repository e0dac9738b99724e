"""Slots on the days on which the clocks change, and everywhere else."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.errors import BadInput
from domain.kinds import AbsenceKind, AppointmentKind, Weekday
from domain.rules.slots import Absence, Hours, Slot, WeeklyHours, check, open_spans, slots

WHO = UUID(int=7)
# Days on which the clocks were or will be set; Lord Howe sets them by half an hour only.
CHANGES = {
    "Europe/Rome": (date(2026, 3, 29), date(2026, 10, 25)),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
}
DAYS = list(Weekday)


def hours(
    *weekly: tuple[str, str, str],
    zone: str = "Europe/Rome",
    slot: int = 30,
    buffer: int = 0,
    absences: tuple[Absence, ...] = (),
) -> Hours:
    week = [WeeklyHours(Weekday(day), time.fromisoformat(begin), time.fromisoformat(end)) for day, begin, end in weekly]
    return Hours(zone, week, absences, [AppointmentKind.VIDEO], slot, buffer, 0)


def local(found: list[Slot], zone: str) -> list[str]:
    return [one.starts_at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M%z") for one in found]


def of_days(each: Hours, first: date, last: date) -> list[Slot]:
    zone = ZoneInfo(each.time_zone)
    since = datetime.combine(first, time.min, zone).astimezone(UTC)
    until = datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC)
    return sorted(slots(each, WHO, since, until, ()))


def test_nine_stays_nine_before_and_after_the_clocks_change() -> None:
    each = hours(("SATURDAY", "09:00", "10:00"), ("MONDAY", "09:00", "10:00"))
    found = of_days(each, date(2026, 3, 28), date(2026, 3, 30))
    assert local(found, "Europe/Rome") == [
        "28 09:00+0100", "28 09:30+0100", "30 09:00+0200", "30 09:30+0200",
    ]  # fmt: skip


def test_the_hour_that_is_skipped_has_no_slots() -> None:
    found = of_days(hours(("SUNDAY", "01:00", "04:00")), *2 * (date(2026, 3, 29),))
    assert local(found, "Europe/Rome") == ["29 01:00+0100", "29 01:30+0100", "29 03:00+0200", "29 03:30+0200"]


def test_the_hour_that_comes_twice_has_slots_twice() -> None:
    found = of_days(hours(("SUNDAY", "02:00", "04:00")), *2 * (date(2026, 10, 25),))
    assert local(found, "Europe/Rome") == [
        "25 02:00+0200", "25 02:30+0200", "25 02:00+0100", "25 02:30+0100", "25 03:00+0100", "25 03:30+0100",
    ]  # fmt: skip


def test_half_an_hour_is_skipped_on_lord_howe() -> None:
    found = of_days(hours(("SUNDAY", "01:30", "03:00"), zone="Australia/Lord_Howe"), *2 * (date(2026, 10, 4),))
    assert local(found, "Australia/Lord_Howe") == ["04 01:30+1030", "04 02:30+1100"]


def test_hours_over_midnight_go_on_the_next_day() -> None:
    found = of_days(hours(("SATURDAY", "23:00", "01:00"), slot=60), date(2026, 3, 28), date(2026, 3, 29))
    assert local(found, "Europe/Rome") == ["28 23:00+0100", "29 00:00+0100"]


def test_nothing_is_free_on_a_holiday_nor_beside_what_is_taken() -> None:
    sick = Absence(AbsenceKind.SICK, date(2026, 3, 3), date(2026, 3, 3))
    each = hours(("MONDAY", "09:00", "11:00"), ("TUESDAY", "09:00", "11:00"), buffer=10, absences=(sick,))
    assert local(of_days(each, date(2026, 3, 2), date(2026, 3, 4)), "Europe/Rome") == [
        "02 09:00+0100", "02 09:40+0100", "02 10:20+0100",
    ]  # fmt: skip
    since, until = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    # Taken by an appointment of other hours: it touches the first slot's buffer only, and ends in the second.
    taken = [(datetime(2026, 3, 2, 8, 35, tzinfo=UTC), datetime(2026, 3, 2, 9, 0, tzinfo=UTC))]
    assert local(list(slots(each, WHO, since, until, taken)), "Europe/Rome") == ["02 10:20+0100"]


def test_a_span_that_begins_within_the_hours_keeps_their_beat() -> None:
    since = datetime(2026, 3, 2, 8, 1, tzinfo=UTC)
    found = list(slots(hours(("MONDAY", "09:00", "10:30")), WHO, since, since + timedelta(days=1), ()))
    assert local(found, "Europe/Rome") == ["02 09:30+0100", "02 10:00+0100"]


@pytest.mark.parametrize(
    "wrong",
    [
        hours(("MONDAY", "09:00", "12:00"), ("MONDAY", "11:59", "13:00")),
        hours(("SUNDAY", "23:00", "09:00"), ("MONDAY", "08:59", "10:00")),
        hours(("MONDAY", "09:00:30", "12:00")),
        hours(("MONDAY", "09:00", "12:00"), slot=4),
        hours(("MONDAY", "09:00", "12:00"), buffer=121),
        hours(absences=(Absence(AbsenceKind.HOLIDAY, date(2026, 3, 3), date(2026, 3, 2)),)),
        Hours("Europe/Rome", [], [], [], 30, 0, 0),
    ],
)
def test_hours_that_nobody_can_keep_are_refused(wrong: Hours) -> None:
    with pytest.raises(BadInput):
        check(wrong)


def test_hours_that_touch_are_taken() -> None:
    check(hours(("SUNDAY", "23:00", "09:00"), ("MONDAY", "09:00", "12:00"), ("MONDAY", "12:00", "00:00")))


@given(
    zone=some.sampled_from(sorted(CHANGES)),
    which=some.integers(0, 1),
    begin=some.integers(0, 23 * 60),
    minutes=some.integers(10, 600),
    slot=some.sampled_from([10, 15, 20, 30, 45, 60]),
    buffer=some.sampled_from([0, 5, 15]),
    taken_from=some.integers(-300, 1800),
)
def test_slots_lie_in_the_hours_apart_from_each_other_and_from_what_is_taken(
    zone: str, which: int, begin: int, minutes: int, slot: int, buffer: int, taken_from: int
) -> None:
    day = CHANGES[zone][which]
    begins = time(begin // 60, begin % 60)
    end = (begin + minutes) % 1440
    weekly = WeeklyHours(DAYS[day.weekday()], begins, time(end // 60, end % 60))
    each = Hours(zone, [weekly], [], [AppointmentKind.VIDEO], slot, buffer, 0)
    since = datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    until = since + timedelta(days=3)
    busy = (since + timedelta(minutes=taken_from), since + timedelta(minutes=taken_from + slot + buffer))
    free, rest = (sorted(slots(each, WHO, since, until, taken)) for taken in ((), [busy]))
    held = timedelta(minutes=slot + buffer)
    for one in free:
        assert one.ends_at - one.starts_at == timedelta(minutes=slot)
        assert any(opens <= one.starts_at and one.ends_at <= closes for opens, closes in open_spans(each, since, until))
    assert all(later.starts_at - earlier.starts_at >= held for earlier, later in pairwise(free))
    assert rest == [one for one in free if one.starts_at >= busy[1] or one.starts_at + held <= busy[0]]
    # Where the clocks show the begin, and show it once, the first slot stands there.
    shown = datetime.combine(day, begins, ZoneInfo(zone))
    if free and shown.astimezone(UTC).astimezone(ZoneInfo(zone)).time() == begins:
        assert free[0].starts_at == shown.astimezone(UTC)
