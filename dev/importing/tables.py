"""Tables as spreadsheets and apps export them: any of the usual encodings, separators and decimal marks."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One line of a table: its cells by column, or why it has none."""

    line: int
    cells: dict[str, str]
    problem: str | None = None


@dataclass(frozen=True)
class Table:
    """The columns as they are called in lower case with underscores, and the rows, without the empty ones."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    decimal_comma: bool

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


def _text(data: bytes) -> str:
    """The text; what is in none of the usual encodings becomes a mark that no number or time contains."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str] | None]]:
    """Number of its first line and cells of each row; no cells where it breaks the rules of such tables."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            cells = None
        except StopIteration:
            return
        if cells is None or any(cell.strip() for cell in cells):
            yield line, cells


def read_table(data: bytes) -> Table:
    """Any bytes as a table; a file that is none has a header that nobody knows."""
    text = _text(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    lines = _lines(text, separator)
    _, header = next(lines, (0, None))
    columns = tuple("_".join(name.lower().split()) for name in header or ())
    rows = []
    for line, cells in lines:
        if cells is None:
            rows.append(Row(line, {}, "is no row of a table"))
        elif len(cells) != len(columns):
            rows.append(Row(line, {}, f"has {len(cells)} cells where the header has {len(columns)}"))
        else:
            rows.append(Row(line, dict(zip(columns, (cell.strip() for cell in cells), strict=True))))
    return Table(columns, tuple(rows), decimal_comma=separator != ",")
