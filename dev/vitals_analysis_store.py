"""Rows of any order gathered by series, in bounded memory: what is too much waits in a temporary folder."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("series", "<i4"), ("offset", "<i2"), ("microseconds", "<i8"), ("value", "<f8")])
MOST_ROWS_IN_MEMORY = 4_000_000
SERIES_TOGETHER = 8192


class RowStore:
    """Takes rows of numbered series in any order and gives them back by groups of series, in order of time."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[NDArray[np.void]]] = {}
        self._rows = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.groups = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, rows: NDArray[np.void]) -> None:
        """Take rows of dtype `ROW`."""
        groups = rows["series"] // SERIES_TOGETHER
        order = np.argsort(groups, kind="stable")
        rows, groups = rows[order], groups[order]
        borders = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(rows)]
        for first, last in itertools.pairwise(borders):
            if first < last:
                group = int(groups[first])
                self._waiting.setdefault(group, []).append(rows[first:last].copy())
                self.groups = max(self.groups, group + 1)
        self._rows += len(rows)
        if self._rows > MOST_ROWS_IN_MEMORY:
            self._write()

    def _file(self, group: int) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="cuore-vitals-")
        return Path(self._folder.name) / f"{group}"

    def _write(self) -> None:
        for group, parts in self._waiting.items():
            with self._file(group).open("ab") as file:
                for part in parts:
                    file.write(part.tobytes())
        self._waiting.clear()
        self._rows = 0

    def gathered(self) -> Iterator[tuple[NDArray[np.void], int]]:
        """Each group's rows ordered by series, time and value, and how many stood there twice and were left out."""
        for group in range(self.groups):
            parts = self._waiting.pop(group, [])
            if self._folder is not None and self._file(group).exists():
                parts.insert(0, np.fromfile(self._file(group), dtype=ROW))
            if not parts:
                continue
            rows = np.concatenate(parts)
            order = np.lexsort((rows["value"], rows["microseconds"], rows["series"]))
            rows = rows[order]
            same = np.zeros(len(rows), dtype=bool)
            for name in ("series", "microseconds", "value"):
                pairs = rows[name][1:] == rows[name][:-1]
                same[1:] = pairs if name == "series" else same[1:] & pairs
            yield rows[~same], int(same.sum())
