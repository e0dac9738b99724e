"""The waiting list: what comes free is held for who has waited the longest, for a while, and for nobody else."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import OrganisationKind, Role
from tests.asking import ask
from tests.clocks import set_clock
from tests.joining import staff
from tests.people import People
from tests.schema.test_appointments import (
    BOOK,
    CANCEL,
    DAYS,
    LIST,
    MOVE,
    SET,
    booked,
    free,
    hours,
    looked,
    more_patients,
)
from tests.schema.test_people import code, data
from tests.workers.test_schedule import job_of

WISH = """{ id kind status from to insteadOf clinician { displayName }
  offer { id startsAt endsAt heldUntil clinician { id displayName } } }"""
JOIN, LEAVE, DECLINE = (
    f"mutation ($input: {kind}!) {{ {verb}(input: $input) {{ wish {WISH} }} }}"
    for verb, kind in (
        ("joinWaitingList", "JoinWaitingListInput"),
        ("leaveWaitingList", "LeaveWaitingListInput"),
        ("declineOffer", "OfferInput"),
    )
)
ACCEPT = """mutation ($input: OfferInput!) { acceptOffer(input: $input) {
  appointment { id kind status startsAt version clinician { id } } } }"""
LOOK = f"query ($id: ID!) {{ patient(id: $id) {{ waitingList {WISH} }} }}"


@pytest.fixture
async def zoe(runtime: Runtime, people: People) -> UUID:
    """The clinician, with hours around the clock."""
    clinician = people.actors[Role.CLINICIAN]
    data(await ask(runtime, clinician, SET, input=hours(clinician.account_id)))
    return clinician.account_id


async def joined(runtime: Runtime, by: Actor, **more: Any) -> dict[str, Any]:
    now = runtime.now()
    wish = {
        "clientId": str(uuid4()),
        "kind": "VIDEO",
        "from": now.isoformat(),
        "to": (now + timedelta(days=20)).isoformat(),
    }
    made: dict[str, Any] = data(await ask(runtime, by, JOIN, input=wish | more))["joinWaitingList"]["wish"]
    return made


async def offer_of(runtime: Runtime, by: Actor) -> dict[str, Any] | None:
    """What is held for a patient who has one wish."""
    (wish,) = data(await ask(runtime, by, LOOK, id=str(by.patient_id)))["patient"]["waitingList"]
    held: dict[str, Any] | None = wish["offer"]
    return held


async def called_off(runtime: Runtime, by: Actor, made: Mapping[str, Any]) -> None:
    sent = {"appointmentId": made["id"], "expectedVersion": made["version"]}
    data(await ask(runtime, by, CANCEL, input=sent))


async def passed_on(runtime: Runtime) -> None:
    await job_of(runtime, "pass_on_offers").coroutine({})


async def test_what_comes_free_goes_from_one_to_the_next_and_nobody_else_gets_it(
    runtime: Runtime, people: People, zoe: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = people.actors[Role.PATIENT]
    first, second, third, stranger = await more_patients(runtime, people, 4)
    # Ten in the morning, when an offer is held for an hour.
    began = datetime.combine(runtime.now().date() + timedelta(days=1), time(10), ZoneInfo("Europe/Rome")).astimezone(
        UTC
    )
    set_clock(monkeypatch, began)
    slot = (await free(runtime, ada))[0]
    made = await booked(runtime, ada, slot)
    for one in (first, second, third):
        wish = await joined(runtime, one)
        assert (wish["status"], wish["offer"], wish["clinician"]) == ("WAITING", None, None)
    await called_off(runtime, ada, made)
    offer = await offer_of(runtime, first)
    assert offer is not None
    assert offer == {
        "id": offer["id"],
        "startsAt": slot["startsAt"],
        "endsAt": slot["endsAt"],
        "heldUntil": (began + timedelta(hours=1)).isoformat(),
        "clinician": slot["clinician"],
    }
    # It is no appointment yet, and nobody else's.
    listed = data(await ask(runtime, first, LIST, id=str(first.patient_id), first=5))["patient"]
    assert (listed["appointments"]["edges"], listed["nextAppointment"]) == ([], None)
    assert slot not in await free(runtime, stranger)
    sent = {"clientId": str(uuid4()), "clinicianId": str(zoe), "kind": "VIDEO", "startsAt": slot["startsAt"]}
    for by in (stranger, second):
        assert code(await ask(runtime, by, BOOK, input=sent)) == "CONFLICT"
        assert code(await ask(runtime, by, ACCEPT, input={"offerId": offer["id"]})) == "NOT_FOUND"
    # Its hour is over: the next one is asked.
    set_clock(monkeypatch, began + timedelta(minutes=59))
    await passed_on(runtime)
    assert await offer_of(runtime, first) == offer
    set_clock(monkeypatch, began + timedelta(hours=1))
    assert code(await ask(runtime, first, ACCEPT, input={"offerId": offer["id"]})) == "CONFLICT"
    await passed_on(runtime)
    assert await offer_of(runtime, first) is None
    next_offer = await offer_of(runtime, second)
    assert next_offer is not None
    # This one declines, and the last one takes it.
    kept = data(await ask(runtime, second, DECLINE, input={"offerId": next_offer["id"]}))["declineOffer"]["wish"]
    assert kept["status"] == "WAITING"
    assert await offer_of(runtime, second) is None
    last = await offer_of(runtime, third)
    assert last is not None
    for _ in range(2):
        taken = data(await ask(runtime, third, ACCEPT, input={"offerId": last["id"]}))["acceptOffer"]["appointment"]
        assert taken == {
            "id": last["id"],
            "kind": "VIDEO",
            "status": "BOOKED",
            "startsAt": slot["startsAt"],
            "version": 1,
            "clinician": {"id": str(zoe)},
        }
    assert data(await ask(runtime, third, LOOK, id=str(third.patient_id)))["patient"]["waitingList"] == []
    # Each is told of what is held for them, and of an appointment only who has one.
    planned = await runtime.pool.fetch(
        "SELECT kind, patient_id, status, minutes_before FROM reminder WHERE patient_id <> $1 ORDER BY id",
        ada.patient_id,
    )
    ahead = int((datetime.fromisoformat(slot["startsAt"]) - began).total_seconds() // 60)
    assert [tuple(row) for row in planned] == [
        ("APPOINTMENT_OFFER", first.patient_id, "CANCELLED", ahead),
        ("APPOINTMENT_OFFER", second.patient_id, "CANCELLED", ahead - 60),
        ("APPOINTMENT_OFFER", third.patient_id, "CANCELLED", ahead - 60),
        ("APPOINTMENT", third.patient_id, "PLANNED", 60),
    ]
    history = await runtime.pool.fetch(
        "SELECT version, status FROM appointment_change WHERE appointment_id = $1", UUID(last["id"])
    )
    assert [tuple(row) for row in history] == [(1, "BOOKED")]
    told = await runtime.pool.fetch("SELECT kind FROM event WHERE kind IN ('SLOT_OFFERED', 'OFFER_LAPSED') ORDER BY id")
    assert [row["kind"] for row in told] == ["SLOT_OFFERED", "OFFER_LAPSED"] * 2 + ["SLOT_OFFERED"]


async def test_when_nobody_is_left_the_slot_is_free_again(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    slot = (await free(runtime, ada))[0]
    made = await booked(runtime, ada, slot)
    wish = await joined(runtime, bruno)
    await called_off(runtime, ada, made)
    assert await offer_of(runtime, bruno) is not None
    left = data(await ask(runtime, bruno, LEAVE, input={"wishId": wish["id"]}))["leaveWaitingList"]["wish"]
    assert left["status"] == "WITHDRAWN"
    assert (await free(runtime, ada))[0] == slot
    assert await runtime.pool.fetchval("SELECT status FROM appointment WHERE wish_id IS NOT NULL") == "LAPSED"


async def test_an_earlier_appointment_takes_the_later_ones_place_whose_slot_goes_on(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, (bruno, carla) = people.actors[Role.PATIENT], await more_patients(runtime, people, 2)
    early, late, *_ = await free(runtime, ada)
    first, later = await booked(runtime, ada, early), await booked(runtime, bruno, late)
    wish = await joined(runtime, bruno, clinicianId=str(zoe), insteadOf=later["id"])
    assert (wish["insteadOf"], wish["clinician"]) == (later["id"], {"displayName": "Test clinician"})
    await joined(runtime, carla)
    await called_off(runtime, ada, first)
    offer = await offer_of(runtime, bruno)
    assert offer is not None
    taken = data(await ask(runtime, bruno, ACCEPT, input={"offerId": offer["id"]}))["acceptOffer"]["appointment"]
    assert (taken["id"], taken["startsAt"]) == (offer["id"], early["startsAt"])
    edges = data(await ask(runtime, bruno, LIST, id=str(bruno.patient_id), first=5))["patient"]["appointments"]["edges"]
    assert [(edge["node"]["id"], edge["node"]["status"]) for edge in edges] == [
        (offer["id"], "BOOKED"),
        (later["id"], "CANCELLED"),
    ]
    onward = await offer_of(runtime, carla)
    assert onward is not None
    assert onward["startsAt"] == late["startsAt"]


async def test_whose_later_appointment_is_called_off_waits_for_nothing_earlier(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    early, late, *_ = await free(runtime, ada)
    first, later = await booked(runtime, ada, early), await booked(runtime, bruno, late)
    await joined(runtime, bruno, insteadOf=later["id"])
    assert await offer_of(runtime, bruno) is None
    await called_off(runtime, bruno, later)
    assert data(await ask(runtime, bruno, LOOK, id=str(bruno.patient_id)))["patient"]["waitingList"] == []
    await called_off(runtime, ada, first)
    assert (await free(runtime, ada))[:2] == [early, late]


async def test_a_slot_that_an_appointment_moves_from_is_offered_too(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    early, late, *_ = await free(runtime, ada)
    made = await booked(runtime, ada, early)
    await joined(runtime, bruno)
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "startsAt": late["startsAt"]}
    data(await ask(runtime, ada, MOVE, input=sent))
    offer = await offer_of(runtime, bruno)
    assert offer is not None
    assert offer["startsAt"] == early["startsAt"]


async def test_only_what_was_wished_for_is_offered(
    runtime: Runtime, people: People, zoe: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, others = people.actors[Role.PATIENT], await more_patients(runtime, people, 5)
    slot = (await free(runtime, ada))[0]
    begin, end = (datetime.fromisoformat(slot[name]) for name in ("startsAt", "endsAt"))
    made = await booked(runtime, ada, slot)
    minute = timedelta(minutes=1)
    other_kind, too_late, too_early, busy, right = others
    await joined(runtime, other_kind, kind="IN_PERSON")
    await joined(runtime, too_late, **{"from": (begin + minute).isoformat()})
    await joined(runtime, too_early, to=(end - minute).isoformat())
    await joined(runtime, ada)
    colleague = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Far")
    await runtime.pool.execute(
        "UPDATE account SET organisation_id = $1 WHERE id = $2",
        people.actors[Role.ADMIN].organisation_id,
        colleague.account_id,
    )
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=hours(colleague.account_id)))
    await booked(runtime, busy, slot | {"clinician": {"id": str(colleague.account_id)}})
    await joined(runtime, busy)
    await joined(runtime, right, **{"from": begin.isoformat(), "to": end.isoformat(), "clinicianId": str(zoe)})
    await called_off(runtime, ada, made)
    found = [await offer_of(runtime, one) for one in (ada, *others)]
    assert [one is not None for one in found] == [False] * 5 + [True]


async def test_nothing_is_offered_that_begins_too_soon_or_that_the_clinician_holds_no_more(
    runtime: Runtime, people: People, zoe: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinician, (bruno,) = people.actors[Role.CLINICIAN], await more_patients(runtime, people, 1)
    ada = people.actors[Role.PATIENT]
    one, two = [await booked(runtime, ada, slot) for slot in (await free(runtime, ada))[:2]]
    await joined(runtime, bruno)
    set_clock(monkeypatch, datetime.fromisoformat(one["startsAt"]) - timedelta(minutes=119))
    off = {"appointmentId": one["id"], "expectedVersion": 1, "reason": "Away"}
    data(await ask(runtime, clinician, CANCEL, input=off))
    data(await ask(runtime, clinician, SET, input=hours(zoe, weekly=[])))
    data(await ask(runtime, clinician, CANCEL, input=off | {"appointmentId": two["id"]}))
    assert await offer_of(runtime, bruno) is None


async def test_of_those_who_answer_at_once_one_gets_it(runtime: Runtime, people: People, zoe: UUID) -> None:
    """Whoever accepts, leaves or lets it lapse at one moment: one outcome, no deadlock, never two appointments."""
    ada, waiting = people.actors[Role.PATIENT], await more_patients(runtime, people, 6)
    slots = (await free(runtime, ada))[:3]
    made = [await booked(runtime, ada, slot) for slot in slots]
    wishes = {one.account_id: await joined(runtime, one) for one in waiting}
    await asyncio.gather(*(called_off(runtime, ada, one) for one in made))
    offers = {one.account_id: await offer_of(runtime, one) for one in waiting}
    held = [one for one in waiting if offers[one.account_id] is not None]
    assert held == waiting[:3]
    answers = await asyncio.gather(
        *(
            ask(runtime, one, operation, input=sent)
            for one in held
            for operation, sent in (
                (ACCEPT, {"offerId": (offers[one.account_id] or {})["id"]}),
                (LEAVE, {"wishId": wishes[one.account_id]["id"]}),
                (DECLINE, {"offerId": (offers[one.account_id] or {})["id"]}),
                (ACCEPT, {"offerId": (offers[one.account_id] or {})["id"]}),
            )
        )
    )
    assert {code(answer) for answer in answers if answer.errors} <= {"CONFLICT"}
    rows = await runtime.pool.fetch(
        "SELECT starts_at FROM appointment WHERE status IN ('BOOKED', 'OFFERED') ORDER BY starts_at"
    )
    assert [row["starts_at"] for row in rows] == [datetime.fromisoformat(slot["startsAt"]) for slot in slots]


async def test_the_same_client_id_waits_once_and_what_cannot_be_is_refused(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, coordinator = people.actors[Role.PATIENT], people.actors[Role.COORDINATOR]
    stranger = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Far")
    (bruno,) = await more_patients(runtime, people, 1)
    theirs = await booked(runtime, bruno, (await free(runtime, bruno))[0])
    now = runtime.now()
    span = {"from": now.isoformat(), "to": (now + timedelta(days=2)).isoformat()}
    same = str(uuid4())
    made = await joined(runtime, ada, clientId=same, **span)
    assert await joined(runtime, ada, clientId=same, **span) == made
    for _ in range(3):
        await joined(runtime, ada)
    # The front desk waits for a patient who calls.
    await joined(runtime, coordinator, patientId=str(people.patient_id))
    wish = {"clientId": str(uuid4()), "kind": "VIDEO"} | span
    refusals: list[tuple[Actor, str, dict[str, Any], str]] = [
        (ada, JOIN, wish, "BAD_USER_INPUT"),
        (ada, JOIN, wish | {"clientId": same, "kind": "PHONE"}, "CONFLICT"),
        (bruno, JOIN, wish | {"from": span["to"], "to": span["from"]}, "BAD_USER_INPUT"),
        (bruno, JOIN, wish | {"from": (now - timedelta(days=2)).isoformat(), "to": span["from"]}, "BAD_USER_INPUT"),
        (bruno, JOIN, wish | {"to": (now + timedelta(days=367)).isoformat()}, "BAD_USER_INPUT"),
        (bruno, JOIN, wish | {"clinicianId": str(stranger.account_id)}, "NOT_FOUND"),
        (bruno, JOIN, wish | {"patientId": str(people.patient_id)}, "NOT_FOUND"),
        (ada, JOIN, wish | {"insteadOf": theirs["id"]}, "NOT_FOUND"),
        (coordinator, JOIN, wish | {"patientId": str(people.foreign_id)}, "NOT_FOUND"),
        (bruno, LEAVE, {"wishId": made["id"]}, "NOT_FOUND"),
        (stranger, LEAVE, {"wishId": made["id"]}, "NOT_FOUND"),
        (bruno, ACCEPT, {"offerId": theirs["id"]}, "NOT_FOUND"),
        (bruno, DECLINE, {"offerId": theirs["id"]}, "NOT_FOUND"),
        (people.actors[Role.ADMIN], JOIN, wish, "FORBIDDEN"),
        (people.actors[Role.DEVICE], LEAVE, {"wishId": made["id"]}, "FORBIDDEN"),
    ]
    before = await looked(runtime)
    for by, operation, sent, why in refusals:
        assert code(await ask(runtime, by, operation, input=sent)) == why, (operation, sent)
    assert await looked(runtime) == before
    assert await runtime.pool.fetchval("SELECT count(*) FROM waiting_wish") == 5


async def test_who_accepts_at_the_time_of_another_appointment_is_told_and_keeps_the_offer(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    colleague = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Far")
    await runtime.pool.execute(
        "UPDATE account SET organisation_id = $1 WHERE id = $2",
        people.actors[Role.ADMIN].organisation_id,
        colleague.account_id,
    )
    half_past = [{"weekday": day, "from": "00:30", "to": "00:30"} for day in DAYS]
    sent = hours(colleague.account_id, weekly=half_past, timeZone="UTC")
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=sent))
    slot = (await free(runtime, ada))[0]
    made = await booked(runtime, ada, slot)
    await joined(runtime, bruno)
    await called_off(runtime, ada, made)
    offer = await offer_of(runtime, bruno)
    assert offer is not None
    # An offer binds its patient to nothing: another appointment may be booked beside it.
    other = (await free(runtime, bruno, clinicianId=str(colleague.account_id)))[0]
    assert other["startsAt"] < slot["endsAt"]
    assert other["endsAt"] > slot["startsAt"]
    await booked(runtime, bruno, other)
    assert code(await ask(runtime, bruno, ACCEPT, input={"offerId": offer["id"]})) == "CONFLICT"
    assert await offer_of(runtime, bruno) == offer
