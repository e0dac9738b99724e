"""Real receivers on loopback."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.channels.outgoing import Outgoing
from dev.receiver import Receiver
from dev.services import free_port
from domain.kinds import ReminderKind
from domain.notices import Notice


@pytest.fixture(scope="session")
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver(free_port())
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def receiver(running_receiver: Receiver) -> Receiver:
    running_receiver.taken.clear()
    running_receiver.answers.clear()
    return running_receiver


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    """As in development: loopback is reached, and without TLS."""
    found = Outgoing(reaches_private=True, is_plain_allowed=True)
    yield found
    await found.close()


@pytest.fixture
def notice() -> Notice:
    soon = datetime.now(UTC) + timedelta(hours=1)
    return Notice(
        uuid4(), ReminderKind.MEDICATION, "Ihr Plan", "Um 08:00 Uhr: Grüße.", "de", is_urgent=False, expires_at=soon
    )
