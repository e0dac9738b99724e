"""One centre for all journeys; each test has people of its own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from dev.services import free_port
from dev.system import System
from tests.journeys.centre import Centre, People


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Services, issuer, web and worker as real processes."""
    started = System.start(tmp_path_factory.mktemp("centre"), free_port(), fast=True, kind="test")
    try:
        started.start_processes()
        yield started
    finally:
        started.stop()


@pytest.fixture
async def centre(system: System) -> AsyncIterator[Centre]:
    """The centre with everything alive; a connection is never kept, as its other end may be killed."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=30) as client:
        made = Centre(system, client)
        yield made
        made.mend()


@pytest.fixture
async def people(centre: Centre) -> People:
    """A clinic with a patient in care, an account of every role, and a stranger."""
    return await centre.settle()
