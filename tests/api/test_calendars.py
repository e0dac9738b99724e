"""A patient's calendar, read by two parsers: right on both sides of a change of the clocks, and revocable."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from icalendar import Calendar
from starlette.requests import Request
from starlette.responses import Response

from adapters.runtime import Runtime
from api.calendars import calendar
from domain.calendar_entries import feed
from domain.kinds import Role
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import CANCEL, booked, free, hours
from tests.schema.test_appointments import SET as SET_AVAILABILITY
from tests.schema.test_people import code, data

RENEW = "mutation { renewCalendarUrl { calendarUrl } }"
REVOKE = "mutation { revokeCalendarUrl { calendarUrl } }"
URL = "query ($id: ID!) { patient(id: $id) { calendarUrl } }"


async def fetched(runtime: Runtime, url: str) -> Response:
    key = url.removeprefix("/calendars/").removesuffix(".ics")
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"key": key}, "state": {"runtime": runtime}}
    return await calendar(Request(scope))


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
        "clinician_name": "Zoe",
        "locale": "en-GB",
    } | more


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Rome", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Rome", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_two_parsers_read_the_same_instants_around_a_change_of_the_clocks(zone: str, change: datetime) -> None:
    rows = [row(change + timedelta(hours=away), zone) for away in (-30, -3, 3, 30)]
    text = feed(rows)
    events = Calendar.from_ical(text).walk("VEVENT")
    assert [event.decoded("dtstart").astimezone(UTC) for event in events] == [each["starts_at"] for each in rows]
    # The other parser reads the zone's rules out of the file, and knows nothing of our tz database.
    rules = tzical(io.StringIO(text.decode().replace("\r\n", "\n"))).get(zone)
    for each in rows:
        shown = each["starts_at"].astimezone(ZoneInfo(zone)).replace(tzinfo=rules)
        assert shown.astimezone(UTC) == each["starts_at"]


async def test_a_calendar_follows_a_booking_and_its_cancelling_and_says_no_word_about_health(
    runtime: Runtime, people: People
) -> None:
    ada, clinician = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET_AVAILABILITY, input=hours(clinician.account_id)))
    assert data(await ask(runtime, ada, URL, id=str(people.patient_id)))["patient"]["calendarUrl"] is None
    url = data(await ask(runtime, ada, RENEW))["renewCalendarUrl"]["calendarUrl"]
    assert data(await ask(runtime, ada, URL, id=str(people.patient_id)))["patient"]["calendarUrl"] == url
    made = await booked(runtime, ada, (await free(runtime, ada))[0], reason="Short of breath")
    answer = await fetched(runtime, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert b"breath" not in bytes(answer.body)
    (event,) = Calendar.from_ical(bytes(answer.body)).walk("VEVENT")
    assert event.decoded("dtstart").astimezone(UTC) == datetime.fromisoformat(made["startsAt"])
    assert (str(event["uid"]), event["sequence"], str(event["status"])) == (f"{made['id']}@cuore", 0, "CONFIRMED")
    assert str(event["summary"]) == "Videochiamata con Test clinician"
    data(await ask(runtime, ada, CANCEL, input={"appointmentId": made["id"], "expectedVersion": 1}))
    (event,) = Calendar.from_ical(bytes((await fetched(runtime, url)).body)).walk("VEVENT")
    assert (str(event["uid"]), event["sequence"], str(event["status"])) == (f"{made['id']}@cuore", 1, "CANCELLED")


async def test_an_address_works_until_it_is_renewed_or_revoked(runtime: Runtime, people: People) -> None:
    ada = people.actors[Role.PATIENT]
    first, second = [data(await ask(runtime, ada, RENEW))["renewCalendarUrl"]["calendarUrl"] for _ in range(2)]
    urls = (first, second, "/calendars/x.ics", "/calendars/\0.ics")
    assert [(await fetched(runtime, url)).status_code for url in urls] == [404, 200, 404, 404]
    assert data(await ask(runtime, ada, REVOKE))["revokeCalendarUrl"]["calendarUrl"] is None
    assert (await fetched(runtime, second)).status_code == 404
    for role in set(Role) - {Role.PATIENT}:
        for operation in (RENEW, REVOKE):
            assert code(await ask(runtime, people.actors[role], operation)) == "FORBIDDEN"
    assert await runtime.pool.fetchval("SELECT count(*) FROM calendar_feed WHERE revoked_at IS NULL") == 0
