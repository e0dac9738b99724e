"""Tables of readings as people have them: every encoding and slip is reported by line, nothing is guessed."""

from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.vital_formats.format import Empty, Found, NotRead, Refused, Unusable, moment_of
from adapters.vital_formats.generic_csv import GenericTable, columns_of
from adapters.vital_formats.tables import header_of
from domain.kinds import VitalKind
from domain.new_readings import NewReading

ROME = ZoneInfo("Europe/Rome")


def everything(data: bytes) -> tuple[list[NewReading], list[tuple[int, str]]]:
    """All that a table measures, and what is wrong with it by line."""
    measured: list[NewReading] = []
    problems: list[tuple[int, str]] = []
    for outcome in GenericTable().read(BytesIO(data), ROME):
        match outcome:
            case Found():
                measured.append(outcome.reading)
            case Refused():
                problems.append((outcome.place, outcome.sentence))
            case NotRead() | Empty():
                pass
    return measured, problems


@pytest.mark.parametrize(
    "data",
    [
        b"measured_at,weight\n2026-01-31 07:30,72.5\n",
        b"\xef\xbb\xbfMeasured At,Weight\r\n2026-01-31 07:30,72.5\r\n",
        "measured_at;weight;note\n2026-01-31 07:30;72,5;müde\n".encode("cp1252"),
        "measured_at\tweight\n2026-01-31  07:30\t72,5\n".encode("utf-16"),
        b'\n\n"day","measured_at","weight"\n"x","2026-01-31T07:30+01:00","72.50"\n\n,,\n',
        b"measured_at,weight\r2026-01-31T06:30Z,72.5\r",
    ],
    ids=["plain", "with mark, CRLF", "German", "UTF-16", "quoted", "old Mac"],
)
def test_the_usual_tables_are_read(data: bytes) -> None:
    measured, problems = everything(data)
    assert problems == []
    (one,) = measured
    assert (one.kind, one.measured_at.astimezone(UTC), one.values) == (
        VitalKind.WEIGHT,
        datetime(2026, 1, 31, 6, 30, tzinfo=UTC),
        {"value": 72.5},
    )


def test_a_row_gives_each_known_value_and_keeps_the_good_ones() -> None:
    measured, problems = everything(
        b"time,systolic,diastolic,pulse,weight,spo2,steps,mood\n"
        b"2026-01-31 07:30,128,82,64,72.5,0.97,4000,good\n"
        b"2026-01-31 20:30,128,,64,heavy,97,,\n"
        b"2026-02-01 07:30,,,,,,,tired\n"
    )
    assert [(one.kind, one.values, one.unit) for one in measured] == [
        ("BLOOD_PRESSURE", {"systolic": 128.0, "diastolic": 82.0, "pulse": 64.0}, None),
        ("WEIGHT", {"value": 72.5}, None),
        ("OXYGEN_SATURATION", {"value": 0.97}, "1"),
        ("STEPS", {"value": 4000.0}, None),
        ("OXYGEN_SATURATION", {"value": 97.0}, None),
    ]
    assert problems == [(3, "diastolic is empty"), (3, "weight is no number")]


def test_every_slip_is_told_with_the_line_where_it_stands() -> None:
    measured, problems = everything(
        b"measured_at,weight,note\n"
        b"2026-01-31,72.5\n"
        b"2026-01-31,72.5,,\n"
        b"yesterday,72.5,\n"
        b',72.5,"two\nlines"\n'
        b"2026-01-31,nan,\n"
        b"2026-01-31,1_0,\n"
        b"2026-01-31,\xff\xfe,\n"
        b"0001-01-01,72.5,\n"
        b"2026-01-31,72.5," + b"x" * 200_000 + b"\n"
        b"2026-02-01,73,\n"
    )
    assert [(one.measured_at.day, one.values["value"]) for one in measured] == [(1, 73.0)]
    no_time = "measured_at is no time such as 2026-01-31 07:30"
    assert problems == [
        (2, "has 2 cells where the header has 3"),
        (3, "has 4 cells where the header has 3"),
        (4, no_time),
        (5, no_time),
        (7, "weight is no number"),
        (8, "weight is no number"),
        (9, "weight is no number"),
        (10, no_time),
        (11, "is no row of a table"),
    ]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-07-01", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, 11, tzinfo=UTC)),
        ("2026-07-01 08:00", datetime(2026, 7, 1, 6, tzinfo=UTC)),
        ("2026-07-01T08:00:30-05:00", datetime(2026, 7, 1, 13, 0, 30, tzinfo=UTC)),
        # Half past two comes twice in this night; the first one is meant.
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_times_without_offset_are_the_patients_own_and_days_mean_noon(text: str, at: datetime) -> None:
    assert moment_of(text, ROME).astimezone(UTC) == at


@pytest.mark.parametrize("text", ["", "2026-02-30", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", 7, None])
def test_what_is_no_moment_is_refused(text: object) -> None:
    with pytest.raises(Unusable):
        moment_of(text, ROME)


def test_the_best_column_of_a_kind_is_taken_and_never_two() -> None:
    columns = columns_of(("day", "pulse_average", "resting_pulse", "heart_rate", "steps_count"))
    assert columns is not None
    assert columns.names() == ["day", "heart_rate", "resting_pulse", "steps_count"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"a,b\n1,2\n", b"measured_at\n2026-01-01\n", b"weight\n72\n", b"\x00\x01\x02", b"time,systolic\n"],
)
def test_a_table_of_anything_else_has_no_known_columns(data: bytes) -> None:
    assert columns_of(header_of(data)) is None
    assert not GenericTable().recognises(data)


def test_a_line_without_end_is_no_row_and_what_follows_is_read() -> None:
    measured, problems = everything(b"time,weight\n2026-01-01," + b"7" * 3_000_000 + b"\n2026-01-02,73\n")
    assert problems == [(2, "is no row of a table")]
    assert [one.values for one in measured] == [{"value": 73.0}]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(alphabet='0129-:., ;\t\n\r"Tx\u0660\x00', max_size=200).map(
        lambda text: b"measured_at,weight,systolic,diastolic\n" + text.encode()
    )
)
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    measured, _ = everything(data)
    for one in measured:
        one.measured_at.astimezone(UTC)
