"""`python -m dev.conformance`: the 61 audits of the npm package graphql-http against the real web process."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from adapters.runtime import open_runtime
from adapters.settings import read_settings
from dev.personas import persona
from dev.seed import seed
from dev.services import free_port
from dev.system import ROOT, System
from dev.up import node_environment

AUDITS = ROOT / "web" / "conformance"


async def _people(system: System) -> None:
    async with open_runtime(read_settings(system.environment)) as runtime:
        await runtime.store.prepare()
        await seed(runtime, system.issuer.url, lambda _done, _total: None)


def main() -> int:
    """Run the audits; the exit code is theirs."""
    installed = subprocess.run(
        [sys.executable, "-m", "dev.npm", "ci", "--no-audit", "--no-fund", "--silent"],
        cwd=AUDITS,
        env=node_environment(),
        check=False,
    )
    if installed.returncode != 0:
        return installed.returncode
    with tempfile.TemporaryDirectory() as folder:
        system = System.start(Path(folder) / "system", free_port(), fast=True)
        try:
            asyncio.run(_people(system))
            system.start_processes()
            environment = node_environment() | {"CUORE_TOKEN": system.issuer.mint(persona("clinician"))}
            return subprocess.run(
                ["node", "audit.mjs", f"{system.url}/graphql"], cwd=AUDITS, env=environment, check=False
            ).returncode
        finally:
            system.stop()


if __name__ == "__main__":
    sys.exit(main())
