"""A patient's appointments as calendars read them (RFC 5545): when and with whom, no word about health."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain import calendar_feeds
from domain.errors import NotFound, Unavailable
from domain.kinds import AppointmentStatus

_KINDS = {"VIDEO": "Video call", "PHONE": "Phone call", "IN_PERSON": "Visit"}


def calendar_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The calendar of these appointments, each with its zone's rules."""
    made = Calendar()
    made.add("prodid", "-//Cuore//Appointments//EN")
    made.add("version", "2.0")
    for row in rows:
        zone = ZoneInfo(row["time_zone"])
        event = Event()
        event.add("uid", f"{row['id']}@cuore")
        # A calendar takes what has a higher number in the place of what it has.
        event.add("sequence", row["version"] - 1)
        event.add("dtstamp", row["changed_at"])
        event.add("dtstart", row["starts_at"].astimezone(zone))
        event.add("dtend", row["ends_at"].astimezone(zone))
        event.add("summary", f"{_KINDS[row['kind']]} with {row['clinician_name']}")
        event.add("status", "CANCELLED" if row["status"] == AppointmentStatus.CANCELLED else "CONFIRMED")
        event.add("class", "PRIVATE")
        made.add_component(event)
    made.add_missing_timezones()
    text: bytes = made.to_ical()
    return text


async def calendar(request: Request) -> Response:
    """The calendar at an unguessable address; one that was revoked never was."""
    try:
        async with request.state.runtime.reading() as work:
            rows = await calendar_feeds.appointments(work, request.path_params["key"])
    except NotFound as refusal:
        return PlainTextResponse(refusal.sentence, status_code=404)
    except Unavailable as away:
        return PlainTextResponse(away.sentence, status_code=503)
    return Response(calendar_of(rows), media_type="text/calendar", headers={"cache-control": "private, no-store"})
