"""A store that is away, whichever way, is weather; a store that refuses is not."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from minio.error import S3Error

from adapters.object_store import AWAY, S3ObjectStore
from adapters.runtime import Runtime
from domain.errors import Unavailable


def at(endpoint: str, runtime: Runtime, *, secret_key: str | None = None) -> S3ObjectStore:
    settings = runtime.settings
    return S3ObjectStore(endpoint, settings.s3_access_key, secret_key or settings.s3_secret_key, settings.s3_bucket)


OVERLOADED = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
PROXY_ALONE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>"


@pytest.mark.parametrize("answer", [OVERLOADED, PROXY_ALONE, b""], ids=["overloaded", "proxy alone", "cut off"])
async def test_a_store_that_cannot_answer_now_is_away(opened: Runtime, answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    store = at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", opened)
    with pytest.raises(Unavailable, match=AWAY):
        await store.get("strips/any", 10)
    store.close()
    server.close()


async def test_a_store_that_refuses_is_no_weather(opened: Runtime) -> None:
    store = at(opened.settings.s3_endpoint, opened, secret_key="wrong")
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        await store.get("strips/any", 10)
    store.close()


async def test_what_the_port_promises(opened: Runtime) -> None:
    store, prefix = opened.store, f"contract/{uuid4()}/"
    source, target, missing = (prefix + name for name in ("source", "target", "missing"))
    await store.put(source, b"0123456789", "text/plain")
    assert await store.get(source, 100) == b"0123456789"
    # One byte more than the limit tells that there are more.
    assert await store.get(source, 4) == b"01234"
    assert await store.size(source) == 10
    assert await store.copy(source, target)
    await store.put(source, b"changed", "text/plain")
    assert await store.get(target, 100) == b"0123456789"
    assert [await store.get(missing, 1), await store.size(missing), await store.copy(missing, target)] == [
        None,
        None,
        False,
    ]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert sorted(await store.written_before(prefix, later, 10)) == [source, target]
    assert len(await store.written_before(prefix, later, 1)) == 1
    assert await store.written_before(prefix, later - timedelta(hours=1), 10) == []
    await store.delete(source)
    await store.delete(missing)
    assert list(await store.written_before(prefix, later, 10)) == [target]


async def test_a_link_lets_in_what_it_is_for_and_nothing_else(opened: Runtime) -> None:
    key = f"contract/{uuid4()}"
    async with httpx.AsyncClient() as stranger:
        put = opened.store.upload_url(key, timedelta(minutes=1))
        assert (await stranger.put(put, content=b"bytes")).status_code == 200
        get = opened.store.download_url(key, timedelta(minutes=1))
        assert (await stranger.get(get)).content == b"bytes"
        expired = opened.store.download_url(key, timedelta(seconds=1))
        refused = [
            await stranger.get(put),
            await stranger.put(get, content=b"others"),
            await stranger.get(get.replace(key, "contract/another")),
            await stranger.get(get.partition("?")[0]),
        ]
        assert [answer.status_code for answer in refused] == [403] * 4
        await asyncio.sleep(1.5)  # S3 counts whole seconds
        assert (await stranger.get(expired)).status_code == 403
    assert await opened.store.get(key, 100) == b"bytes"
