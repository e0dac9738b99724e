"""A patient's calendar at its address: it follows what is booked, says no word about health, and is revocable."""

from datetime import UTC, datetime

from icalendar import Calendar, Component
from starlette.requests import Request
from starlette.responses import Response

from adapters.runtime import Runtime
from api.calendars import calendar
from domain.kinds import Role
from tests.asking import ask
from tests.people import People
from tests.schema.test_appointments import CANCEL, MOVE, booked, free, hours
from tests.schema.test_appointments import SET as SET_AVAILABILITY
from tests.schema.test_people import code, data

RENEW = "mutation { renewCalendarUrl { calendarUrl } }"
REVOKE = "mutation { revokeCalendarUrl { calendarUrl } }"
FILE = """query ($id: ID!) { patient(id: $id) {
  appointments(first: 5) { edges { node { calendarFile } } } nextAppointment { calendarFile } } }"""
URL = "query ($id: ID!) { patient(id: $id) { calendarUrl } }"


async def fetched(runtime: Runtime, url: str) -> Response:
    key = url.removeprefix("/calendars/").removesuffix(".ics")
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"key": key}, "state": {"runtime": runtime}}
    return await calendar(Request(scope))


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


async def test_the_file_of_an_appointment_moves_it_in_a_calendar_and_takes_it_out(
    runtime: Runtime, people: People
) -> None:
    ada, clinician = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET_AVAILABILITY, input=hours(clinician.account_id)))
    first, second, *_ = await free(runtime, ada)
    made = await booked(runtime, ada, first, reason="Short of breath")

    async def file() -> tuple[str, Component, str]:
        found = data(await ask(runtime, ada, FILE, id=str(people.patient_id)))["patient"]["appointments"]["edges"]
        text = found[0]["node"]["calendarFile"]
        assert "breath" not in text
        read = Calendar.from_ical(text)
        (event,) = read.walk("VEVENT")
        return str(read["method"]), event, event.decoded("dtstart").astimezone(UTC).isoformat()

    seen = [await file()]
    moved = {"appointmentId": made["id"], "expectedVersion": 1, "startsAt": second["startsAt"]}
    data(await ask(runtime, ada, MOVE, input=moved))
    seen.append(await file())
    data(await ask(runtime, ada, CANCEL, input={"appointmentId": made["id"], "expectedVersion": 2}))
    seen.append(await file())
    assert [(method, event["sequence"], str(event["status"]), begin) for method, event, begin in seen] == [
        ("PUBLISH", 0, "CONFIRMED", first["startsAt"]),
        ("PUBLISH", 1, "CONFIRMED", second["startsAt"]),
        ("CANCEL", 2, "CANCELLED", second["startsAt"]),
    ]
    assert {str(event["uid"]) for _, event, _ in seen} == {f"{made['id']}@cuore"}
    # A calendar cancels for whoever has sent it.
    assert len({str(event["organizer"]) for _, event, _ in seen}) == 1
    for role in (Role.CLINICIAN, Role.COORDINATOR):
        assert code(await ask(runtime, people.actors[role], FILE, id=str(people.patient_id))) == "FORBIDDEN"
