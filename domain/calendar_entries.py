"""Appointments as calendars read them (RFC 5545): when and with whom, no word about health."""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from domain.kinds import AppointmentKind, AppointmentStatus

SUMMARIES = {
    "en": {
        AppointmentKind.VIDEO: "Video call with {}",
        AppointmentKind.PHONE: "Phone call with {}",
        AppointmentKind.IN_PERSON: "Appointment with {}",
    },
    "de": {
        AppointmentKind.VIDEO: "Videogespräch mit {}",
        AppointmentKind.PHONE: "Telefongespräch mit {}",
        AppointmentKind.IN_PERSON: "Termin bei {}",
    },
    "it": {
        AppointmentKind.VIDEO: "Videochiamata con {}",
        AppointmentKind.PHONE: "Telefonata con {}",
        AppointmentKind.IN_PERSON: "Appuntamento con {}",
    },
}
# Around the appointments, so that a calendar that shows the days beside them knows the rules too.
_AROUND = timedelta(days=366)
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)

Rule = tuple[timedelta, str, bool]


def _rule(at: datetime, zone: ZoneInfo) -> Rule:
    """Offset from UTC, its name, and whether it is summer time."""
    local = at.astimezone(zone)
    offset, name = local.utcoffset(), local.tzname()
    assert offset is not None
    assert name is not None
    return offset, name, bool(local.dst())


def _changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, Rule, Rule]]:
    """Each moment at which the clocks change, with the rule before and from then on."""
    days = [since + number * _DAY for number in range((until - since) // _DAY + 1)]
    for day, next_day in pairwise(days):
        before, after = _rule(day, zone), _rule(next_day, zone)
        if before != after:
            minutes = range((next_day - day) // _MINUTE + 1)
            first = bisect(minutes, False, key=lambda number: _rule(day + number * _MINUTE, zone) != before)
            yield day + first * _MINUTE, before, after


def _part(at: datetime, before: timedelta, after: Rule) -> TimezoneStandard | TimezoneDaylight:
    offset, name, is_summer = after
    part = TimezoneDaylight() if is_summer else TimezoneStandard()
    # As the clock shows it that is about to change.
    part.add("dtstart", (at + before).replace(tzinfo=None))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", offset)
    part.add("tzname", name)
    return part


def _time_zone(name: str, since: datetime, until: datetime) -> Timezone:
    """The rules of a zone over a span, one change of the clocks after the other."""
    zone, made = ZoneInfo(name), Timezone()
    since = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = _rule(since, zone)
    made.add("tzid", name)
    made.add_component(_part(since, first[0], first))
    for at, before, after in _changes(zone, since, until):
        made.add_component(_part(at, before[0], after))
    return made


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment on the zone's clock; in UTC where the clock shows the same time before, which would be read as that."""
    local = at.astimezone(zone)
    return local if local.fold == 0 else at.astimezone(UTC)


def _event(row: Mapping[str, Any]) -> Event:
    zone, event = ZoneInfo(row["time_zone"]), Event()
    summaries = SUMMARIES.get(row["locale"].partition("-")[0], SUMMARIES["en"])
    event.add("uid", f"{row['id']}@cuore")
    # A calendar takes what has a higher number in the place of what it has.
    event.add("sequence", row["version"] - 1)
    event.add("dtstamp", row["changed_at"])
    event.add("last-modified", row["changed_at"])
    event.add("dtstart", _shown(row["starts_at"], zone))
    event.add("dtend", _shown(row["ends_at"], zone))
    event.add("summary", summaries[AppointmentKind(row["kind"])].format(row["clinician_name"]))
    event.add("status", "CANCELLED" if row["status"] == AppointmentStatus.CANCELLED else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _calendar(rows: Sequence[Mapping[str, Any]], events: Sequence[Event]) -> Calendar:
    made = Calendar()
    made.add("prodid", "-//Cuore//Appointments//EN")
    made.add("version", "2.0")
    for name in sorted({row["time_zone"] for row in rows}):
        since = min(row["starts_at"] for row in rows if row["time_zone"] == name)
        until = max(row["ends_at"] for row in rows if row["time_zone"] == name)
        made.add_component(_time_zone(name, since - _AROUND, until + _AROUND))
    for event in events:
        made.add_component(event)
    return made


def feed(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A calendar of these appointments, to be read again and again."""
    made = _calendar(rows, [_event(row) for row in rows])
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    text: bytes = made.to_ical()
    return text


def entry(row: Mapping[str, Any]) -> str:
    """One appointment, to be put into a calendar; a later one moves it there, or takes it out (RFC 5546)."""
    event = _event(row)
    organizer = vCalAddress(f"urn:uuid:{row['clinician_id']}")
    organizer.params["CN"] = vText(row["clinician_name"])
    event.add("organizer", organizer)
    made = _calendar([row], [event])
    made.add("method", "CANCEL" if row["status"] == AppointmentStatus.CANCELLED else "PUBLISH")
    text: str = made.to_ical().decode()
    return text
