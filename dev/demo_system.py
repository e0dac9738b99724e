"""The whole system with the demo clinic, for tests and tools: `with demo_system(folder) as system`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from adapters.runtime import open_runtime
from adapters.settings import read_settings
from dev.seed import seed
from dev.services import free_port
from dev.system import System


@contextmanager
def demo_system(folder: Path) -> Iterator[System]:
    """A running system on a free port, seeded; it ends with the block."""
    system = System.start(folder, free_port(), fast=True)
    try:
        system.environment["DEMO_PATIENT_ID"] = str(asyncio.run(_demo_patient(system)))
        system.start_processes()
        yield system
    finally:
        system.stop()


async def _demo_patient(system: System) -> UUID:
    async with open_runtime(read_settings(system.environment)) as runtime:
        await runtime.store.prepare()
        return await seed(runtime, system.issuer.url, lambda _done, _total: None)
