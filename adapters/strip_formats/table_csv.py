"""Tables of samples from anywhere: a header with a column of time or a stated rate, and a column for each lead.

The unit stands in a column's name ("I (mV)", "ecg_uv") or in a line above ("# unit: mV"); so does the rate, unless the
times tell it. A table without a unit is refused: a drawing at 10 mm/mV must not rest on a guess.
"""

import re

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    MOST_LEADS,
    MOST_SAMPLES,
    MOST_SAMPLES_OF_A_LEAD,
    DecodedStrip,
    UnreadableStrip,
    checked,
    damaged,
    microvolts_of,
    named_leads,
    too_long,
    too_many_leads,
    unknown_unit,
)

_MOST_LINES_ABOVE = 64
_MOST_CHARACTERS = 400
_DELIMITERS = (";", "\t", ",")
_TIME = re.compile(
    r"(?:time|t|seconds|sec|elapsed|timestamp|zeit|temps|tiempo|tempo)(?:[ _]?[\[(]?(s|sec|seconds|ms|us)[\])]?)?"
)
_INDEX = re.compile(r"(?:index|sample|sample[ _]?(?:no|number|index)|n|#)?")
_UNIT = re.compile(r"(.*?)(?:^|[ _])?[\[(]?(uv|µv|μv|mv|v|microvolts?|millivolts?|volts?)[\])]?")
_SIGNAL = re.compile(
    r"(?:lead[ _]?)?(?:i{1,3}|av[rlf]|v[1-9]|mli{1,3}|e[ck]g\d?|signal|value|amplitude|voltage|channel[ _]?\d{0,2})"
)
_RATE = re.compile(
    r"(?:fs|rate|hz|hertz|frequency|samplerate|samplingrate|samplingfrequency)[^\d]{0,12}(\d{1,6}(?:\.\d{1,9})?)"
    r"|(\d{1,6}(?:\.\d{1,9})?) ?(?:hz|hertz|samples/s)"
)
_SAID_UNIT = re.compile(r"units?[^\w]{1,3}(uv|µv|μv|mv|v|microvolts?|millivolts?|volts?)\b")
_SECONDS_OF_UNIT = {"ms": 1e-3, "us": 1e-6}
_LONGEST_STEP_OF_USUAL = 1.5
_ROUNDED_HERTZ = 0.02


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return "_" not in cell


def _column(name: str) -> tuple[str, str] | None:
    """What a column is: ("time", unit), ("index", ""), or ("signal", unit); None where its name says nothing known."""
    plain = name.casefold()
    if time := _TIME.fullmatch(plain):
        return "time", time[1] or "s"
    if _INDEX.fullmatch(plain):
        return "index", ""
    named = _UNIT.fullmatch(plain)
    bare, unit = (named[1].strip(" _"), named[2]) if named else (plain, "")
    if named and not bare:
        return "signal", unit
    return ("signal", unit) if _SIGNAL.fullmatch(bare) else None


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()


def _header(lines: list[str]) -> tuple[int, str] | None:
    """The line of a table's column names and its delimiter, if each name is one that we know and numbers follow."""
    for at in range(min(len(lines) - 1, _MOST_LINES_ABOVE)):
        for delimiter in _DELIMITERS:
            names = _cells(lines[at][:_MOST_CHARACTERS], delimiter)
            below = _cells(lines[at + 1][:_MOST_CHARACTERS], delimiter)
            if len(names) != len(below) or not all(map(_is_number, below)):
                continue
            kinds = [_column(name) for name in names]
            if all(kinds) and any(kind is not None and kind[0] == "signal" for kind in kinds):
                return at, delimiter
    return None


def _values(lines: list[str], delimiter: str, columns: int) -> NDArray[np.float64]:
    """All cells as numbers, (columns, rows)."""
    if len(lines) * columns > MOST_SAMPLES or len(lines) > MOST_SAMPLES_OF_A_LEAD:
        raise too_long()
    text = "\n".join(lines)
    if delimiter != ",":
        text = text.replace(",", ".")
    rows = [line.split(delimiter) for line in text.split("\n")]
    if {len(row) for row in rows} != {columns}:
        raise damaged()
    try:
        return np.array([[cell.strip().strip('"') for cell in row] for row in rows], dtype=np.float64).T
    except ValueError:
        raise damaged() from None


def _rate_of_times(times: NDArray[np.float64], unit: str) -> float:
    """The rate of evenly spaced times, over all of them: single times are rounded."""
    steps = np.diff(times)
    if len(steps) < 2 or not np.isfinite(times).all() or times[-1] <= times[0]:  # noqa: PLR2004
        raise damaged()
    if steps.min() < 0 or steps.max() > _LONGEST_STEP_OF_USUAL * max(
        float(np.median(steps)), np.ptp(times) / len(steps)
    ):
        raise UnreadableStrip("MISSING_SAMPLES", "The recording has gaps. Please record a new one.")
    rate_hertz = float(len(steps) / np.ptp(times) / _SECONDS_OF_UNIT.get(unit, 1.0))
    # Times are written with few decimals; a whole number of hertz so near by is what was meant.
    return float(round(rate_hertz)) if abs(rate_hertz - round(rate_hertz)) < _ROUNDED_HERTZ else rate_hertz


def is_table(data: bytes) -> bool:
    """Whether a line of known column names is followed by as many numbers."""
    head = data[: _MOST_LINES_ABOVE * _MOST_CHARACTERS]
    return _header(_lines(head)) is not None


def read_table(data: bytes) -> DecodedStrip:
    """The leads of a table.

    Raises:
        UnreadableStrip: when the rate, a unit or numbers are missing or out of range.
    """
    lines = _lines(data)
    found = _header(lines)
    if found is None:
        raise damaged()
    header, delimiter = found
    above = "\n".join(line[:_MOST_CHARACTERS] for line in lines[:header]).casefold()
    names = _cells(lines[header], delimiter)
    kinds = [_column(name) or ("index", "") for name in names]
    values = _values([line for line in lines[header + 1 :] if line.strip()], delimiter, len(names))
    times = [column for column, (kind, _) in enumerate(kinds) if kind == "time"]
    if times:
        rate_hertz = _rate_of_times(values[times[0]], kinds[times[0]][1])
    elif said := _RATE.search(above.replace("_", "").replace(" ", "")) or _RATE.search(above):
        rate_hertz = float(said[1] or said[2])
    else:
        raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")
    signals = [column for column, (kind, _) in enumerate(kinds) if kind == "signal"]
    if len(signals) > MOST_LEADS:
        raise too_many_leads()
    said_unit = _SAID_UNIT.search(above)
    leads = []
    with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused as such
        for column in signals:
            factor = microvolts_of(kinds[column][1] or (said_unit[1] if said_unit else ""))
            if factor is None:
                raise unknown_unit()
            leads.append(values[column] * factor)
    bare = [re.sub(r"(?i)[ _]?[\[(]?(?:[uµμm]?v)[\])]?$", "", names[column]) for column in signals]
    return checked("CSV", rate_hertz, dict(zip(named_leads(bare), leads, strict=True)))
