"""Made-up laws on the clocks: files of a tz database of the test's own."""

import struct
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def _zone_file(rule: str) -> bytes:
    """A TZif file (RFC 9636) whose clocks follow one POSIX rule at all times."""
    # One type of local time, which nothing uses beside the rule.
    body = struct.pack(">lbB", 0, 0, 0) + b"UTC\0"
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    return header + body + header + body + b"\n" + rule.encode() + b"\n"


@contextmanager
def law(folder: Path, rules: Mapping[str, str]) -> Iterator[None]:
    """Let these zones follow these rules until the block ends."""
    for name, rule in rules.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_zone_file(rule))
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(folder)])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=before)
        zoneinfo.ZoneInfo.clear_cache()
