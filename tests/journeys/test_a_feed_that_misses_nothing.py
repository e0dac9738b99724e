"""A feed loses its socket, its web process and Valkey in turn, while things happen, and misses and repeats nothing."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from websockets.exceptions import WebSocketException

from dev.personas import persona
from tests.api.sockets import Phone, phone
from tests.api.test_event_streams import FEED, START, told
from tests.journeys.centre import Centre, People, wait_for

pytestmark = pytest.mark.journey

# What a follower may wait while all is well; Valkey's nudge takes some milliseconds, without it half a second.
SOON_SECONDS = 5.0


class Follower:
    """A client that comes back with the last cursor that it has seen, whatever ended its feed."""

    def __init__(self, centre: Centre, who: str, patient_id: UUID) -> None:
        self.centre = centre
        self.who = who
        self.patient_id = str(patient_id)
        self.seen: list[str] = []
        self.cursor = START
        self.connections = 0

    @property
    def token(self) -> str:
        return self.centre.system.issuer.mint(persona("patient"), sub=self.who)

    @property
    def address(self) -> str:
        return f"{self.centre.system.url.replace('http', 'ws')}/graphql"

    async def run(self) -> None:
        """Follow until it is cancelled."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException, httpx.HTTPError):
                async for event in self.events():
                    self.seen.append(event["subjectId"])
                    self.cursor = event["cursor"]
            await asyncio.sleep(0.05)

    def events(self) -> AsyncIterator[Any]:
        """What happens behind the cursor, until something ends it."""
        raise NotImplementedError

    def lose(self) -> None:
        """Lose the connection, as a phone does in a tunnel."""
        raise NotImplementedError


class BySocket(Follower):
    """Over graphql-transport-ws."""

    open: Phone | None = None

    async def events(self) -> AsyncIterator[Any]:
        async with phone(self.address) as self.open:
            await self.open.sign_in(self.token)
            await self.open.subscribe("1", FEED, patientId=self.patient_id, after=self.cursor)
            self.connections += 1
            while True:
                answer = orjson.loads(await self.open.socket.recv())
                assert answer["type"] == "next", answer
                yield answer["payload"]["data"]["patientFeed"]

    def lose(self) -> None:
        assert self.open is not None
        self.open.socket.transport.abort()


class ByEvents(Follower):
    """Over server-sent events: what is asked stays as it was, the last id says where to go on."""

    response: httpx.Response | None = None

    async def events(self) -> AsyncIterator[Any]:
        sent = {"query": FEED, "variables": {"patientId": self.patient_id, "after": START}}
        headers = {"authorization": f"Bearer {self.token}", "last-event-id": self.cursor}
        async with told(self.address, sent, **headers) as (self.response, events):
            self.connections += 1
            async for event in events:
                if event.name == "next":
                    yield event.data["data"]["patientFeed"]

    def lose(self) -> None:
        assert self.response is not None
        stream = self.response.extensions["network_stream"]
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


async def happening(centre: Centre, patient_id: UUID) -> None:
    """Things happen until it is cancelled, some in transactions that commit after later ones."""
    url = centre.system.environment["DATABASE_URL"]
    slow, quick = [await asyncpg.connect(url) for _ in range(2)]
    tell = (
        "INSERT INTO event (at, kind, patient_id, subject_id) VALUES (now(), 'READINGS_RECORDED', $1,"
        " gen_random_uuid())"
    )
    try:
        while True:
            async with slow.transaction():
                await slow.execute(tell, patient_id)
                for _ in range(3):
                    await quick.execute(tell, patient_id)
                    await asyncio.sleep(0.02)
                await slow.execute(tell, patient_id)
    finally:
        await slow.close()
        await quick.close()


async def test_a_feed_loses_its_socket_its_web_process_and_valkey_and_misses_nothing(
    centre: Centre, people: People
) -> None:
    followers = [one(centre, people["patient"], people.patient_id) for one in (BySocket, ByEvents)]
    following = [asyncio.create_task(one.run()) for one in followers]
    life = asyncio.create_task(happening(centre, people.patient_id))

    def now() -> list[tuple[int, int]]:
        return [(len(one.seen), one.connections) for one in followers]

    async def look() -> object:
        return now()

    async def goes_on(*, again: int) -> None:
        """Each follower sees something new from now on, after having connected so often in all."""
        before = now()

        async def holds() -> bool:
            assert not any(task.done() for task in (*following, life)), [*following, life]
            return all(
                seen > had and connections >= again for (seen, connections), (had, _) in zip(now(), before, strict=True)
            )

        await wait_for(holds, 20, look)

    try:
        await goes_on(again=1)
        for one in followers:
            one.lose()
        await goes_on(again=2)
        centre.kill("web")
        await asyncio.to_thread(centre.start, "web")
        await goes_on(again=3)
        centre.kill("valkey")
        await goes_on(again=3)
        await asyncio.to_thread(centre.start, "valkey")
        await goes_on(again=3)
        # Each loss of a connection was made up for once; that of Valkey cost none.
        assert [one.connections for one in followers] == [3, 3]

        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        happened = await centre.rows(
            "SELECT subject_id::text FROM event WHERE patient_id = $1 ORDER BY transaction_id, id", people.patient_id
        )
        expected = [row["subject_id"] for row in happened]

        async def all_seen() -> bool:
            return all(len(one.seen) >= len(expected) for one in followers)

        await wait_for(all_seen, SOON_SECONDS)
        assert [one.seen for one in followers] == [expected, expected]
    finally:
        for task in (life, *following):
            task.cancel()
        await asyncio.gather(life, *following, return_exceptions=True)
