"""The order in which events are told, and who is admitted to them."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from adapters.runtime import Runtime
from domain import feeds, patients
from domain.feeds import Topic
from domain.kinds import EventKind, Role
from domain.unit_of_work import new_id
from tests.people import People

TELL = "INSERT INTO event (at, kind, patient_id, subject_id) VALUES (now(), $1, $2, $3)"


async def tell(connection: asyncpg.Connection, patient_id: UUID, kind: EventKind = EventKind.STRIP_RECEIVED) -> UUID:
    """An event in the connection's transaction; the id of its subject."""
    subject_id = new_id()
    await connection.execute(TELL, kind, patient_id, subject_id)
    return subject_id


async def test_what_commits_late_is_waited_for_and_told_first(runtime: Runtime, people: People) -> None:
    async with runtime.pool.acquire() as reader, runtime.pool.acquire() as slow, runtime.pool.acquire() as quick:
        begin = await feeds.end(reader)
        late = slow.transaction()
        await late.start()
        first = await tell(slow, people.patient_id)
        second = await tell(quick, people.patient_id)
        # The second is committed, but the first may still get behind it.
        assert await feeds.settled(reader, begin) == ([], True)
        await late.commit()
        told, is_held_back = await feeds.settled(reader, begin)
        assert ([event.subject_id for event in told], is_held_back) == ([first, second], False)
        assert await feeds.settled(reader, told[0].cursor) == ([told[1]], False)
        assert await feeds.settled(reader, told[1].cursor) == ([], False)


async def test_a_transaction_that_is_rolled_back_holds_nothing_back(runtime: Runtime, people: People) -> None:
    async with runtime.pool.acquire() as reader, runtime.pool.acquire() as other:
        begin = await feeds.end(reader)
        gone = other.transaction()
        await gone.start()
        await tell(other, people.patient_id)
        kept = await tell(reader, people.patient_id)
        await gone.rollback()
        told, is_held_back = await feeds.settled(reader, begin)
        assert ([event.subject_id for event in told], is_held_back) == ([kept], False)


async def test_what_was_missed_ends_where_it_is_told_to(runtime: Runtime, people: People) -> None:
    patient = people.actors[Role.PATIENT]
    topic, at = Topic(people.patient_id), runtime.now()
    async with runtime.pool.acquire() as connection:
        begin = await feeds.end(connection)
        mine = [await tell(connection, people.patient_id) for _ in range(3)]
        await tell(connection, people.foreign_id)
        told, _ = await feeds.settled(connection, begin)
        missed = [
            await feeds.missed(connection, patient, topic, at=at, after=after, until=until)
            for after, until in ((begin, told[-1].cursor), (told[0].cursor, told[1].cursor), (begin, begin))
        ]
        assert [[event.subject_id for event in some] for some in missed] == [mine, [mine[1]], []]
        assert (
            await feeds.missed(connection, patient, Topic(people.foreign_id), at=at, after=begin, until=told[-1].cursor)
            == []
        )


async def test_who_is_admitted_is_who_sees_the_patient(runtime: Runtime, people: People) -> None:
    for moment in (timedelta(days=-1), timedelta(), timedelta(days=1)):
        at = runtime.now() + moment
        async with runtime.pool.acquire() as connection:
            await connection.execute("UPDATE care_relation SET ends_at = $1", runtime.now() + timedelta(hours=1))
            both = [people.patient_id, people.foreign_id]
            actors = people.actors.values()
            seen = {
                (actor.account_id, one)
                for actor in actors
                for one in await patients.visible_among(connection, actor, both, at)
            }
            pairs = {(actor.account_id, one) for actor in actors for one in both}
            assert await feeds.admitted(connection, at, pairs) == seen


async def test_an_ended_account_is_admitted_to_nothing(runtime: Runtime, people: People) -> None:
    accounts = {actor.account_id for actor in people.actors.values()}
    pairs = {(account, None) for account in accounts} | {(account, people.patient_id) for account in accounts}
    async with runtime.pool.acquire() as connection:
        assert {account for account, one in await feeds.admitted(connection, runtime.now(), pairs) if one is None} == (
            accounts
        )
        await connection.execute("UPDATE account SET ended_at = now()")
        assert await feeds.admitted(connection, runtime.now(), pairs) == set()
