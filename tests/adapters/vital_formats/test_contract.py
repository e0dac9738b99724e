"""What every format keeps to, shown on an example of each: exact readings, and no bytes that crash it."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.vital_formats import FORMATS, HEAD_BYTES, recognise
from adapters.vital_formats.format import Empty, Found, NotRead, Outcome, Refused, VitalFormat

ROME = ZoneInfo("Europe/Rome")
EXAMPLES = Path(__file__).parents[2] / "examples" / "vitals"
Told = tuple[int, str, str, tuple[float, ...], str | None]


@dataclass(frozen=True)
class Example:
    """A file, the format that it is of, and all that is in it."""

    file: str
    format: str
    found: tuple[Told, ...]
    refused: tuple[tuple[int, str], ...] = ()
    not_read: tuple[str, ...] = ()
    # Whether the format has an end that can be missing; a table that is cut at a line's end is a table.
    has_end: bool = True

    @property
    def data(self) -> bytes:
        return (EXAMPLES / self.file).read_bytes()


MORNING, EVENING = "2026-01-31T06:30:00", "2026-01-31T18:30:00"
_EXAMPLES = (
    Example(
        "apple_health.xml",
        "Apple Health",
        (
            (11, "WEIGHT", "2026-01-31T06:20:00", (72.5,), None),
            (12, "WEIGHT", "2026-01-30T12:20:00", (160,), "[lb_av]"),
            (13, "HEART_RATE", "2026-01-31T07:00:00", (64,), None),
            (16, "BLOOD_PRESSURE", MORNING, (128, 82), None),
            (19, "OXYGEN_SATURATION", "2026-01-31T02:00:00", (0.97,), "1"),
            (20, "BODY_TEMPERATURE", "2026-01-31T08:00:00", (98.6,), "[degF]"),
            (22, "SLEEP_DURATION", "2026-01-31T05:20:00", (420,), None),
        ),
        ((17, "UNPAIRED"),),
        ("HKQuantityTypeIdentifierHeight",),
    ),
    Example(
        "bundle.json",
        "FHIR R4",
        (
            (0, "BLOOD_PRESSURE", MORNING, (128, 82, 64), "mm[Hg]"),
            (1, "WEIGHT", "2026-01-31T06:20:00", (160,), "[lb_av]"),
            (3, "OXYGEN_SATURATION", "2026-01-31T11:00:00", (97,), "%"),
        ),
        ((2, "NOT_VALID"),),
        ("Patient", "8302-2"),
    ),
    Example(
        "gateway.json",
        "Bluetooth gateway",
        (
            (0, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),
            (1, "BLOOD_PRESSURE", "2026-01-31T06:32:00", (17.1, 10.9), "kPa"),
            (3, "WEIGHT", "2026-01-31T06:20:00", (72.5,), None),
            (4, "OXYGEN_SATURATION", "2026-01-31T06:40:00", (97,), None),
            (4, "HEART_RATE", "2026-01-31T06:40:00", (64,), None),
        ),
        ((2, "NOT_A_NUMBER"),),
        ("2A19",),
    ),
    Example(
        "health_connect.json",
        "Health Connect",
        (
            (0, "BLOOD_PRESSURE", MORNING, (128, 82), None),
            (1, "HEART_RATE", "2026-01-31T07:00:00", (64,), None),
            (1, "HEART_RATE", "2026-01-31T07:01:00", (66,), None),
            (2, "WEIGHT", "2026-01-31T06:20:00", (160,), "[lb_av]"),
            (3, "OXYGEN_SATURATION", "2026-01-31T02:00:00", (97,), None),
            (6, "SLEEP_DURATION", "2026-01-31T05:30:00", (420,), None),
            (7, "STEPS", "2026-01-31T08:00:00", (1200,), None),
            (8, "HEART_RATE_VARIABILITY_RMSSD", "2026-01-31T02:00:00", (41.5,), None),
        ),
        ((5, "UNKNOWN_UNIT"),),
        ("HydrationRecord",),
    ),
    Example(
        "withings.json",
        "Withings",
        (
            (0, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),
            (1, "WEIGHT", "2026-01-31T06:20:00", (72.5,), None),
            (4, "OXYGEN_SATURATION", "2026-01-31T07:20:00", (97,), None),
            (5, "BODY_TEMPERATURE", "2026-01-31T07:20:00", (36.64,), None),
        ),
        ((2, "AMBIGUOUS_PERSON"), (3, "NOT_MEASURED")),
        ("type 6",),
    ),
    Example(
        "omron.csv",
        "Omron connect",
        (
            (2, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),
            (3, "BLOOD_PRESSURE", EVENING, (131, 84, 66), None),
            (4, "BLOOD_PRESSURE", "2026-01-31T20:00:00", (129, 83, 65), None),
        ),
        # The first of February, or the second of January: nobody knows.
        ((5, "NOT_A_TIME"),),
        ("symptoms", "consumed", "truread", "notes"),
        has_end=False,
    ),
    Example(
        "omron_german.csv",
        "Omron connect",
        (
            (2, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),
            (3, "BLOOD_PRESSURE", "2026-03-01T06:30:00", (127, 81, 63), None),
            (4, "BLOOD_PRESSURE", "2026-03-03T06:30:00", (126, 80, 62), None),
        ),
        not_read=("notizen",),
        has_end=False,
    ),
    Example(
        "withings_bp.csv",
        "Withings tables",
        ((2, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),),
        ((3, "NO_VALUE"),),
        ("comments",),
        has_end=False,
    ),
    Example(
        "withings_weight.csv",
        "Withings tables",
        ((2, "WEIGHT", "2026-01-31T06:20:00", (72.5,), None),),
        not_read=("fat_mass_(kg)", "bone_mass_(kg)", "muscle_mass_(kg)", "hydration_(kg)", "comments"),
        has_end=False,
    ),
    Example(
        "table.csv",
        "table of readings",
        (
            (2, "BLOOD_PRESSURE", MORNING, (128, 82, 64), None),
            (2, "WEIGHT", MORNING, (160,), "[lb_av]"),
            (2, "OXYGEN_SATURATION", MORNING, (0.97,), "1"),
        ),
        ((3, "NO_VALUE"),),
        ("mood",),
        has_end=False,
    ),
)
each_example = pytest.mark.parametrize("example", _EXAMPLES, ids=lambda one: one.file)


def format_of(example: Example) -> VitalFormat:
    return next(one for one in FORMATS if one.name == example.format)


def outcomes(example: Example, data: bytes) -> list[Outcome]:
    return list(format_of(example).read(BytesIO(data), ROME))


def found_in(told: list[Outcome]) -> list[Found]:
    return [one for one in told if isinstance(one, Found)]


def plain(found: Found) -> Told:
    reading = found.reading
    at = reading.measured_at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return found.place, reading.kind.value, at, tuple(reading.values.values()), reading.unit


def test_every_format_has_its_example() -> None:
    assert {one.format for one in _EXAMPLES} == {one.name for one in FORMATS}
    assert {one.file for one in _EXAMPLES} == {path.name for path in EXAMPLES.iterdir()}


@each_example
def test_a_file_is_known_by_its_content_to_one_format_alone(example: Example) -> None:
    head = example.data[:HEAD_BYTES]
    assert [one.name for one in FORMATS if one.recognises(head)] == [example.format]
    assert recognise(head) is format_of(example)


@each_example
def test_an_example_gives_exactly_these_readings(example: Example) -> None:
    told = outcomes(example, example.data)
    assert tuple(plain(one) for one in found_in(told)) == example.found
    assert tuple((one.place, one.code) for one in told if isinstance(one, Refused)) == example.refused
    assert tuple(one.name for one in told if isinstance(one, NotRead)) == example.not_read


@each_example
def test_the_same_file_gives_the_same_client_ids_and_each_once(example: Example) -> None:
    first, again = ([one.reading.client_id for one in found_in(outcomes(example, example.data))] for _ in range(2))
    assert first == again
    assert len(set(first)) == len(first)


def test_the_same_reading_has_the_same_client_id_in_every_format() -> None:
    morning = {
        one.reading.client_id
        for example in _EXAMPLES
        for one in found_in(outcomes(example, example.data))
        if plain(one)[1:] == ("BLOOD_PRESSURE", MORNING, (128, 82, 64), None)
    }
    assert len(morning) == 1


@each_example
def test_a_file_that_is_cut_anywhere_ends_in_its_readings_and_a_refusal(example: Example) -> None:
    whole = {plain(one) for one in found_in(outcomes(example, example.data))}
    for part in range(20):
        told = outcomes(example, example.data[: len(example.data) * part // 20])
        found = [plain(one) for one in found_in(told)]
        # A night that was cut off, and a table's last line, may say less than the whole would have.
        assert all(one in whole or one[1] == "SLEEP_DURATION" or not example.has_end for one in found[:-1])
        if example.has_end:
            assert isinstance(told[-1], Refused)
            assert told[-1].code == "DAMAGED"


@each_example
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mangled_bytes_give_readings_and_refusals_and_nothing_else(example: Example, data: st.DataObject) -> None:
    whole = bytearray(example.data)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 6))] = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b'"', b"{", b"}", b"[", b"]", b"<", b">", b"NaN", b"1e999", b"-9" * 20])
        )
    for one in outcomes(example, bytes(whole)):
        assert isinstance(one, Found | Refused | NotRead | Empty)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def spoilt(data: st.DataObject, value: Any) -> Any:
    """The same with one part, somewhere in it, replaced by anything."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 9)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        copy = value.copy()
        copy[key] = spoilt(data, value[key])
        return copy
    return data.draw(ANYTHING)


@pytest.mark.parametrize("example", [one for one in _EXAMPLES if one.file.endswith("json")], ids=lambda one: one.file)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_in_the_place_of_another_crashes_nothing(example: Example, data: st.DataObject) -> None:
    document = spoilt(data, orjson.loads(example.data))
    for one in outcomes(example, orjson.dumps(document)):
        assert isinstance(one, Found | Refused | NotRead | Empty)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_any_format(data: bytes) -> None:
    recognise(data)
    for format_ in FORMATS:
        for one in format_.read(BytesIO(data), ROME):
            assert isinstance(one, Found | Refused | NotRead | Empty)


MEASURED = """
import resource, sys
from zoneinfo import ZoneInfo
from adapters.vital_formats import HEAD_BYTES, recognise
from adapters.vital_formats.format import Found

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

counts = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        format_ = recognise(file.read(HEAD_BYTES))
        file.seek(0)
        found = sum(isinstance(one, Found) for one in format_.read(file, ZoneInfo("Europe/Rome")))
    counts.append((found, peak()))
print(*(number for pair in counts for number in pair))
"""


@pytest.mark.parametrize(
    ("example", "megabytes", "begin", "end"),
    [
        ("apple_health.xml", 25, b" <Record type", b"</HealthData>"),
        ("health_connect.json", 8, b'    {\n      "recordType": "Blood', b"  ]\n}\n"),
    ],
    ids=["Apple Health", "Health Connect"],
)
def test_a_large_file_takes_no_more_memory_than_a_small_one(
    tmp_path: Path, example: str, megabytes: int, begin: bytes, end: bytes
) -> None:
    data = (EXAMPLES / example).read_bytes()
    head, rest = data[: data.index(begin)], data[data.index(begin) :]
    body = rest[: rest.rindex(end)].rstrip() + (b"," if example.endswith("json") else b"") + b"\n"
    small, large = tmp_path / "small", tmp_path / "large"
    for path, size in ((small, 1), (large, megabytes)):
        repeats = size * 2**20 // len(body)
        path.write_bytes(head + body * (repeats - 1) + rest)
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, str(small), str(large)], check=True, capture_output=True, text=True, timeout=60
    )
    few, before, many, after = map(int, told.stdout.split())
    assert many > (megabytes - 1) * few > 1000
    assert after - before < 8
