"""Where the shared real recordings lie; tests that need one skip, and say so, where they are absent."""

import os
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # The reference package meets deprecations of pandas while it is imported; ours stay errors.
    warnings.simplefilter("ignore")
    import wfdb

__all__ = ["recording", "wfdb"]


def recording(*parts: str) -> Path:
    """The path of a shared recording, a file or a folder: `recording("ecg", "mitdb")`."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    path = Path(os.environ.get("CUORE_RECORDINGS") or beside).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recording {'/'.join(parts)}: set CUORE_RECORDINGS to the folder of recordings")
    return path
