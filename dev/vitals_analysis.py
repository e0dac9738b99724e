"""`cuore vitals analyse`: findings of a table of many series, as they would have been raised, one JSON line each."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from math import isnan
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import orjson
import typer
from numpy.typing import NDArray

from analytics.noise_models import NOISE_MODELS
from analytics.trend import SECONDS_PER_DAY
from analytics.trend_batch import fit_slopes
from analytics.vital_batch import Batch, find
from analytics.vital_findings import THRESHOLDS, Finding
from analytics.vital_population import POPULATIONS
from dev.vitals_analysis_rows import MEASURES, MICROSECONDS_A_MINUTE, Rows, read_rows
from dev.vitals_analysis_store import ROW, RowStore

TREND_DAYS = 28
MOST_REASONS = 20

Tell = Callable[[int, int], None]
Slope = tuple[float | None, float | None, float | None]


class Names:
    """Numbers of series (a name and a measure) in order of their first row, and what is known of them besides."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, int], int] = {}
        self.keys: list[tuple[str, int]] = []
        self.patients: dict[int, str] = {}
        self.series_changes: dict[str, set[int]] = {}
        self.patient_changes: dict[str, set[int]] = {}

    def take(self, rows: Rows) -> NDArray[np.void]:
        """The readings among the rows, for the store; events are kept here."""
        for row in np.flatnonzero(rows.events).tolist():
            minute = int(rows.microseconds[row]) // MICROSECONDS_A_MINUTE
            if rows.patients[row]:
                self.patient_changes.setdefault(rows.patients[row], set()).add(minute)
            else:
                self.series_changes.setdefault(rows.series[row], set()).add(minute)
        numbers = np.empty(len(rows.series), dtype=np.int32)
        before: tuple[str, int, str] | None = None
        number = 0
        for row, key in enumerate(zip(rows.series, rows.measures.tolist(), rows.patients, strict=True)):
            if key != before:
                before = key
                number = self._number(*key)
            numbers[row] = number
        readings = np.flatnonzero(~np.isnan(rows.values))
        taken = np.empty(len(readings), dtype=ROW)
        taken["series"] = numbers[readings]
        taken["offset"] = rows.offsets[readings]
        taken["microseconds"] = rows.microseconds[readings]
        taken["value"] = rows.values[readings]
        return taken

    def _number(self, series: str, measure: int, patient: str) -> int:
        if measure < 0:
            return -1
        number = self.numbers.setdefault((series, measure), len(self.keys))
        if number == len(self.keys):
            self.keys.append((series, measure))
        if patient:
            self.patients.setdefault(number, patient)
        return number

    def changes(self, number: int) -> tuple[int, ...]:
        """When medication changed for a series, minutes since 1970, in order."""
        of_series = self.series_changes.get(self.keys[number][0], set())
        return tuple(sorted(of_series | self.patient_changes.get(self.patients.get(number, ""), set())))


class Faults:
    """Rows that were left out: the first ones told one by one, all of them counted."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.count = 0

    def refuse(self, line: int, reason: str) -> None:
        """Leave out one row."""
        self.count += 1
        if self.count <= MOST_REASONS:
            self._tell(f"line {line}: {reason}")
        elif self.count == MOST_REASONS + 1:
            self._tell("more rows are left out; they are only counted from here")


def analyse(
    file: Path, out: BinaryIO, *, jsonl: bool, trend: bool, tell: Callable[[str], None], progress: Tell
) -> None:
    """Read a table and write its findings, series in order of their first row.

    Raises:
        OSError: the file cannot be read.
        NotATable: it has no proper header.
    """
    names, faults, duplicates, readings, found = Names(), Faults(tell), 0, 0, 0
    size = file.stat().st_size
    with RowStore() as store:
        with file.open("rb") as opened:
            for rows in read_rows(opened, faults.refuse, lambda done: progress(done // 2, size)):
                store.add(names.take(rows))
        for group, (gathered, same) in enumerate(store.gathered(), 1):
            duplicates += same
            readings += len(gathered)
            for line in _lines(gathered, names, trend=trend):
                out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) if jsonl else _plain(line))
                found += "kind" in line
            progress(size // 2 + size * group // (2 * store.groups), size)
    out.flush()
    tell(f"{readings} readings of {len(names.keys)} series: {found} findings")
    if duplicates:
        tell(f"{duplicates} rows stood there twice and counted once")
    if faults.count:
        tell(f"{faults.count} rows were left out")


def _lines(rows: NDArray[np.void], names: Names, *, trend: bool) -> Iterator[dict[str, Any]]:
    """The findings of a group of series, and their trends."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(rows["series"])) + 1, [len(rows)]])
    numbers = rows["series"][starts[:-1]].tolist()
    by_measure: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        by_measure.setdefault(names.keys[number][1], []).append(place)
    findings: dict[int, list[Finding]] = {}
    slopes: dict[int, Slope] = {}
    for code, places in by_measure.items():
        measure, series = MEASURES[code], _Series.of(rows, starts, places)
        changes = {at: found for at, place in enumerate(places) if (found := names.changes(numbers[place]))}
        for at, finding in find(POPULATIONS[measure], series.batch(changes), THRESHOLDS[measure]):
            findings.setdefault(places[at], []).append(finding)
        if trend:
            slopes |= zip(places, series.slopes(measure), strict=True)
    for place, number in enumerate(numbers):
        name, measure = names.keys[number][0], MEASURES[names.keys[number][1]]
        for finding in findings.get(place, ()):
            raised, onset = (rows[starts[place] + at] for at in (finding.reading, finding.onset_reading))
            yield {
                "series": name,
                "measure": measure,
                "raisedAt": _time(raised),
                "kind": finding.kind,
                "direction": finding.direction,
                "score": round(finding.score, 4),
                "onsetAt": _time(onset),
                "observed": round(finding.observed, 4),
                "expectedLow": round(finding.expected_low, 4),
                "expectedHigh": round(finding.expected_high, 4),
                "explained": finding.explained,
                "method": finding.method,
                "version": finding.version,
            }
        if trend:
            slope, low, high = slopes[place]
            yield {"series": name, "measure": measure, "slopePerWeek": slope, "low": low, "high": high}


@dataclass(frozen=True)
class _Series:
    """Rows of some series of one measure, one after the other; `starts` says where each begins, and the end."""

    rows: NDArray[np.void]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: NDArray[np.void], starts: NDArray[np.int64], places: list[int]) -> Self:
        """Those on these places among all series."""
        counts = np.diff(starts)[places]
        ends = np.cumsum(counts)
        return cls(
            rows[np.repeat(starts[places] - ends + counts, counts) + np.arange(counts.sum())],
            np.concatenate([[0], ends]),
        )

    def batch(self, changes: dict[int, tuple[int, ...]]) -> Batch:
        """For the search, with the changes of medication by series."""
        minutes = self.rows["microseconds"] // MICROSECONDS_A_MINUTE
        return Batch(minutes, minutes + self.rows["offset"], self.rows["value"].copy(), self.starts, changes)

    def slopes(self, measure: str) -> Iterator[Slope]:
        """The trend of each over its last weeks; three times nothing where there is too little to go by."""
        if measure not in NOISE_MODELS:
            yield from [(None, None, None)] * (len(self.starts) - 1)
            return
        seconds = self.rows["microseconds"] / 1e6
        since = seconds[self.starts[1:] - 1] - TREND_DAYS * SECONDS_PER_DAY
        late = seconds > np.repeat(since, np.diff(self.starts))
        starts = np.concatenate([[0], np.cumsum(late)])[self.starts]
        fitted = fit_slopes(seconds[late], self.rows["value"][late], starts, NOISE_MODELS[measure])
        for slope, low, high in zip(fitted.slope.tolist(), fitted.low.tolist(), fitted.high.tolist(), strict=True):
            yield (None, None, None) if isnan(slope) else (slope, low, high)


def _plain(line: dict[str, Any]) -> bytes:
    """A line for people's eyes."""
    return ("  ".join(f"{name}={value}" for name, value in line.items()) + "\n").encode()


def _time(row: NDArray[np.void]) -> str:
    """A reading's time as it was written, by its own clock."""
    offset = int(row["offset"])
    zone = UTC if offset == 0 else timezone(timedelta(minutes=offset))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(row["microseconds"]))
    return at.astimezone(zone).isoformat().replace("+00:00", "Z")


def run(file: Path, *, jsonl: bool, trend: bool, progress: Tell) -> None:
    """As `analyse`, to the standard output, with remarks on the standard error."""
    analyse(
        file,
        sys.stdout.buffer,
        jsonl=jsonl,
        trend=trend,
        tell=lambda text: typer.echo(text, err=True),
        progress=progress,
    )
