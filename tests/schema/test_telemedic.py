"""A patient may see someone at any time: whoever is on call, between their other appointments; else the next slot."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from tests.asking import ask
from tests.clocks import set_clock
from tests.people import People
from tests.schema.test_appointments import BOOK, SET, booked, hours, looked, more_patients
from tests.schema.test_people import code, data
from tests.schema.test_video_calls import colleague

NEXT = """query ($kind: AppointmentKind = VIDEO) {
  nextTelemedic(kind: $kind) { startsAt endsAt clinician { id displayName } } }"""
NOW_ON_CALL = "{ onCallNow { clinician { id displayName } until } }"
# A Saturday night; nobody has hours before Monday.
NIGHT = datetime(2027, 5, 8, 22, 2, tzinfo=UTC)


@pytest.fixture
async def zoe(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The clinician, who has hours on Monday and is on call for the night."""
    set_clock(monkeypatch, NIGHT)
    clinician = people.actors[Role.CLINICIAN].account_id
    monday = [{"weekday": "MONDAY", "from": "09:00", "to": "12:00"}]
    sent = hours(clinician, weekly=monday, slotMinutes=20, bufferMinutes=5, leadMinutes=600)
    data(await ask(runtime, people.actors[Role.CLINICIAN], SET, input=sent))
    await on_call(runtime, people, clinician, timedelta(hours=-1), timedelta(hours=8))
    return clinician


async def on_call(runtime: Runtime, people: People, clinician: UUID, since: timedelta, until: timedelta) -> None:
    await runtime.pool.execute(
        "INSERT INTO on_call_shift (id, clinic_id, clinician_id, client_id, starts_at, ends_at, set_at, set_by_id)"
        " VALUES ($1, $2, $3, $1, $4, $5, $4, $3)",
        uuid4(),
        people.actors[Role.ADMIN].organisation_id,
        clinician,
        NIGHT + since,
        NIGHT + until,
    )


async def soonest(runtime: Runtime, by: Actor, **more: Any) -> tuple[str, dict[str, Any]] | None:
    found = data(await ask(runtime, by, NEXT, **more))["nextTelemedic"]
    return found and (f"{datetime.fromisoformat(found['startsAt']):%d %H:%M}", found)


async def test_whoever_is_on_call_is_seen_at_the_next_five_minutes_between_others(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    patients = await more_patients(runtime, people, 3)
    begins = []
    for one in patients:
        found = await soonest(runtime, one)
        assert found is not None
        at, slot = found
        begins.append(at)
        assert slot["clinician"] == {"id": str(zoe), "displayName": "Test clinician"}
        made = await booked(runtime, one, slot)
        assert (made["startsAt"], made["endsAt"], made["timeZone"]) == (slot["startsAt"], slot["endsAt"], "Europe/Rome")
    # Twenty minutes and a buffer of five each.
    assert begins == ["08 22:05", "08 22:30", "08 22:55"]
    # Whoever is at an appointment themselves comes after it.
    found = await soonest(runtime, patients[2])
    assert found is not None
    assert found[0] == "08 23:20"


async def test_two_who_want_the_same_call_do_not_both_get_it(runtime: Runtime, people: People, zoe: UUID) -> None:
    ada, (bruno,) = people.actors[Role.PATIENT], await more_patients(runtime, people, 1)
    found = await soonest(runtime, ada)
    assert found is not None
    await booked(runtime, ada, found[1])
    sent = {"clientId": str(uuid4()), "clinicianId": str(zoe), "kind": "VIDEO", "startsAt": found[1]["startsAt"]}
    assert code(await ask(runtime, bruno, BOOK, input=sent)) == "CONFLICT"


async def test_the_sooner_of_two_on_call_and_the_next_slot_where_nobody_is(
    runtime: Runtime, people: People, zoe: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, friend = people.actors[Role.PATIENT], await colleague(runtime, people)
    sent = hours(friend.account_id, weekly=[], kinds=["PHONE"])
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=sent))
    await on_call(runtime, people, friend.account_id, timedelta(minutes=30), timedelta(hours=2))
    by_phone = await soonest(runtime, ada, kind="PHONE")
    assert by_phone is not None
    assert (by_phone[0], by_phone[1]["clinician"]["id"]) == ("08 22:05", str(zoe))
    await booked(runtime, ada, by_phone[1], kind="PHONE")
    (bruno,) = await more_patients(runtime, people, 1)
    # The other one's shift begins at 22:32.
    await runtime.pool.execute("UPDATE on_call_shift SET ends_at = $1 WHERE clinician_id = $2", NIGHT, zoe)
    by_phone = await soonest(runtime, bruno, kind="PHONE")
    assert by_phone is not None
    assert (by_phone[0], by_phone[1]["clinician"]["id"]) == ("08 22:35", str(friend.account_id))
    by_video = await soonest(runtime, bruno)
    assert by_video is not None
    # Nine in Rome.
    assert (by_video[0], by_video[1]["clinician"]["id"]) == ("10 07:00", str(zoe))
    data(await ask(runtime, people.actors[Role.CLINICIAN], SET, input=hours(zoe, weekly=[])))
    assert await soonest(runtime, bruno) is None


async def test_only_calls_and_only_soon_are_booked_with_who_is_on_call(
    runtime: Runtime, people: People, zoe: UUID
) -> None:
    ada, friend = people.actors[Role.PATIENT], await colleague(runtime, people)
    wish = {"clientId": str(uuid4()), "clinicianId": str(zoe), "kind": "VIDEO"}
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=hours(friend.account_id, weekly=[])))
    data(
        await ask(
            runtime,
            people.actors[Role.CLINICIAN],
            SET,
            input=hours(zoe, weekly=[], kinds=["VIDEO", "IN_PERSON"], leadMinutes=600),
        )
    )

    def at(minutes: int) -> dict[str, Any]:
        return {"startsAt": (NIGHT + timedelta(minutes=minutes)).isoformat()}

    before = await looked(runtime)
    for sent in (
        wish | at(4),
        wish | at(-2),
        wish | at(123),
        wish | at(3) | {"kind": "IN_PERSON"},
        wish | at(3) | {"clinicianId": str(friend.account_id)},
    ):
        assert code(await ask(runtime, ada, BOOK, input=sent)) == "BAD_USER_INPUT", sent
    assert code(await ask(runtime, ada, NEXT, kind="IN_PERSON")) == "BAD_USER_INPUT"
    assert await looked(runtime) == before
    data(await ask(runtime, ada, BOOK, input=wish | at(118)))


async def test_everyone_of_the_clinic_sees_who_is_on_call(runtime: Runtime, people: People, zoe: UUID) -> None:
    shown = [
        {
            "clinician": {"id": str(zoe), "displayName": "Test clinician"},
            "until": (NIGHT + timedelta(hours=8)).isoformat(),
        }
    ]
    await on_call(runtime, people, zoe, timedelta(hours=9), timedelta(hours=10))
    for role in (Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR):
        assert data(await ask(runtime, people.actors[role], NOW_ON_CALL))["onCallNow"] == shown
    for role in (Role.ADMIN, Role.DEVICE):
        for operation in (NOW_ON_CALL, NEXT):
            assert code(await ask(runtime, people.actors[role], operation)) == "FORBIDDEN"
