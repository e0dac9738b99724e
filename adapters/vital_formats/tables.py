"""Tables as spreadsheets and apps export them: any of the usual encodings, separators and decimal marks."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TextIO

from adapters.vital_formats.format import MOST_ITEM_BYTES

SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Row:
    """One line of a table: its cells by column, or why it has none."""

    line: int
    cells: dict[str, str]
    problem: str | None = None


@dataclass
class Table:
    """The columns as they are called in lower case with underscores; the rows come as they are read.

    What is in none of the usual encodings becomes a mark that no number or time contains.
    """

    stream: BinaryIO
    columns: tuple[str, ...] = ()
    decimal_comma: bool = False
    _lines: Iterator[tuple[int, list[str] | None]] = field(init=False)

    def __post_init__(self) -> None:
        start = self.stream.read(2)
        encoding = "utf-16" if start in _UTF_16 else "utf-8-sig"
        text = io.TextIOWrapper(io.BufferedReader(_Rest(start, self.stream)), encoding, "replace", newline="")
        lines = _bounded(text)
        empty, first = 0, ""
        for first in lines:
            if first.strip():
                break
            empty += 1
        separator = max(SEPARATORS, key=first.count)
        self.decimal_comma = separator != ","
        self._lines = _records(_after(first, lines), separator, empty)
        _, header = next(self._lines, (0, None))
        self.columns = tuple("_".join(name.lower().split()) for name in header or ())

    def rows(self) -> Iterator[Row]:
        """All but the empty ones, once."""
        for line, cells in self._lines:
            if cells is None:
                yield Row(line, {}, "is no row of a table")
            elif len(cells) != len(self.columns):
                yield Row(line, {}, f"has {len(cells)} cells where the header has {len(self.columns)}")
            else:
                yield Row(line, dict(zip(self.columns, (cell.strip() for cell in cells), strict=True)))

    def number(self, text: str) -> float:
        """The number in a cell.

        Raises:
            ValueError: it holds something else.
        """
        plain = text.strip()
        if self.decimal_comma:
            plain = plain.replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            raise ValueError(text)
        return float(plain)


class _Rest(io.RawIOBase):
    """A stream whose first bytes were read already; closing it leaves the stream open."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io hands over a memoryview
        data = self._start or self._stream.read(len(buffer))
        self._start = b""
        buffer[: len(data)] = data
        return len(data)


def _bounded(text: TextIO) -> Iterator[str]:
    """The lines; of one that does not end, only the beginning, which no table's row can be."""
    while line := text.readline(MOST_ITEM_BYTES):
        yield line
        while len(line) == MOST_ITEM_BYTES and not line.endswith(("\n", "\r")):
            line = text.readline(MOST_ITEM_BYTES)


def _after(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _records(lines: Iterator[str], separator: str, empty: int) -> Iterator[tuple[int, list[str] | None]]:
    """Number of its first line and cells of each row; no cells where it breaks the rules of such tables."""
    reader = csv.reader(lines, delimiter=separator)
    while True:
        line = empty + reader.line_num + 1
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            cells = None
        except StopIteration:
            return
        if cells is None or any(cell.strip() for cell in cells):
            yield line, cells


def header_of(head: bytes) -> tuple[str, ...]:
    """The columns of a file that begins like this, if it is a table."""
    return Table(io.BytesIO(head)).columns
