"""The socket alone, over a toy schema: what the protocol asks, what is refused, what a slow or rude reader can do."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from api.feeds import FeedLimits
from tests.api.sockets import phone, served, until
from tests.api.toy import TOKEN, calls, make_feeds

INIT = {"type": "connection_init", "payload": {"Authorization": f"Bearer {TOKEN}"}}
SILENCE = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { silence }"}}
DEEP = "subscription { count(to: 1) " + " ".join(f"x{n}: count(to: 1)" for n in range(16)) + " }"
RUDE: dict[str, tuple[list[Any], int]] = {
    "no token": ([{"type": "connection_init"}], 4401),
    "another token": ([{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}], 4401),
    "another scheme": ([{"type": "connection_init", "payload": {"Authorization": f"Basic {TOKEN}"}}], 4401),
    "a payload that is no object": ([{"type": "connection_init", "payload": [1]}], 4400),
    "subscribe before init": ([SILENCE], 4401),
    "init twice": ([INIT, INIT], 4429),
    "the same id twice": ([INIT, SILENCE, SILENCE], 4409),
    "no id": ([INIT, {"type": "subscribe", "payload": {}}], 4400),
    "an id without end": ([INIT, SILENCE | {"id": "x" * 101}], 4400),
    "no JSON": (["{"], 4400),
    "NaN": (['{"type": NaN}'], 4400),
    "JSON without end": (["[" * 1000], 4400),
    "a list": (["[]"], 4400),
    "no type": (["{}"], 4400),
    "bytes": ([b"{}"], 4400),
    "a flood": ([INIT, *[{"type": "ping"}] * 30], 1008),
    "a flood before anybody signed in": ([{"type": "ping"}] * 31, 1008),
    "an unknown type": ([INIT, {"type": "start"}], 4400),
}


@pytest.mark.parametrize("name", RUDE)
async def test_a_rude_client_is_shown_out_with_the_protocols_code(name: str) -> None:
    calls.names.clear()
    messages, code = RUDE[name]
    async with served(make_feeds()) as address, phone(address) as rude:
        for message in messages:
            if isinstance(message, dict):
                await rude.send(**message)
            else:
                await rude.socket.send(message)
        assert (await rude.closed())[0] == code
    assert calls.names.count("silence") == calls.names.count("silence ended")


async def test_another_protocol_is_refused_at_the_handshake() -> None:
    async with served(make_feeds()) as address:
        with pytest.raises(InvalidStatus):
            async with phone(address, protocol="graphql-ws"):
                pass


async def test_who_never_signs_in_is_shown_out() -> None:
    async with served(make_feeds(limits=FeedLimits(init_seconds=0.1))) as address, phone(address) as silent:
        assert await silent.closed() == (4408, "Connection initialisation timeout")


async def test_a_feed_of_three_then_its_end_while_pings_are_answered() -> None:
    async with served(make_feeds()) as address, phone(address) as one:
        await one.send(type="ping")
        assert await one.receive() == {"type": "pong"}
        await one.sign_in(TOKEN)
        await one.subscribe("a", "subscription Count($to: Int!) { count(to: $to) }", to=3)
        assert [await one.receive() for _ in range(4)] == [
            *({"type": "next", "id": "a", "payload": {"data": {"count": number}}} for number in range(3)),
            {"type": "complete", "id": "a"},
        ]
        # An id is free again once its operation has ended.
        await one.subscribe("a", "subscription { count(to: 0) }")
        assert await one.receive() == {"type": "complete", "id": "a"}
        await one.send(type="ping")
        assert await one.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": DEEP}, "QUERY_TOO_COMPLEX"),
        ({"query": "subscription {"}, "BAD_USER_INPUT"),
        ({"query": "subscription { nope }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { count }"}, "BAD_USER_INPUT"),
        ({"query": "subscription C($to: Int!) { count(to: $to) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription A { silence } subscription B { silence }"}, "BAD_USER_INPUT"),
        ({"query": "{ person { name } }"}, "BAD_USER_INPUT"),
        ({"query": 'mutation { rename(name: "x") }'}, "BAD_USER_INPUT"),
        ({"variables": {}}, "BAD_USER_INPUT"),
        (None, "BAD_USER_INPUT"),
        ([], "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_is_refused_runs_nothing_and_leaves_the_socket(payload: Any, code: str) -> None:
    calls.names.clear()
    async with served(make_feeds()) as address, phone(address) as one:
        await one.sign_in(TOKEN)
        await one.send(type="subscribe", id="1", payload=payload)
        assert (await one.refusal("1"))[0] == code
        assert calls.names == []
        await one.subscribe("1", "subscription { count(to: 0) }")
        assert await one.receive() == {"type": "complete", "id": "1"}


async def test_one_operation_more_than_allowed_is_refused_until_one_ends() -> None:
    calls.names.clear()
    async with served(make_feeds(limits=FeedLimits(operations=2))) as address, phone(address) as one:
        await one.sign_in(TOKEN)
        for this in ("1", "2", "3"):
            await one.send(**SILENCE | {"id": this})
        assert (await one.refusal("3"))[0] == "RATE_LIMITED"
        await one.send(type="complete", id="1")
        await one.subscribe("3", "subscription { count(to: 0) }")
        assert await one.receive() == {"type": "complete", "id": "3"}
    await all_ended()
    assert sorted(calls.names) == ["count", "silence", "silence", "silence ended", "silence ended"]


async def all_ended() -> None:
    """Wait until no feed of silence runs any more."""
    await until(lambda: calls.names.count("silence") == calls.names.count("silence ended"))


async def test_the_socket_ends_with_its_token_so_that_the_client_comes_back_with_another() -> None:
    calls.names.clear()
    async with served(make_feeds(seconds_left=0.2)) as address, phone(address) as one:
        await one.sign_in(TOKEN)
        await one.send(**SILENCE)
        assert await one.closed() == (4403, "The token has expired.")
    assert calls.names == ["silence", "silence ended"]


async def test_a_phone_that_is_gone_leaves_no_feed_behind() -> None:
    calls.names.clear()
    async with served(make_feeds()) as address:
        async with phone(address) as gone:
            await gone.sign_in(TOKEN)
            await gone.send(**SILENCE)
            await until(lambda: calls.names == ["silence"])
            gone.socket.transport.abort()
        await all_ended()


async def test_a_slow_reader_is_cut_off_and_hurts_nobody() -> None:
    async with (
        served(make_feeds(limits=FeedLimits(send_seconds=0.3, messages_a_second=100_000))) as address,
        phone(address, max_queue=1, compression=None) as slow,
        phone(address) as other,
    ):
        await slow.sign_in(TOKEN)
        await slow.subscribe("1", "subscription { flood }")
        await other.sign_in(TOKEN)
        started = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < started + 1:
            await other.subscribe("1", "subscription { count(to: 1) }")
            assert [(await other.receive())["type"] for _ in range(2)] == ["next", "complete"]
        # What was sent before is still to be read; behind it stands the end.
        assert (await slow.closed())[0] in {1006, 1013}
