"""A store that is away, whichever way, is weather; a store that refuses is not."""

import asyncio

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
