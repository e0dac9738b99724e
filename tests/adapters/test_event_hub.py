"""What is handed to those who follow: each event once, in order, however slowly it is taken."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from uuid import UUID

import pytest

from adapters import event_hub
from adapters.event_hub import EventHub
from adapters.runtime import Runtime
from domain.errors import Forbidden, NotFound, RateLimited
from domain.feeds import Cursor, Delivery, Topic
from domain.kinds import EventKind, Role
from domain.unit_of_work import new_id
from tests.people import People

PATIENCE_SECONDS = 20


async def never(ring: Callable[[], None]) -> None:
    """A Valkey that is away for good."""
    del ring
    await asyncio.Event().wait()


@pytest.fixture
async def hub(runtime: Runtime) -> AsyncIterator[EventHub]:
    """A hub that nothing rings."""
    made = EventHub(runtime.pool, runtime.now, never)
    yield made
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()


async def tell(runtime: Runtime, patient_id: UUID, count: int = 1) -> list[UUID]:
    """So many events of a patient in as many transactions, all at once; their subjects in order."""
    subjects = [new_id() for _ in range(count)]
    async with runtime.pool.acquire() as connection:
        await connection.executemany(
            "INSERT INTO event (at, kind, patient_id, subject_id) VALUES (now(), $1, $2, $3)",
            [(EventKind.STRIP_RECEIVED, patient_id, subject) for subject in subjects],
        )
    return subjects


async def take(feed: AsyncGenerator[Delivery], count: int) -> list[UUID]:
    """The subjects of the next events."""
    taken: list[UUID] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(taken) < count:
            taken += [event.subject_id for event in (await anext(feed)).events]
    return taken


START: Cursor = (0, 0)


async def test_who_takes_nothing_for_long_gets_everything_once_and_keeps_nobody_waiting(
    runtime: Runtime, people: People, hub: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "BUFFERED_EVENTS", 20)
    patient, clinician = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
    topic = Topic(people.patient_id)
    async with (
        aclosing(hub.follow(patient, topic, START)) as slow,
        aclosing(hub.follow(clinician, topic, START)) as quick,
    ):
        (first,) = await tell(runtime, people.patient_id)
        assert await take(slow, 1) == await take(quick, 1) == [first]
        rest: list[UUID] = []
        for _ in range(5):
            some = await tell(runtime, people.patient_id, 50)
            # Nothing rings, and the slow one takes nothing: the quick one has its events all the same.
            assert await take(quick, 50) == some
            rest += some
        assert await take(slow, 250) == rest
        # It has caught up, and goes on with the others.
        (last,) = await tell(runtime, people.patient_id)
        assert await take(slow, 1) == await take(quick, 1) == [last]


async def test_who_comes_back_has_what_was_missed_and_what_happens_meanwhile_once(
    runtime: Runtime, people: People, hub: EventHub
) -> None:
    patient, topic = people.actors[Role.PATIENT], Topic(people.patient_id)
    before = await tell(runtime, people.patient_id, 250)
    async with aclosing(hub.follow(patient, topic, START)) as feed:
        telling = asyncio.create_task(tell(runtime, people.patient_id, 250))
        taken = await take(feed, 500)
        assert taken == before + await telling
    async with aclosing(hub.follow(patient, topic, None)) as feed:
        waiting = asyncio.ensure_future(anext(feed))
        while not waiting.done():
            await tell(runtime, people.patient_id)
            await asyncio.sleep(0.01)
        # Without a cursor it began at its own beginning, so none of the first is among them.
        assert not {event.subject_id for event in waiting.result().events} & set(taken)


async def test_each_event_is_audited_for_each_who_is_told(runtime: Runtime, people: People, hub: EventHub) -> None:
    topic = Topic(people.patient_id)
    actors = [people.actors[role] for role in (Role.PATIENT, Role.CLINICIAN)]
    feeds = [hub.follow(actor, topic, START) for actor in actors]
    try:
        await tell(runtime, people.patient_id)
        for feed in feeds:
            await take(feed, 1)
        told = await tell(runtime, people.patient_id, 3)
        for feed in feeds:
            assert await take(feed, 3) == told
        rows = await runtime.pool.fetch(
            "SELECT actor_id, role, subject_id FROM audit_entry WHERE action = 'patientFeed' AND patient_id = $1"
            " AND subject_id = ANY($2)",
            people.patient_id,
            told,
        )
    finally:
        for feed in feeds:
            await feed.aclose()
    assert sorted(tuple(row) for row in rows) == sorted(
        (actor.account_id, actor.role.value, subject) for actor in actors for subject in told
    )


@pytest.mark.parametrize(
    "ending",
    ["UPDATE care_relation SET ends_at = now() - interval '1 s'", "UPDATE account SET ended_at = now()"],
    ids=["the care relation", "the account"],
)
async def test_what_ends_without_an_event_ends_the_feed_within_a_second(
    runtime: Runtime, people: People, hub: EventHub, ending: str
) -> None:
    clinician = people.actors[Role.CLINICIAN]
    await runtime.pool.execute("UPDATE care_relation SET starts_at = now() - interval '1 h'")
    async with aclosing(hub.follow(clinician, Topic(people.patient_id), START)) as feed:
        await tell(runtime, people.patient_id)
        await take(feed, 1)
        await runtime.pool.execute(ending)
        with pytest.raises(NotFound):
            async with asyncio.timeout(1.5):
                await anext(feed)


async def test_the_alerts_of_an_ended_account_end(runtime: Runtime, people: People, hub: EventHub) -> None:
    async with aclosing(hub.follow(people.actors[Role.COORDINATOR], Topic(), None)) as feed:
        waiting = asyncio.ensure_future(anext(feed))
        await runtime.pool.execute("UPDATE account SET ended_at = now()")
        with pytest.raises(Forbidden):
            await waiting


async def test_an_event_that_comes_with_the_end_of_care_is_not_told(
    runtime: Runtime, people: People, hub: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the check of the event itself is left.
    monkeypatch.setattr(event_hub, "CHECK_SECONDS", 3600)
    await runtime.pool.execute("UPDATE care_relation SET starts_at = now() - interval '1 h'")
    async with aclosing(hub.follow(people.actors[Role.CLINICIAN], Topic(people.patient_id), START)) as feed:
        await tell(runtime, people.patient_id)
        await take(feed, 1)
        async with runtime.pool.acquire() as connection, connection.transaction():
            await connection.execute("UPDATE care_relation SET ends_at = now() - interval '1 s'")
            await connection.execute(
                "INSERT INTO event (at, kind, patient_id, subject_id) VALUES (now(), 'STRIP_RECEIVED', $1, $2)",
                people.patient_id,
                new_id(),
            )
        with pytest.raises(NotFound):
            await anext(feed)


async def test_an_account_may_follow_only_so_much(
    runtime: Runtime, people: People, hub: EventHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "FEEDS_OF_ACCOUNT", 1)
    patient, topic = people.actors[Role.PATIENT], Topic(people.patient_id)
    async with (
        aclosing(hub.follow(patient, topic, START)) as feed,
        aclosing(hub.follow(patient, topic, START)) as second,
    ):
        await tell(runtime, people.patient_id)
        await take(feed, 1)
        with pytest.raises(RateLimited):
            await anext(second)
    async with aclosing(hub.follow(patient, topic, START)) as feed:
        await take(feed, 1)
