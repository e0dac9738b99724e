"""A heart as it beats: what is told in time, that it ends as a file does, and who is shown out with which code."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from adapters.runtime import Runtime
from adapters.strip_formats import decode_strip
from api.messages import asyncapi, ecg, ecg_live
from api.messages.ecg_live import LiveDoor, LiveLimits
from dev.system import ROOT
from domain.kinds import Role
from tests.api.messages.sending import Door
from tests.api.messages.test_ecg import post
from tests.api.messages.test_openapi import mismatches
from tests.api.signing import token, token_of, verifier
from tests.api.sockets import Phone, served
from tests.people import People
from tests.schema.test_strip_results import kardia
from tests.schema.test_strip_to_picture import heartbeat

RATE_HERTZ = 300
START = {"type": "start", "sampleRateHertz": RATE_HERTZ, "unit": "uV"}


@asynccontextmanager
async def live(runtime: Runtime, limits: LiveLimits | None = None) -> AsyncIterator[str]:
    """The address of the socket, of a real server."""
    app = Starlette(routes=[WebSocketRoute("/graphql", LiveDoor(limits))])

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"runtime": runtime, "verifier": verifier()}}, receive, send)

    async with served(with_state) as opened:
        yield opened
    # Whatever happened: no socket keeps a connection.
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()


async def told(device: Phone, kind: str | None = None) -> Any:
    """The next message, which is as the page tells."""
    message = await device.receive()
    assert list(mismatches(message, asyncapi.ANSWERED[message["type"]])) == []
    assert kind in (None, message["type"])
    return message


async def say(device: Phone, **message: Any) -> None:
    assert list(mismatches(message, asyncapi.SENT[message["type"]])) == []
    await device.send(**message)


async def play(
    device: Phone, bearer: str, values: Sequence[float], piece: int, *, reads_each: bool = False
) -> tuple[list[Any], Any]:
    """The updates and the result of a recording that is sent in pieces, as fast as they go or as they are told of."""
    await say(device, type="connection_init", payload={"Authorization": f"Bearer {bearer}"})
    await told(device, "connection_ack")
    await say(device, **START)
    updates = []
    for first in range(0, len(values), piece):
        await say(device, type="samples", values=values[first : first + piece])
        if reads_each:
            updates.append(await told(device, "update"))
    await say(device, type="end")
    while (message := await told(device))["type"] == "update":
        updates.append(message)
    assert (await device.closed())[0] == 1000
    return updates, message


@pytest.mark.parametrize("piece", [300, 3001])
async def test_a_recording_that_comes_in_pieces_ends_as_its_file_does(door: Door, piece: int) -> None:
    data = kardia("A")
    (samples,) = decode_strip(data).leads.values()
    by_file = (await post(door, data, door.token(Role.PATIENT))).json()
    _, secret = await door.device_token()
    before = await door.looked()
    async with live(door.runtime) as address, connect(address) as socket:
        updates, result = await play(Phone(socket), secret, samples.tolist(), piece, reads_each=True)
    assert {name: result[name] for name in by_file if name not in ("format", "leads")} == {
        name: by_file[name] for name in by_file if name not in ("format", "leads")
    }
    assert len(updates) == -(-len(samples) // piece)
    assert updates[-1]["rhythm"]["label"] == "FIBRILLATION_SUSPECTED"
    # Beats are told once, in order, and are those of the whole recording.
    beats = [second for one in updates for second in one["beats"]["seconds"]]
    assert beats == sorted(set(beats))
    whole = np.array(result["beats"]["seconds"])
    far = [second for second in beats if np.abs(whole - second).min() > 0.05]
    assert len(far) <= 1
    after = await door.looked()
    assert len(after.pop("audit_entry")) == len(before.pop("audit_entry")) + 1
    assert after == before


async def test_an_update_comes_within_a_second_of_its_samples(runtime: Runtime, people: People) -> None:
    beats = heartbeat(6)
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        # A process that has loaded what the analysis needs.
        await play(device, token(runtime, Role.PATIENT), beats, 1800)
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        await say(device, type="connection_init", payload={"Authorization": f"Bearer {token(runtime, Role.CLINICIAN)}"})
        await told(device, "connection_ack")
        await say(device, **START)
        await say(device, type="samples", values=beats)
        loop = asyncio.get_running_loop()
        sent = loop.time()
        update = await told(device, "update")
        assert loop.time() - sent < 1.0
        assert (update["seconds"], update["heartRate"]["mean"]) == (6.0, 75.0)
        await say(device, type="ping")
        await told(device, "pong")


async def test_whoever_sends_far_faster_than_life_is_told_less_often_and_the_same(
    runtime: Runtime, people: People
) -> None:
    values = heartbeat(300)
    async with live(runtime) as address, connect(address) as socket:
        updates, result = await play(Phone(socket), token(runtime, Role.PATIENT), values, 6000)
    assert (result["durationSeconds"], result["heartRate"]["mean"]) == (300.0, 75.0)
    assert len(updates) < 300 / ecg_live.EVERY_SECONDS


RUDE: dict[str, tuple[list[Any], int]] = {
    "start before anybody signed in": ([START], 4401),
    "no token": ([{"type": "connection_init"}], 4401),
    "a wrong token": ([{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}], 4401),
    "samples before start": (["init", {"type": "samples", "values": [1]}], 4400),
    "a rate that is none": (["init", START | {"sampleRateHertz": True}], 4400),
    "a rate out of range": (["init", START | {"sampleRateHertz": 20}], 4400),
    "an unknown unit": (["init", START | {"unit": "mmHg"}], 4400),
    "texts as samples": (["init", START, {"type": "samples", "values": ["1"]}], 4400),
    "no samples": (["init", START, {"type": "samples", "values": []}], 4400),
    "an end without samples": (["init", START, {"type": "end"}], 4400),
    "less than a second": (["init", START, {"type": "samples", "values": [1] * 20}, {"type": "end"}], 4400),
    "a voltage that no heart has": (["init", START, {"type": "samples", "values": [1e9] * 400}], 4400),
    "an infinite voltage": (["init", START | {"unit": "V"}, {"type": "samples", "values": [1e307] * 400}], 4400),
    "an unknown message": (["init", START, {"type": "stop"}], 4400),
    "bytes": (["init", b"{}"], 4400),
    "no JSON": (["init", "{"], 4400),
    "a flood": (["init", START, *[{"type": "ping"}] * 100], 1008),
}


@pytest.mark.parametrize("name", RUDE)
async def test_a_rude_client_is_shown_out_with_a_code(runtime: Runtime, people: People, name: str) -> None:
    messages, code = RUDE[name]
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        for message in messages:
            if message == "init":
                await device.sign_in(token(runtime, Role.PATIENT))
            elif isinstance(message, dict):
                await socket.send(orjson.dumps(message).decode())
            else:
                await socket.send(message)
        assert (await device.closed())[0] == code


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN])
async def test_roles_that_see_no_health_values_are_shown_out(runtime: Runtime, people: People, role: Role) -> None:
    async with live(runtime) as address, connect(address) as socket:
        await socket.send(
            orjson.dumps(
                {"type": "connection_init", "payload": {"Authorization": f"Bearer {token(runtime, role)}"}}
            ).decode()
        )
        assert await Phone(socket).closed() == (4401, "Your role may not have strips analysed.")


async def test_the_socket_ends_with_its_token(runtime: Runtime, people: People) -> None:
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        await device.sign_in(token_of(runtime, "test-patient", lifetime_seconds=2))
        await say(device, **START)
        assert (await device.closed())[0] == 4403


@pytest.mark.parametrize(
    ("limits", "roles"),
    [(LiveLimits(init_seconds=0.1), []), (LiveLimits(idle_seconds=0.1), [Role.PATIENT])],
    ids=["nobody", "a patient"],
)
async def test_who_says_nothing_is_shown_out(
    runtime: Runtime, people: People, limits: LiveLimits, roles: list[Role]
) -> None:
    async with live(runtime, limits) as address, connect(address) as socket:
        device = Phone(socket)
        for role in roles:
            await device.sign_in(token(runtime, role))
        assert (await device.closed())[0] == 4408


async def test_more_than_ten_minutes_are_too_much(runtime: Runtime, people: People) -> None:
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        await device.sign_in(token(runtime, Role.PATIENT))
        await say(device, type="start", sampleRateHertz=50, unit="uV")
        for _ in range(4):
            await say(device, type="samples", values=[1] * 7501)
        assert (await device.closed())[0] == 1009


async def test_where_many_wait_the_socket_goes_on_with_fewer_updates(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecg, "MOST_WAITING", -ecg.TURNS.total_tokens)
    beats = heartbeat(6)
    async with live(runtime) as address, connect(address) as socket:
        device = Phone(socket)
        await device.sign_in(token(runtime, Role.PATIENT))
        await say(device, **START)
        await say(device, type="samples", values=beats)
        await say(device, type="ping")
        await told(device, "pong")
        monkeypatch.undo()
        await say(device, type="samples", values=beats)
        assert (await told(device, "update"))["seconds"] == 12.0


async def test_anybody_may_read_the_page(door: Door) -> None:
    answer = await door.client.get("/v1/asyncapi.json")
    assert (answer.status_code, answer.json()) == (200, orjson.loads(orjson.dumps(asyncapi.DESCRIPTION)))
    assert answer.json()["asyncapi"] == "3.0.0"
    assert answer.json()["channels"]["live"]["address"] == ecg_live.PATH


def test_the_page_of_limits_tells_those_of_a_live_strip() -> None:
    page = (ROOT / "docs" / "limits.md").read_text().partition("# Limits of a live strip")[2].partition("\n# ")[0]
    told = [int(figure) for figure in re.findall(r"^\| .+? \| (\d+)", page, re.MULTILINE)]
    limits = LiveLimits()
    assert told == [
        limits.init_seconds,
        limits.idle_seconds,
        limits.send_seconds,
        limits.messages_a_second,
        limits.session_seconds,
    ]


async def test_who_goes_away_under_way_costs_nobody_a_process(runtime: Runtime, people: People) -> None:
    """A cancelled analysis killed its process, and the next one waited seconds for another to load."""
    beats = heartbeat(60)
    async with live(runtime) as address:
        for _ in range(3):
            async with connect(address) as socket:
                device = Phone(socket)
                await device.sign_in(token(runtime, Role.PATIENT))
                await say(device, **START)
                await say(device, type="samples", values=beats)
        async with asyncio.timeout(20):
            while ecg._running:
                await asyncio.wait(ecg._running)
        async with connect(address) as socket:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await play(Phone(socket), token(runtime, Role.PATIENT), beats[:1800], 1800)
            assert loop.time() - began < 3
