"""A clinician sees a patient from the start of a care relation until before its end, not a microsecond more."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain import care_teams, patients
from domain.access import Actor
from domain.errors import BadInput, Conflict, DomainError, Forbidden, NotFound
from domain.kinds import OrganisationKind, Role
from domain.tables import Account
from domain.unit_of_work import new_id, unit_of_work
from tests.joining import everything, staff
from tests.people import ISSUER, People

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


async def colleague(runtime: Runtime, people: People, name: str = "Zoe Nuova") -> Actor:
    """A clinician of the clinic who cares for nobody yet."""
    clinic = people.actors[Role.ADMIN].organisation_id
    account = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject=name,
        role=Role.CLINICIAN,
        organisation_id=clinic,
        display_name=name,
        created_at=runtime.now(),
    )
    return Actor(account.id, Role.CLINICIAN, clinic, None, name)


async def sees(runtime: Runtime, clinician: Actor, patient_id: UUID, at: datetime) -> bool:
    """Whether the patient exists for the clinician at that moment."""
    async with runtime.pool.acquire() as connection:
        return patient_id in await patients.visible_among(connection, clinician, [patient_id], at)


async def test_exactly_from_start_to_end(runtime: Runtime, people: People) -> None:
    admin, zoe, patient_id = people.actors[Role.ADMIN], await colleague(runtime, people), people.patient_id
    starts = runtime.now() + DAY
    ends = starts + DAY
    async with runtime.unit_of_work(admin) as work:
        made = await care_teams.assign(work, admin, uuid4(), patient_id, zoe.account_id, starts)
    assert (made["starts_at"], made["ends_at"], made["display_name"]) == (starts, None, "Zoe Nuova")
    async with runtime.unit_of_work(admin) as work:
        ended = await care_teams.end(work, admin, patient_id, zoe.account_id, ends)
    assert (ended["id"], ended["ends_at"]) == (made["id"], ends)
    moments = [starts - TICK, starts, ends - TICK, ends]
    assert [await sees(runtime, zoe, patient_id, at) for at in moments] == [False, True, True, False]
    async with runtime.pool.acquire() as connection:
        for at, expected in zip(moments, [False, True, True, False], strict=True):
            rows = await care_teams.relations(connection, [patient_id], at=at, with_later=False)
            assert ("Zoe Nuova" in {row["display_name"] for row in rows}) is expected
    audited = await runtime.pool.fetch("SELECT actor_id, action, subject_id FROM audit_entry ORDER BY at, id")
    assert [tuple(row) for row in audited] == [
        (admin.account_id, "assignClinician", made["id"]),
        (admin.account_id, "endCareRelation", made["id"]),
    ]


async def test_sent_again_it_is_the_first_answer_and_with_other_content_a_conflict(
    runtime: Runtime, people: People
) -> None:
    admin, zoe, patient_id = people.actors[Role.ADMIN], await colleague(runtime, people), people.patient_id
    other = await colleague(runtime, people, "Ivo Altro")
    client_id = uuid4()

    async def assign(clinician: Actor, starts_at: datetime | None = None) -> UUID:
        async with runtime.unit_of_work(admin) as work:
            row = await care_teams.assign(work, admin, client_id, patient_id, clinician.account_id, starts_at)
            found: UUID = row["id"]
            return found

    first = await assign(zoe)
    before = await everything(runtime)
    assert await assign(zoe) == first
    for clinician, starts_at in ((other, None), (zoe, runtime.now() + DAY)):
        with pytest.raises(Conflict):
            await assign(clinician, starts_at)
    assert await everything(runtime) == before


async def test_two_stays_never_overlap(runtime: Runtime, people: People) -> None:
    admin, zoe, patient_id = people.actors[Role.ADMIN], await colleague(runtime, people), people.patient_id
    now = runtime.now()

    async def assign(starts_at: datetime) -> str:
        try:
            async with runtime.unit_of_work(admin) as work:
                await care_teams.assign(work, admin, uuid4(), patient_id, zoe.account_id, starts_at)
        except DomainError as refused:
            return refused.code
        return "ASSIGNED"

    answers = Counter(await asyncio.gather(*(assign(now + number * DAY) for number in range(1, 9))))
    assert answers == {"ASSIGNED": 1, "CONFLICT": 7}
    async with runtime.unit_of_work(admin) as work:
        await care_teams.end(work, admin, patient_id, zoe.account_id, now + 20 * DAY)
    assert await assign(now + 20 * DAY - TICK) == "CONFLICT"
    assert await assign(now + 20 * DAY) == "ASSIGNED"
    before = await everything(runtime)
    with pytest.raises(Conflict):
        async with runtime.unit_of_work(admin) as work:
            await care_teams.end(work, admin, patient_id, zoe.account_id, now + 21 * DAY)
    assert await everything(runtime) == before


async def test_ending_now_calling_off_and_ending_again(runtime: Runtime, people: People) -> None:
    admin, zoe, patient_id = people.actors[Role.ADMIN], await colleague(runtime, people), people.patient_id
    now = runtime.now()

    async def end(at: datetime, ends_at: datetime | None = None) -> datetime | None:
        async with unit_of_work(runtime.pool, at=at, by=admin) as work:
            row = await care_teams.end(work, admin, patient_id, zoe.account_id, ends_at)
            found: datetime | None = row["ends_at"]
            return found

    with pytest.raises(NotFound):
        await end(now)
    async with unit_of_work(runtime.pool, at=now, by=admin) as work:
        await care_teams.assign(work, admin, uuid4(), patient_id, zoe.account_id, now + DAY)
    assert await end(now) == now + DAY
    assert not await sees(runtime, zoe, patient_id, now + DAY)
    async with unit_of_work(runtime.pool, at=now, by=admin) as work:
        await care_teams.assign(work, admin, uuid4(), patient_id, zoe.account_id, None)
    later = now + timedelta(hours=1)
    before = await everything(runtime)
    with pytest.raises(BadInput):
        await end(later, later - timedelta(minutes=6))
    assert await everything(runtime) == before
    # A clock that runs a little behind does not take back what was seen meanwhile.
    assert await end(later, later - timedelta(minutes=4)) == later
    before = await everything(runtime)
    # The later of the two ended ones is the one that was called off.
    assert await end(later + DAY) == now + DAY
    assert await everything(runtime) == before


async def test_only_within_the_clinic(runtime: Runtime, people: People) -> None:
    admin, patient_id = people.actors[Role.ADMIN], people.patient_id
    zoe = await colleague(runtime, people)
    gone = await colleague(runtime, people, "Gone")
    await Account.filter(id=gone.account_id).update(ended_at=runtime.now())
    outside = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Far")
    insurer = await staff(runtime, OrganisationKind.INSURER, Role.ADMIN, "Salus")
    before = await everything(runtime)
    coordinator = people.actors[Role.COORDINATOR].account_id
    cases: list[tuple[Actor, UUID, UUID, type[DomainError]]] = [
        (admin, people.foreign_id, zoe.account_id, NotFound),
        (admin, UUID(int=7), zoe.account_id, NotFound),
        (admin, patient_id, gone.account_id, NotFound),
        (admin, patient_id, outside.account_id, NotFound),
        (admin, patient_id, coordinator, NotFound),
        (insurer, patient_id, zoe.account_id, Forbidden),
    ]
    for by, patient, clinician, refusal in cases:
        with pytest.raises(refusal):
            async with runtime.unit_of_work(by) as work:
                await care_teams.assign(work, by, uuid4(), patient, clinician, None)
    past = runtime.now() - timedelta(minutes=6)
    with pytest.raises(BadInput):
        async with runtime.unit_of_work(admin) as work:
            await care_teams.assign(work, admin, uuid4(), patient_id, zoe.account_id, past)
    for by, patient, refusal in ((admin, people.foreign_id, NotFound), (insurer, patient_id, Forbidden)):
        with pytest.raises(refusal):
            async with runtime.unit_of_work(by) as work:
                await care_teams.end(work, by, patient, people.actors[Role.CLINICIAN].account_id, None)
    assert await everything(runtime) == before
