"""The explorer's page, built with the Node of the environment."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.npm import node_environment
from dev.supervisor import run_to_end
from dev.system import ROOT

EXPLORER = ROOT / "web" / "explorer"


def is_built() -> bool:
    """Whether the page is there and newer than its sources."""
    page = EXPLORER / "dist" / "index.html"
    return page.exists() and page.stat().st_mtime >= max(path.stat().st_mtime for path in _sources())


def build(log: Path) -> bool:
    """Install what the page needs and build it; `log` has the reason where that fails."""
    return all(
        run_to_end([sys.executable, "-m", "dev.npm", *words], folder=EXPLORER, environment=node_environment(), log=log)
        for words in (("ci", "--no-audit", "--no-fund"), ("run", "build"))
    )


def _sources() -> Iterator[Path]:
    for parent, folders, names in os.walk(EXPLORER):
        # Changing the list keeps `os.walk` out of those folders.
        folders[:] = [each for each in folders if each not in {"node_modules", "dist"}]
        yield from (Path(parent) / name for name in names)
