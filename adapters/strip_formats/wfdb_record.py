"""A WFDB record in one ZIP archive: a header (.hea) and its signal files (.dat); annotations are ignored.

Source: header(5) and signal(5) of the WFDB applications guide, https://physionet.org/physiotools/wag/
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.archive import read_members
from adapters.strip_formats.strip import (
    LONGEST_SECONDS,
    MOST_LEADS,
    MOST_SAMPLES,
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
from adapters.strip_formats.wfdb_samples import INVALID_SAMPLE, UNPACK

_DECIMAL = r"\d{1,9}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,2})?"
_RECORD = re.compile(
    rf"(?P<name>[\w-]{{1,64}})(?P<segments>/\d+)?[ \t]+(?P<leads>\d{{1,4}})"
    rf"(?:[ \t]+(?P<rate>{_DECIMAL})(?:/\S*)?(?:[ \t]+(?P<samples>\d{{1,12}})(?:[ \t].*)?)?)?",
    re.ASCII,
)
_SIGNAL = re.compile(
    rf"(?P<file>[\w.-]{{1,80}})[ \t]+(?P<format>\d{{1,3}})(?P<odd>[x:]\S*)?(?:\+(?P<offset>\d{{1,7}}))?"
    rf"(?:[ \t]+(?P<gain>-?{_DECIMAL})(?:\((?P<baseline>-?\d{{1,9}})\))?(?:/(?P<unit>\S{{1,16}}))?"
    r"(?:[ \t]+\d{1,3}(?:[ \t]+(?P<zero>-?\d{1,9})"
    r"(?:[ \t]+-?\d{1,9}(?:[ \t]+(?P<checksum>-?\d{1,6})(?:[ \t]+\d{1,9}(?:[ \t]+(?P<text>.*))?)?)?)?)?)?)?",
    re.ASCII,
)
# Where a header says nothing: the defaults of header(5).
_DEFAULT_RATE_HERTZ = 250.0
_DEFAULT_UNIT = "mV"
_MOST_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class _Signal:
    """One line of the header: where the samples of a lead lie and how they become a voltage."""

    file: str
    format: str
    offset: int
    gain: float
    baseline: int
    unit: str
    checksum: int | None
    text: str


@dataclass(frozen=True)
class _Header:
    sample_rate_hertz: float
    samples: int | None
    signals: list[_Signal]


def _unsupported() -> UnreadableStrip:
    return UnreadableStrip(
        "UNSUPPORTED_RECORD",
        "The recording is stored in a variant that we cannot read. Please export it in another format.",
    )


def _signal(line: str) -> _Signal:
    found = _SIGNAL.fullmatch(line)
    if found is None:
        raise damaged()
    if found["odd"] or found["format"] not in UNPACK:
        raise _unsupported()
    gain = float(found["gain"] or 0)
    if gain == 0:
        # WFDB would guess 200 per mV; a drawing at 10 mm/mV must not rest on a guess.
        raise UnreadableStrip("NOT_CALIBRATED", "The recording does not say how its values become millivolts.")
    return _Signal(
        file=found["file"],
        format=found["format"],
        offset=int(found["offset"] or 0),
        gain=gain,
        baseline=int(found["baseline"] or found["zero"] or 0),
        unit=found["unit"] or _DEFAULT_UNIT,
        checksum=int(found["checksum"]) if found["checksum"] else None,
        text=found["text"] or "",
    )


def _header(data: bytes) -> _Header:
    """The header without its comments, which hold age, sex and drugs."""
    if len(data) > _MOST_HEADER_BYTES:
        raise damaged()
    lines = [line.strip() for line in data.decode("ascii", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    found = _RECORD.fullmatch(lines[0]) if lines else None
    if found is None:
        raise damaged()
    if found["segments"]:
        raise _unsupported()
    count = int(found["leads"])
    if count > MOST_LEADS:
        raise too_many_leads()
    if count == 0 or len(lines) <= count:
        raise damaged()
    rate_hertz = float(found["rate"] or _DEFAULT_RATE_HERTZ)
    samples = int(found["samples"]) if found["samples"] else 0
    if samples * count > MOST_SAMPLES or samples > LONGEST_SECONDS * rate_hertz > 0:
        raise too_long()
    return _Header(rate_hertz, samples or None, [_signal(line) for line in lines[1 : count + 1]])


def _columns(header: _Header, members: dict[str, bytes]) -> list[NDArray[np.int64]]:
    """The stored integers of each signal, in the order of the header."""
    width = Counter(signal.file for signal in header.signals)
    tables: dict[str, NDArray[np.int64]] = {}
    taken: Counter[str] = Counter()
    columns = []
    for signal in header.signals:
        if signal.file not in tables:
            if signal.file not in members:
                raise UnreadableStrip("INCOMPLETE_ARCHIVE", "The archive lacks a part of the recording.")
            content = members[signal.file][signal.offset :]
            tables[signal.file] = UNPACK[signal.format](content, width[signal.file], header.samples)
        column = tables[signal.file][:, taken[signal.file]]
        taken[signal.file] += 1
        # The header keeps the sum of the samples, modulo 2^16: a cheap proof that nothing was lost.
        if signal.checksum is not None and header.samples and (int(column.sum()) - signal.checksum) % 65536:
            raise damaged()
        columns.append(column)
    return columns


def read_wfdb(data: bytes) -> DecodedStrip:
    """The voltages of a record of formats 16, 212 or 516; signals that are no voltages are left out.

    Raises:
        UnreadableStrip: when the archive or the record is damaged, hostile, incomplete or out of range.
    """
    members = read_members(data, (".hea", ".dat"))
    headers = [content for name, content in members.items() if name.endswith(".hea")]
    if len(headers) != 1:
        raise UnreadableStrip("INCOMPLETE_ARCHIVE", "The archive must hold exactly one recording with its header.")
    header = _header(headers[0])
    leads: dict[str, NDArray[np.float64]] = {}
    names = named_leads(signal.text for signal in header.signals)
    for name, signal, column in zip(names, header.signals, _columns(header, members), strict=True):
        microvolts = microvolts_of(signal.unit)
        if microvolts is None:
            continue
        values = (column - signal.baseline) / signal.gain * microvolts
        values[column == INVALID_SAMPLE[signal.format]] = np.nan
        leads[name] = values
    if not leads:
        raise unknown_unit()
    return checked("WFDB", header.sample_rate_hertz, leads)
