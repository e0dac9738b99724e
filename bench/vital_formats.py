"""`python -m bench.vital_formats [MEGABYTES]`: how fast files of readings are read, beside the plainest reader.

Each format reads its example repeated to so many megabytes; the plain reader beside it (iterparse, json, csv) only
parses the same bytes and makes no readings. Prints megabytes and readings a second, and the ratio of the times.
"""

import csv
import io
import json
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.vital_formats import HEAD_BYTES, recognise
from adapters.vital_formats.format import Found

EXAMPLES = Path(__file__).parent.parent / "tests" / "examples" / "vitals"
ROME = ZoneInfo("Europe/Rome")
ROUNDS = 3


def plain_xml(data: bytes) -> None:
    """Every element, forgotten at its end."""
    for _, element in ET.iterparse(io.BytesIO(data)):  # noqa: S314 - as above
        element.clear()


def plain_json(data: bytes) -> None:
    """The whole document at once."""
    json.loads(data)


def plain_csv(data: bytes) -> None:
    """Every row."""
    for _ in csv.reader(io.StringIO(data.decode(), newline="")):
        pass


# The example, what is repeated of it, what stands between, how it ends, and the plain reader.
FILES: tuple[tuple[str, bytes, bytes, bytes, Callable[[bytes], None]], ...] = (
    ("apple_health.xml", b" <Record", b"", b"</HealthData>", plain_xml),
    ("health_connect.json", b'    {\n      "recordType"', b",", b"  ]\n}", plain_json),
    ("withings.json", b'      {\n        "grpid"', b",", b"    ]\n  }\n}", plain_json),
    ("bundle.json", b'    {"fullUrl"', b",", b"  ]\n}", plain_json),
    ("gateway.json", b"  {", b",", b"]", plain_json),
    ("omron.csv", b"Jan 31", b"", b"", plain_csv),
    ("table.csv", b"2026", b"", b"", plain_csv),
)


def repeated(name: str, begin: bytes, between: bytes, end: bytes, size: int) -> bytes:
    """The example with its records again and again, until it has about `size` bytes."""
    data = (EXAMPLES / name).read_bytes()
    first = data.index(begin)
    last = data.rindex(end) if end else len(data)
    body = data[first:last].rstrip()
    times = max(size // (len(body) + 2), 1)
    return data[:first] + (between + b"\n").join([body] * times) + b"\n" + data[last:]


def count(data: bytes) -> int:
    """How many readings our reader finds."""
    found = recognise(data[:HEAD_BYTES])
    assert found is not None
    return sum(isinstance(one, Found) for one in found.read(io.BytesIO(data), ROME))


def seconds(work: Callable[[bytes], object], data: bytes) -> float:
    """CPU seconds of the fastest of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work(data)
        taken.append(time.process_time() - begin)
    return min(taken)


def main(megabytes: float) -> None:
    """Measure every format and print a line of each."""
    for name, begin, between, end, plain in FILES:
        data = repeated(name, begin, between, end, int(megabytes * 2**20))
        size, ours, theirs = len(data) / 2**20, seconds(count, data), seconds(plain, data)
        print(
            f"{name:20} {size / ours:6.1f} MB/s {count(data) / ours:8.0f} readings/s"
            f"   plain {size / theirs:6.1f} MB/s   ratio {ours / theirs:5.2f}"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4)
