"""The whole system with the demo clinic, for tests and tools: `with demo_system(folder) as system`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.services import free_port
from dev.system import ROOT, System


@contextmanager
def demo_system(folder: Path) -> Iterator[System]:
    """A running system on a free port, seeded; it ends with the block."""
    system = System.start(folder, free_port(), fast=True)
    try:
        system.environment["DEMO_PATIENT_ID"] = _seed(system)
        system.start_processes()
        yield system
    finally:
        system.stop()


def _seed(system: System) -> str:
    # In a process of its own: Tortoise's one global state may belong to whoever asks.
    command = [sys.executable, "-m", "dev.seed", system.issuer.url]
    environment = os.environ | system.environment
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
