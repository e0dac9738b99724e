"""Rows of a table of many series, as columns: quickly where a block of lines is as it should be, else row by row.

The table is CSV with a header: series, measure, measuredAt and value, and optionally patient and event, in any order,
other columns left out. Times are ISO 8601 with an offset or Z; without either they are taken as UTC.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.kinds import Measure

COLUMNS = ("series", "measure", "measuredAt", "value", "patient", "event")
NEEDED = COLUMNS[:4]
MEDICATION_CHANGE = "medication-change"
BLOCK_BYTES = 8 * 2**20
LONGEST_LINE_BYTES = 2**20
MEASURES = tuple(measure.value for measure in Measure)
NO_MEASURE = -1
MICROSECONDS_A_MINUTE = 60_000_000
# No measure has such numbers, and the arithmetic stays finite.
LARGEST_VALUE = 1e9
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Refuse = Callable[[int, str], None]


class NotATable(Exception):
    """The file has no header that names the columns that are needed."""


@dataclass(frozen=True)
class Rows:
    """Columns of some rows, shape (rows,). Names are bytes; `measures` number those of the domain.

    `microseconds` since 1970, `offsets` minutes of the local clock ahead of UTC, `values` not a number where a row
    only tells of an event.
    """

    series: list[str]
    patients: list[str]
    measures: NDArray[np.int8]
    microseconds: NDArray[np.int64]
    offsets: NDArray[np.int16]
    values: NDArray[np.float64]
    events: NDArray[np.bool_]


def measure_number(text: str) -> int:
    """Which measure a name means, in any case; `NO_MEASURE` for none."""
    name = text.strip().upper().replace("-", "_")
    return MEASURES.index(name) if name in MEASURES else NO_MEASURE


def read_rows(file: BinaryIO, refuse: Refuse, read: Callable[[int], None]) -> Iterator[Rows]:
    """All good rows of a table, block by block.

    Args:
        file: the table, read once from its beginning.
        refuse: told the line number and the reason of every row that is left out.
        read: told how many bytes are read so far.

    Raises:
        NotATable: the header lacks a column that is needed.
    """
    header = file.readline(LONGEST_LINE_BYTES)
    names = next(csv.reader([header.decode("utf-8-sig", "replace")]), [])
    by_name = {name.strip().casefold(): place for place, name in reversed(list(enumerate(names)))}
    places = {name: by_name[name.casefold()] for name in COLUMNS if name.casefold() in by_name}
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise NotATable(f"The header lacks {', '.join(missing)}; it must name {', '.join(NEEDED)}.")
    line, done, rest = 2, len(header), b""
    while True:
        data = file.read(BLOCK_BYTES)
        done += len(data)
        block, rest = rest + data, b""
        if data:
            cut = block.rfind(b"\n") + 1
            block, rest = block[:cut], block[cut:]
            if len(rest) > LONGEST_LINE_BYTES:
                block, rest = block + rest, b""
        if block:
            block = block if block.endswith(b"\n") else block + b"\n"
            rows = _quickly(block, len(names), places)
            yield rows if rows is not None else _row_by_row(block, len(names), places, line, refuse)
            line += block.count(b"\n")
        read(done)
        if not data:
            return


def _quickly(block: bytes, width: int, places: dict[str, int]) -> Rows | None:  # noqa: PLR0911 - one for each fault
    """The rows of a block without a single fault or quotation mark; else nothing."""
    block = block.replace(b"\r\n", b"\n")
    if b'"' in block or b"\r" in block or b"\0" in block:
        return None
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    commas = np.flatnonzero(text == ord(","))
    if len(commas) != len(ends) * (width - 1):
        return None
    edges = np.concatenate([commas.reshape(len(ends), width - 1), ends[:, None]], axis=1)
    starts = np.concatenate([np.concatenate([[0], ends[:-1] + 1])[:, None], edges[:, :-1] + 1], axis=1)
    if (starts > edges).any() or (edges[:-1, -1] > starts[1:, 0]).any():
        return None
    at = places["measuredAt"]
    times = _read_times(text, starts[:, at], edges[:, at])
    if times is None:
        return None
    kinds: dict[str, object] = dict.fromkeys(places, "category") | {"value": np.float64}
    del kinds["measuredAt"]
    try:
        table = pd.read_csv(
            io.BytesIO(block),
            header=None,
            names=[
                next((name for name, place in places.items() if place == column), column) for column in range(width)
            ],
            usecols=list(kinds),
            dtype=kinds,
            keep_default_na=False,
            na_values={"value": [""]},
            skip_blank_lines=False,
        )
    except (ValueError, OverflowError):
        return None
    values = table["value"].to_numpy()
    count = len(ends)
    events = np.zeros(count, dtype=bool)
    if "event" in places:
        if not set(table["event"].cat.categories) <= {"", MEDICATION_CHANGE}:
            return None
        events = (table["event"] == MEDICATION_CHANGE).to_numpy()
    numbers = np.array([measure_number(name) for name in table["measure"].cat.categories], dtype=np.int8)
    measures = numbers[table["measure"].cat.codes.to_numpy()]
    if (
        len(table) != count
        or not ((np.abs(values) <= LARGEST_VALUE) & (measures >= 0) | events & np.isnan(values)).all()
    ):
        return None
    series = table["series"].astype(object).to_list()
    patients = table["patient"].astype(object).to_list() if "patient" in places else [""] * count
    named = zip(series, patients, events.tolist(), strict=True)
    if not all(series) and not all(one or (event and patient) for one, patient, event in named):
        return None
    return Rows(series, patients, measures, *times, values, events)


_TIME_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_TIME_MARKS = ((4, b"-"), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":"))


def _read_times(  # noqa: PLR0911 - as above
    text: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int16]] | None:
    """Times written to the second with Z, an offset or nothing behind; nothing if one is written in another way."""
    lengths = ends - starts
    if not np.isin(lengths, (19, 20, 25)).all():
        return None
    found = text[np.minimum(starts[:, None] + np.arange(25), len(text) - 1)].astype(np.int64)
    digits = found[:, _TIME_DIGITS] - ord("0")
    marks = all(np.isin(found[:, place], list(allowed)).all() for place, allowed in _TIME_MARKS)
    if not marks or (digits < 0).any() or (digits > 9).any():
        return None
    pairs = digits[:, ::2] * 10 + digits[:, 1::2]
    year, month, day = pairs[:, 0] * 100 + pairs[:, 1], pairs[:, 2], pairs[:, 3]
    offsets = np.zeros(len(starts), dtype=np.int64)
    zoned = lengths == 25
    if zoned.any():
        tail = found[zoned, 19:25]
        numbers = tail[:, (1, 2, 4, 5)] - ord("0")
        if (tail[:, 3] != ord(":")).any() or (numbers < 0).any() or (numbers > 9).any():
            return None
        sign = np.where(tail[:, 0] == ord("+"), 1, np.where(tail[:, 0] == ord("-"), -1, 0))
        hours, minutes = numbers[:, 0] * 10 + numbers[:, 1], numbers[:, 2] * 10 + numbers[:, 3]
        if (sign == 0).any() or (hours > 23).any() or (minutes > 59).any():
            return None
        offsets[zoned] = sign * (hours * 60 + minutes)
    if (~np.isin(found[lengths == 20, 19], list(b"Zz"))).any():
        return None
    months = (year - 1970) * 12 + month - 1
    length = (_month_begins(months + 1) - _month_begins(months)).astype(np.int64)
    clock = pairs[:, 4:]
    in_range = (year >= _FIRST.year) & (year < _LAST.year) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    if not (in_range & (clock < (24, 60, 60)).all(axis=1)).all():
        return None
    days = _month_begins(months).astype(np.int64) + day - 1
    seconds = days * 86_400 + clock[:, 0] * 3600 + clock[:, 1] * 60 + clock[:, 2] - offsets * 60
    return seconds * 1_000_000, offsets.astype(np.int16)


def _month_begins(months: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return months.astype("datetime64[M]").astype("datetime64[D]")


def _row_by_row(block: bytes, width: int, places: dict[str, int], line: int, refuse: Refuse) -> Rows:
    """The good rows of a block; the others are told with their line and reason."""
    reader = csv.reader(io.StringIO(block.decode("utf-8", "replace"), newline=""))
    good: list[tuple[str, str, int, int, int, float, bool]] = []
    while True:
        at = line + reader.line_num
        try:
            cells = next(reader)
            if cells:
                good.append(_row(cells, width, places))
        except StopIteration:
            break
        except csv.Error as fault:
            refuse(at, f"the row cannot be read: {fault}")
        except ValueError as reason:
            refuse(at, str(reason))
    series, patients, measures, microseconds, offsets, values, events = zip(*good, strict=True) if good else [()] * 7
    return Rows(
        list(series),
        list(patients),
        np.array(measures, dtype=np.int8),
        np.array(microseconds, dtype=np.int64),
        np.array(offsets, dtype=np.int16),
        np.array(values, dtype=np.float64),
        np.array(events, dtype=bool),
    )


def _row(cells: list[str], width: int, places: dict[str, int]) -> tuple[str, str, int, int, int, float, bool]:
    """The numbers of one row.

    Raises:
        ValueError: with the reason why it is left out.
    """
    if len(cells) != width:
        raise ValueError(f"{len(cells)} cells where the header has {width}")
    cell = {name: cells[place].strip() for name, place in places.items()}
    patient, event = cell.get("patient", ""), cell.get("event", "")
    if event not in {"", MEDICATION_CHANGE}:
        raise ValueError(f"the event {event[:40]!r} is not known; {MEDICATION_CHANGE} is")
    if not cell["series"] and not (event and patient):
        raise ValueError("series is empty")
    try:
        at = datetime.fromisoformat(cell["measuredAt"])
    except ValueError:
        raise ValueError(f"measuredAt {cell['measuredAt'][:40]!r} is no time in ISO 8601") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not _FIRST <= at < _LAST:
        raise ValueError(f"measuredAt {cell['measuredAt'][:40]!r} is no year to measure in")
    measure, value = NO_MEASURE, float("nan")
    if not event or cell["value"]:
        measure = measure_number(cell["measure"])
        if measure == NO_MEASURE:
            raise ValueError(f"the measure {cell['measure'][:40]!r} is not known")
        try:
            value = float(cell["value"])
        except ValueError:
            raise ValueError(f"the value {cell['value'][:40]!r} is no number") from None
        if not abs(value) <= LARGEST_VALUE:
            raise ValueError(f"the value {cell['value'][:40]!r} is no number that is measured")
    offset = at.utcoffset()
    assert offset is not None
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return cell["series"], patient, measure, microseconds, int(offset.total_seconds() // 60), value, bool(event)
