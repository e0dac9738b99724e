"""`python -m dev.conformance`: the 61 audits of the npm package graphql-http against the real web process."""

import subprocess
import sys
import tempfile
from pathlib import Path

from dev.demo_system import demo_system
from dev.npm import node_environment
from dev.personas import persona
from dev.system import ROOT

AUDITS = ROOT / "web" / "conformance"


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
    with tempfile.TemporaryDirectory() as folder, demo_system(Path(folder) / "system") as system:
        environment = node_environment() | {"CUORE_TOKEN": system.issuer.mint(persona("clinician"))}
        return subprocess.run(
            ["node", "audit.mjs", f"{system.url}/graphql"], cwd=AUDITS, env=environment, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
