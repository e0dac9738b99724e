"""Hears through Valkey that there are new events; what it misses is made up by whoever looks now and then."""

import asyncio
from collections.abc import Callable

from redis.exceptions import RedisError

from adapters.queue import EVENTS_CHANNEL, open_queue_client

AGAIN_SECONDS = 0.5
# Without any word for so long it asks whether the other side still lives, and after as long again it starts anew.
SILENCE_SECONDS = 5.0


async def listen(valkey_url: str, ring: Callable[[], None]) -> None:
    """Ring at each announcement, and whenever some may have been missed, until it is cancelled."""
    while True:
        try:
            await _listen_once(valkey_url, ring)
        except (RedisError, OSError):
            await asyncio.sleep(AGAIN_SECONDS)


async def _listen_once(valkey_url: str, ring: Callable[[], None]) -> None:
    client = open_queue_client(valkey_url)
    try:
        async with client.pubsub() as channel:
            await channel.subscribe(EVENTS_CHANNEL)
            is_asked = False
            while True:
                message = await channel.get_message(timeout=SILENCE_SECONDS)
                if message is not None:
                    is_asked = False
                    if message["type"] != "pong":
                        ring()
                elif is_asked:
                    return
                else:
                    await channel.ping()
                    is_asked = True
    finally:
        await client.aclose(close_connection_pool=True)
