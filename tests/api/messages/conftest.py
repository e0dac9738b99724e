"""The routes of messages in process."""

from collections.abc import AsyncIterator

import pytest

from adapters.runtime import Runtime
from tests.api.messages.sending import Door, open_client
from tests.people import People


@pytest.fixture
async def door(runtime: Runtime, people: People) -> AsyncIterator[Door]:
    """The routes, and the people of most tests."""
    async with open_client(runtime) as client:
        yield Door(client, runtime, people)
