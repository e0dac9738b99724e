"""Calendars of other makers read the instants that we mean, and find every zone's rules in the file."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from domain.calendar_entries import SUMMARIES, entry, feed
from domain.kinds import AppointmentKind
from tests.domain.zone_files import law

CHANGES = [
    ("Europe/Rome", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
    # Winter time is the one that is put on and taken off, for Ramadan.
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 6, 1, tzinfo=UTC)),
]


def row(starts_at: datetime, zone: str, **more: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "kind": "VIDEO",
        "status": "BOOKED",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "time_zone": zone,
        "version": 1,
        "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
        "clinician_id": uuid4(),
        "clinician_name": "Zoe, MD; Größe",
        "locale": "en-GB",
    } | more


def read_by_icalendar(text: str) -> list[tuple[datetime, datetime]]:
    events = Calendar.from_ical(text).walk("VEVENT")
    return [(one.decoded("dtstart").astimezone(UTC), one.decoded("dtend").astimezone(UTC)) for one in events]


def read_by_ical(text: str) -> list[tuple[datetime, datetime]]:
    read = IcsCalendarStream.calendar_from_ics(text)
    found = [(one.dtstart, one.dtend) for one in read.events]
    return [
        (begin.astimezone(UTC), end.astimezone(UTC))
        for begin, end in found
        if isinstance(begin, datetime) and isinstance(end, datetime)
    ]


def read_by_vobject(text: str) -> list[tuple[datetime, datetime]]:
    """It knows no tz database: the rules are those of the file, once it has forgotten those of the one before."""
    known = vars(vobject.icalendar)["__tzidMap"]
    for name in set(known) - {"UTC"}:
        del known[name]
    read = vobject.readOne(text)
    return [(one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) for one in read.vevent_list]


def around(zone: str, change: datetime) -> Sequence[dict[str, Any]]:
    """An appointment for each half hour of a quarter of a day around a change of the clocks, and some far from it."""
    steps = [timedelta(minutes=30 * number) for number in range(-6, 7)]
    return [row(change + step, zone) for step in [*steps, timedelta(days=-200), timedelta(days=90)]]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_three_parsers_read_equal_instants_around_a_change_of_the_clocks(zone: str, change: datetime) -> None:
    """The zone's rules came an hour late in spring, as icalendar writes them, and the hour shown twice is the first."""
    rows = around(zone, change)
    meant = [(one["starts_at"], one["ends_at"]) for one in rows]
    text = feed(rows).decode()
    assert read_by_icalendar(text) == meant
    assert read_by_ical(text) == meant
    assert read_by_vobject(text) == meant


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_the_rules_in_the_file_are_those_of_the_zone(zone: str, change: datetime) -> None:
    text = feed(around(zone, change)).decode()
    rules = tzical(io.StringIO(text.replace("\r\n", "\n"))).get(zone)
    assert rules is not None
    for minutes in range(-180, 181, 10):
        shown = (change + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
        if shown.fold == 0:
            assert shown.replace(tzinfo=rules).astimezone(UTC) == shown.astimezone(UTC)


def test_a_feed_over_two_zones_has_the_rules_of_both_before_what_needs_them() -> None:
    at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    text = feed([row(at, "Europe/Rome"), row(at + timedelta(hours=9), "America/New_York")]).decode()
    read = Calendar.from_ical(text)
    assert [str(one["tzid"]) for one in read.walk("VTIMEZONE")] == ["America/New_York", "Europe/Rome"]
    assert text.index("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_law_that_changed_is_in_the_file(tmp_path: Path) -> None:
    """A phone with the old tz database shows the right time: the rules come with the appointment."""
    at = datetime(2027, 7, 5, 8, tzinfo=UTC)
    with law(tmp_path, {"Europe/Rome": "CET-1"}):
        text = entry(row(at, "Europe/Rome"))
    assert read_by_vobject(text)[0][0] == at
    assert "DTSTART;TZID=Europe/Rome:20270705T090000" in text


@pytest.mark.parametrize("locale", ["en-GB", "de-AT", "it-IT", "fr-FR"])
@pytest.mark.parametrize("kind", list(AppointmentKind))
def test_a_summary_says_how_and_with_whom_in_the_patients_language(locale: str, kind: AppointmentKind) -> None:
    made = row(datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Rome", kind=kind, locale=locale)
    (event,) = vobject.readOne(entry(made)).vevent_list
    words = SUMMARIES.get(locale[:2], SUMMARIES["en"])
    assert event.summary.value == words[kind].format("Zoe, MD; Größe")
    assert event.getChildValue("class") == "PRIVATE"
