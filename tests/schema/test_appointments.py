"""Appointments through the real schema, as every kind of caller; what is refused changes nothing."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain.access import Actor, Newcomer
from domain.kinds import OrganisationKind, Role
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import new_id
from tests.asking import ask
from tests.clocks import set_clock
from tests.joining import newcomer, staff
from tests.people import ISSUER, People
from tests.schema.test_people import code, data

FIELDS = "{ id kind status startsAt endsAt timeZone reason changeReason joinUrl version clinician { id displayName } }"
SET = "mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) { clinician { id displayName } } }"
FREE = """query ($from: DateTime!, $to: DateTime!, $kind: AppointmentKind!, $clinicianId: ID, $patientId: ID,
  $anyone: Boolean = false, $most: Int = 100) { freeSlots(from: $from, to: $to, kind: $kind, clinicianId: $clinicianId,
  patientId: $patientId, ofWholeClinic: $anyone, most: $most) { startsAt endsAt clinician { id displayName } } }"""
BOOK = f"mutation ($input: BookAppointmentInput!) {{ bookAppointment(input: $input) {{ appointment {FIELDS} }} }}"
MOVE = f"""mutation ($input: RescheduleAppointmentInput!) {{
  rescheduleAppointment(input: $input) {{ appointment {FIELDS} }} }}"""
CANCEL = f"mutation ($input: CancelAppointmentInput!) {{ cancelAppointment(input: $input) {{ appointment {FIELDS} }} }}"
STEP = f"mutation ($input: AdvanceAppointmentInput!) {{ advanceAppointment(input: $input) {{ appointment {FIELDS} }} }}"
LIST = f"""query ($id: ID!, $first: Int!, $after: String, $from: DateTime) {{ patient(id: $id) {{
  appointments(from: $from, first: $first, after: $after) {{
    edges {{ node {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} nextAppointment {FIELDS} }} }}"""
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
TABLES = ("availability", "appointment", "appointment_change", "event", "audit_entry")


def hours(clinician_id: UUID, **more: Any) -> dict[str, Any]:
    """The input of setAvailability: an hour at a time around the clock."""
    weekly = [{"weekday": day, "from": "00:00", "to": "00:00"} for day in DAYS]
    return {
        "clinicianId": str(clinician_id),
        "weekly": weekly,
        "slotMinutes": 60,
        "kinds": ["VIDEO", "PHONE"],
        "timeZone": "Europe/Rome",
    } | more


async def looked(runtime: Runtime) -> dict[str, list[str]]:
    """Everything that appointments could change."""
    return {
        table: [row["line"] for row in await runtime.pool.fetch(f"SELECT t::text AS line FROM {table} AS t ORDER BY 1")]  # noqa: S608
        for table in TABLES
    }


@pytest.fixture
async def zoe(runtime: Runtime, people: People) -> UUID:
    """The clinician, with hours."""
    clinician = people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET, input=hours(clinician.account_id)))
    return clinician.account_id


async def free(runtime: Runtime, by: Actor, **more: Any) -> list[dict[str, Any]]:
    """Free video slots, from tomorrow on for two days unless said otherwise."""
    since = runtime.now() + timedelta(days=1)
    span = {"from": since.isoformat(), "to": (since + timedelta(days=2)).isoformat(), "kind": "VIDEO"}
    found: list[dict[str, Any]] = data(await ask(runtime, by, FREE, **(span | more)))["freeSlots"]
    return found


async def booked(runtime: Runtime, by: Actor, slot: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    wanted = {
        "clientId": str(uuid4()),
        "clinicianId": slot["clinician"]["id"],
        "kind": "VIDEO",
        "startsAt": slot["startsAt"],
    }
    made: dict[str, Any] = data(await ask(runtime, by, BOOK, input=wanted | more))["bookAppointment"]["appointment"]
    return made


async def more_patients(runtime: Runtime, people: People, count: int) -> list[Actor]:
    """Other patients of the clinic who have accounts."""
    clinic = await Organisation.get(id=people.actors[Role.ADMIN].organisation_id)
    clinician = await Account.get(id=people.actors[Role.CLINICIAN].account_id)
    made = []
    for number in range(count):
        patient = await Patient.create(
            id=new_id(),
            clinic=clinic,
            display_name=f"Patient {number:02}",
            birth_date=date(1950, 1, 1),
            time_zone="Europe/Rome",
            locale="it-IT",
            conditions=[],
            created_at=runtime.now(),
        )
        await CareRelation.create(id=new_id(), patient=patient, clinician=clinician, starts_at=runtime.now())
        account = await Account.create(
            id=new_id(),
            issuer=ISSUER,
            subject=f"racer-{number}",
            role=Role.PATIENT,
            organisation=clinic,
            patient=patient,
            display_name=patient.display_name,
            created_at=runtime.now(),
        )
        made.append(Actor(account.id, Role.PATIENT, clinic.id, patient.id, account.display_name))
    return made


async def test_a_patient_books_moves_and_calls_off(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada = people.actors[Role.PATIENT]
    first, second, *_ = await free(runtime, ada)
    made = await booked(runtime, ada, first, reason="  Short of breath ")
    assert made == {
        "id": made["id"],
        "kind": "VIDEO",
        "status": "BOOKED",
        "startsAt": first["startsAt"],
        "endsAt": first["endsAt"],
        "timeZone": "Europe/Rome",
        "reason": "Short of breath",
        "changeReason": None,
        "joinUrl": None,
        "version": 1,
        "clinician": {"id": str(zoe), "displayName": "Test clinician"},
    }
    assert first not in await free(runtime, ada)
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "startsAt": second["startsAt"]}
    moved = data(await ask(runtime, ada, MOVE, input=sent))["rescheduleAppointment"]["appointment"]
    assert moved == made | {"startsAt": second["startsAt"], "endsAt": second["endsAt"], "version": 2}
    assert (await free(runtime, ada))[0] == first
    sent = {"appointmentId": made["id"], "expectedVersion": 2, "reason": "Better"}
    off = data(await ask(runtime, ada, CANCEL, input=sent))["cancelAppointment"]["appointment"]
    assert off == moved | {"status": "CANCELLED", "changeReason": "Better", "version": 3}
    assert (await free(runtime, ada))[:2] == [first, second]
    listed = data(await ask(runtime, ada, LIST, id=str(people.patient_id), first=10))["patient"]
    assert [edge["node"] for edge in listed["appointments"]["edges"]] == [off]
    assert listed["nextAppointment"] is None
    history = await runtime.pool.fetch(
        "SELECT version, status, starts_at, change_reason, changed_by_id FROM appointment_change ORDER BY version"
    )
    begin, later = (datetime.fromisoformat(one["startsAt"]) for one in (first, second))
    assert [tuple(row) for row in history] == [
        (1, "BOOKED", begin, None, ada.account_id),
        (2, "BOOKED", later, None, ada.account_id),
        (3, "CANCELLED", later, "Better", ada.account_id),
    ]
    told = await runtime.pool.fetch("SELECT kind FROM event ORDER BY id")
    assert [row["kind"] for row in told] == ["APPOINTMENT_BOOKED", "APPOINTMENT_RESCHEDULED", "APPOINTMENT_CANCELLED"]


async def test_reminders_follow_an_appointment_wherever_it_goes(runtime: Runtime, people: People, zoe: UUID) -> None:
    """A day and an hour before, as nobody has said otherwise."""
    ada = people.actors[Role.PATIENT]
    since = runtime.now() + timedelta(days=3)
    slots = await free(runtime, ada, **{"from": since.isoformat(), "to": (since + timedelta(days=2)).isoformat()})

    async def planned() -> list[tuple[Any, ...]]:
        rows = await runtime.pool.fetch(
            "SELECT wall_clock AT TIME ZONE 'UTC' AS moment, minutes_before, status FROM reminder ORDER BY 1, 2 DESC"
        )
        return [tuple(row) for row in rows]

    made = await booked(runtime, ada, slots[0])
    first, second = (datetime.fromisoformat(one["startsAt"]) for one in slots[:2])
    assert await planned() == [(first, 1440, "PLANNED"), (first, 60, "PLANNED")]
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "startsAt": slots[1]["startsAt"]}
    data(await ask(runtime, ada, MOVE, input=sent))
    gone = [(first, 1440, "CANCELLED"), (first, 60, "CANCELLED")]
    assert await planned() == [*gone, (second, 1440, "PLANNED"), (second, 60, "PLANNED")]
    data(await ask(runtime, ada, CANCEL, input={"appointmentId": made["id"], "expectedVersion": 2}))
    assert await planned() == [*gone, (second, 1440, "CANCELLED"), (second, 60, "CANCELLED")]


async def test_64_clients_race_for_8_slots_and_8_win(runtime: Runtime, people: People, zoe: UUID) -> None:
    racers = await more_patients(runtime, people, 64)
    slots = (await free(runtime, racers[0]))[:8]

    def sent(number: int) -> dict[str, Any]:
        start = slots[number % 8]["startsAt"]
        return {"clientId": str(uuid4()), "clinicianId": str(zoe), "kind": "VIDEO", "startsAt": start}

    answers = await asyncio.gather(*(ask(runtime, one, BOOK, input=sent(at)) for at, one in enumerate(racers)))
    won = [answer for answer in answers if answer.errors is None]
    lost = [answer for answer in answers if answer.errors is not None]
    assert len(won) == 8
    assert {code(answer) for answer in lost} == {"CONFLICT"}
    rows = await runtime.pool.fetch("SELECT starts_at FROM appointment ORDER BY starts_at")
    assert [row["starts_at"] for row in rows] == [datetime.fromisoformat(one["startsAt"]) for one in slots]
    for answer in lost:
        assert answer.errors is not None
        (extensions,) = [error.extensions for error in answer.errors]
        assert extensions is not None
        assert len(extensions["freeSlots"]) == 5
    one = slots[-1]["startsAt"]
    refused = await ask(runtime, racers[0], BOOK, input=sent(7))
    assert refused.errors is not None
    assert refused.errors[0].extensions is not None
    offered = [datetime.fromisoformat(each["startsAt"]) for each in refused.errors[0].extensions["freeSlots"]]
    assert offered == [datetime.fromisoformat(one) + timedelta(hours=at) for at in range(1, 6)]


async def test_the_same_client_id_books_once(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada = people.actors[Role.PATIENT]
    first, second, *_ = await free(runtime, ada)
    same = str(uuid4())
    answers = await asyncio.gather(*(booked(runtime, ada, first, clientId=same) for _ in range(4)))
    assert answers == [answers[0]] * 4
    before = await looked(runtime)
    sent = {"clientId": same, "clinicianId": str(zoe), "kind": "VIDEO", "startsAt": second["startsAt"]}
    assert code(await ask(runtime, ada, BOOK, input=sent)) == "CONFLICT"
    assert await looked(runtime) == before


async def test_a_patient_is_at_one_appointment_at_a_time(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, clinic = people.actors[Role.PATIENT], people.actors[Role.ADMIN].organisation_id
    other = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject="another-clinician",
        role=Role.CLINICIAN,
        organisation=await Organisation.get(id=clinic),
        display_name="Another clinician",
        created_at=runtime.now(),
    )
    admin = people.actors[Role.ADMIN]
    data(await ask(runtime, admin, SET, input=hours(other.id, timeZone="UTC")))
    slot = (await free(runtime, ada))[0]
    await booked(runtime, ada, slot)
    before = await looked(runtime)
    sent = {"clientId": str(uuid4()), "clinicianId": str(other.id), "kind": "VIDEO", "startsAt": slot["startsAt"]}
    assert code(await ask(runtime, ada, BOOK, input=sent)) == "CONFLICT"
    assert await looked(runtime) == before
    # The care team knows one of the two, the clinic both, and who is named has only their own.
    assert {one["clinician"]["id"] for one in await free(runtime, ada)} == {str(zoe)}
    assert {one["clinician"]["id"] for one in await free(runtime, ada, anyone=True)} == {str(zoe), str(other.id)}
    assert {one["clinician"]["id"] for one in await free(runtime, ada, clinicianId=str(other.id))} == {str(other.id)}
    assert len(await free(runtime, ada, anyone=True, most=3)) == 3
    assert await free(runtime, ada, kind="IN_PERSON") == []


async def test_nothing_is_free_for_a_patient_who_is_at_another_appointment(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    clinic = people.actors[Role.ADMIN].organisation_id
    other = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject="another-clinician",
        role=Role.CLINICIAN,
        organisation=await Organisation.get(id=clinic),
        display_name="Another clinician",
        created_at=runtime.now(),
    )
    # Half an hour beside the other's: two of the slots touch the hour in which the patient is taken.
    half_past = [{"weekday": day, "from": "00:30", "to": "00:30"} for day in DAYS]
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=hours(other.id, timeZone="UTC", weekly=half_past)))
    slot = (await free(runtime, ada))[3]
    before = await free(runtime, ada, clinicianId=str(other.id))
    await booked(runtime, ada, slot)
    left = await free(runtime, ada, clinicianId=str(other.id))
    begin, end = slot["startsAt"], slot["endsAt"]
    assert left == [one for one in before if one["endsAt"] <= begin or one["startsAt"] >= end]
    assert len(left) == len(before) - 2
    assert await free(runtime, bruno, clinicianId=str(other.id)) == before
    # The front desk looks for itself, or for the patient who calls, whose care team is one of the two.
    desk = people.actors[Role.COORDINATOR]
    assert {one["clinician"]["id"] for one in await free(runtime, desk)} == {str(zoe), str(other.id)}
    for_ada = {"patientId": str(people.patient_id)}
    assert await free(runtime, desk, clinicianId=str(other.id), **for_ada) == left
    assert await free(runtime, desk, **for_ada) == await free(runtime, ada)
    stranger = await ask(
        runtime, desk, FREE, **{"from": begin, "to": end, "kind": "VIDEO", "patientId": str(people.foreign_id)}
    )
    assert code(stranger) == "NOT_FOUND"
    # Nor is it offered to whoever was too late for something else.
    taken = await free(runtime, bruno, clinicianId=str(other.id))
    await booked(runtime, bruno, taken[0])
    sent = {"clientId": str(uuid4()), "clinicianId": str(other.id), "kind": "VIDEO", "startsAt": taken[0]["startsAt"]}
    refused = await ask(runtime, ada, BOOK, input=sent)
    assert refused.errors is not None
    assert refused.errors[0].extensions is not None
    offered = {datetime.fromisoformat(one["startsAt"]) for one in refused.errors[0].extensions["freeSlots"]}
    assert offered == {datetime.fromisoformat(one["startsAt"]) for one in left[1:6]}


async def test_moving_onto_a_taken_slot_keeps_the_old_one(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, bruno = people.actors[Role.PATIENT], (await more_patients(runtime, people, 1))[0]
    first, second, *_ = await free(runtime, ada)
    made = await booked(runtime, ada, first)
    await booked(runtime, bruno, second)
    before = await looked(runtime)
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "startsAt": second["startsAt"]}
    answer = await ask(runtime, ada, MOVE, input=sent)
    assert code(answer) == "CONFLICT"
    assert answer.errors is not None
    assert answer.errors[0].extensions is not None
    assert len(answer.errors[0].extensions["freeSlots"]) == 5
    assert await looked(runtime) == before


async def test_new_hours_leave_what_is_booked(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, clinician = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    made = await booked(runtime, ada, (await free(runtime, ada))[0])
    data(await ask(runtime, clinician, SET, input=hours(zoe, weekly=[])))
    before = await looked(runtime)
    data(await ask(runtime, clinician, SET, input=hours(zoe, weekly=[])))
    assert await looked(runtime) == before
    assert await free(runtime, ada) == []
    listed = data(await ask(runtime, ada, LIST, id=str(people.patient_id), first=10))["patient"]
    assert listed["nextAppointment"] == made


async def test_the_clinic_sees_the_visit_through_and_a_coordinator_no_reason(
    runtime: Runtime, people: People, zoe: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, clinician, coordinator = (people.actors[role] for role in (Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR))
    made = await booked(runtime, ada, (await free(runtime, ada))[0], reason="Short of breath")
    seen = data(await ask(runtime, coordinator, LIST, id=str(people.patient_id), first=10))["patient"]
    assert seen["nextAppointment"] == made | {"reason": None}
    begin = datetime.fromisoformat(made["startsAt"])
    early = {"appointmentId": made["id"], "expectedVersion": 1, "step": "CHECK_IN"}
    assert code(await ask(runtime, ada, STEP, input=early)) == "BAD_USER_INPUT"
    set_clock(monkeypatch, begin - timedelta(hours=1))
    steps = [(ada, "CONFIRM", "CONFIRMED"), (ada, "CHECK_IN", "CHECKED_IN"), (clinician, "BEGIN", "IN_PROGRESS")]
    for version, (by, step, status) in enumerate([*steps, (clinician, "COMPLETE", "COMPLETED")], 1):
        sent = {"appointmentId": made["id"], "expectedVersion": version, "step": step}
        now = data(await ask(runtime, by, STEP, input=sent))["advanceAppointment"]["appointment"]
        assert now == made | {"status": status, "version": version + 1}
    told = await runtime.pool.fetch("SELECT kind FROM event ORDER BY id")
    assert [row["kind"] for row in told] == [
        "APPOINTMENT_BOOKED",
        "APPOINTMENT_STATUS_CHANGED",
        # The clinic hears that somebody waits.
        "PATIENT_CHECKED_IN",
        "APPOINTMENT_STATUS_CHANGED",
        "APPOINTMENT_STATUS_CHANGED",
    ]
    before = await looked(runtime)
    for step in ("CONFIRM", "CHECK_IN", "BEGIN", "COMPLETE"):
        sent = {"appointmentId": made["id"], "expectedVersion": 5, "step": step}
        assert code(await ask(runtime, clinician, STEP, input=sent)) == "CONFLICT"
    assert await looked(runtime) == before


async def test_what_is_refused_changes_nothing(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, clinician = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    stranger = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Far")
    boss = await staff(runtime, OrganisationKind.CLINIC, Role.ADMIN, "Away")
    first, second, *_ = await free(runtime, ada)
    made = await booked(runtime, ada, first)
    soon = (await free(runtime, ada, **{"from": runtime.now().isoformat()}))[0]
    near = await booked(runtime, ada, soon)
    ref = {"appointmentId": made["id"], "expectedVersion": 1}
    wish = {"clientId": str(uuid4()), "clinicianId": str(zoe), "kind": "VIDEO", "startsAt": second["startsAt"]}
    off_beat = (datetime.fromisoformat(second["startsAt"]) + timedelta(minutes=5)).isoformat()
    refusals: list[tuple[Actor, str, dict[str, Any], str]] = [
        (ada, BOOK, wish | {"startsAt": off_beat}, "BAD_USER_INPUT"),
        (ada, BOOK, wish | {"startsAt": (runtime.now() - timedelta(hours=5)).isoformat()}, "BAD_USER_INPUT"),
        (ada, BOOK, wish | {"kind": "IN_PERSON"}, "BAD_USER_INPUT"),
        (ada, BOOK, wish | {"reason": "x" * 501}, "BAD_USER_INPUT"),
        (ada, BOOK, wish | {"patientId": str(people.foreign_id)}, "NOT_FOUND"),
        (ada, BOOK, wish | {"clinicianId": str(stranger.account_id)}, "NOT_FOUND"),
        (clinician, BOOK, wish | {"patientId": str(people.foreign_id)}, "NOT_FOUND"),
        (ada, CANCEL, ref | {"expectedVersion": 2}, "CONFLICT"),
        (ada, CANCEL, {"appointmentId": near["id"], "expectedVersion": 1}, "CONFLICT"),
        (ada, MOVE, {"appointmentId": near["id"], "expectedVersion": 1, "startsAt": second["startsAt"]}, "CONFLICT"),
        (clinician, CANCEL, ref, "BAD_USER_INPUT"),
        (stranger, CANCEL, ref | {"reason": "Mine now"}, "NOT_FOUND"),
        (stranger, STEP, ref | {"step": "CONFIRM"}, "NOT_FOUND"),
        (ada, STEP, ref | {"step": "COMPLETE"}, "BAD_USER_INPUT"),
        (clinician, STEP, ref | {"step": "MISS"}, "BAD_USER_INPUT"),
        (clinician, SET, hours(people.actors[Role.ADMIN].account_id), "FORBIDDEN"),
        (boss, SET, hours(zoe), "NOT_FOUND"),
        (clinician, SET, hours(zoe, timeZone="Europe/Nowhere"), "BAD_USER_INPUT"),
        (clinician, SET, hours(zoe, slotMinutes=3), "BAD_USER_INPUT"),
    ]
    before = await looked(runtime)
    for by, operation, sent, why in refusals:
        assert code(await ask(runtime, by, operation, input=sent)) == why, (operation, sent)
    assert await looked(runtime) == before


async def test_who_may_use_which_field(runtime: Runtime, people: People, zoe: UUID) -> None:
    slot = (await free(runtime, people.actors[Role.PATIENT]))[0]
    made = await booked(runtime, people.actors[Role.PATIENT], slot)
    ref = {"appointmentId": str(uuid4()), "expectedVersion": 1}
    wish = {"clientId": str(uuid4()), "clinicianId": str(uuid4()), "kind": "VIDEO", "startsAt": slot["startsAt"]}
    span = {"from": slot["startsAt"], "to": slot["endsAt"], "kind": "VIDEO"}
    visitors = {"PATIENT", "CLINICIAN", "COORDINATOR"}
    fields: list[tuple[str, dict[str, Any], set[str]]] = [
        (SET, {"input": hours(zoe)}, {"CLINICIAN", "COORDINATOR", "ADMIN"}),
        (FREE, span, visitors),
        (BOOK, {"input": wish | {"patientId": str(people.patient_id)}}, visitors),
        (MOVE, {"input": ref | {"startsAt": slot["startsAt"]}}, visitors),
        (CANCEL, {"input": ref}, visitors),
        (STEP, {"input": ref | {"step": "CONFIRM"}}, visitors),
        (LIST, {"id": str(people.patient_id), "first": 1}, visitors),
    ]
    callers: dict[str, Actor | Newcomer] = {str(role): people.actors[role] for role in Role} | {"newcomer": newcomer()}
    for operation, variables, allowed in fields:
        for name, caller in callers.items():
            answer = await ask(runtime, caller, operation, **variables)
            assert (answer.errors is None or code(answer) != "FORBIDDEN") == (name in allowed), (operation, name)
    assert [row["id"] for row in await runtime.pool.fetch("SELECT id FROM appointment")] == [UUID(made["id"])]


async def test_pages_of_appointments_are_in_order_and_whole(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada = people.actors[Role.PATIENT]
    made = [await booked(runtime, ada, slot) for slot in (await free(runtime, ada))[:5]]
    found: list[Any] = []
    after: str | None = None
    while True:
        answer = data(await ask(runtime, ada, LIST, id=str(people.patient_id), first=2, after=after))["patient"]
        found += [edge["node"] for edge in answer["appointments"]["edges"]]
        after = answer["appointments"]["pageInfo"]["endCursor"]
        if not answer["appointments"]["pageInfo"]["hasNextPage"]:
            break
    assert found == made
    answer = await ask(runtime, ada, LIST, id=str(people.patient_id), first=9, **{"from": made[2]["endsAt"]})
    assert [edge["node"] for edge in data(answer)["patient"]["appointments"]["edges"]] == made[3:]
