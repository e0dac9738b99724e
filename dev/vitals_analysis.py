"""`cuore vitals analyse`: findings of a table of many series, as they would have been raised, one JSON line each."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import typer
from numpy.typing import NDArray

from analytics.noise_models import NOISE_MODELS
from analytics.trend import SECONDS_PER_DAY, fit_trend
from analytics.vital_batch import Batch, find
from analytics.vital_findings import THRESHOLDS, Finding
from analytics.vital_population import POPULATIONS
from dev.vitals_analysis_rows import MEASURES, MICROSECONDS_A_MINUTE, Rows, read_rows
from dev.vitals_analysis_store import ROW, RowStore

TREND_DAYS = 28
MOST_REASONS = 20

Tell = Callable[[int, int], None]


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
    for measure, places in by_measure.items():
        name = MEASURES[measure]
        counts = np.diff(starts)[places]
        these = np.concatenate([np.arange(starts[place], starts[place + 1]) for place in places])
        minutes = rows["microseconds"][these] // MICROSECONDS_A_MINUTE
        batch = Batch(
            minutes,
            minutes + rows["offset"][these],
            rows["value"][these].copy(),
            np.concatenate([[0], np.cumsum(counts)]),
            {at: changes for at, place in enumerate(places) if (changes := names.changes(numbers[place]))},
        )
        for at, finding in find(POPULATIONS[name], batch, THRESHOLDS[name]):
            findings.setdefault(places[at], []).append(finding)
    for place, number in enumerate(numbers):
        series, measure = names.keys[number]
        of_series = rows[starts[place] : starts[place + 1]]
        for finding in findings.get(place, ()):
            yield {
                "series": series,
                "measure": MEASURES[measure],
                "raisedAt": _time(of_series[finding.reading]),
                "kind": finding.kind,
                "direction": finding.direction,
                "score": round(finding.score, 4),
                "onsetAt": _time(of_series[finding.onset_reading]),
                "observed": round(finding.observed, 4),
                "expectedLow": round(finding.expected_low, 4),
                "expectedHigh": round(finding.expected_high, 4),
                "explained": finding.explained,
                "version": finding.version,
            }
        if trend:
            yield {"series": series, "measure": MEASURES[measure], **_trend(of_series, MEASURES[measure])}


def _plain(line: dict[str, Any]) -> bytes:
    """A line for people's eyes."""
    return ("  ".join(f"{name}={value}" for name, value in line.items()) + "\n").encode()


def _trend(rows: NDArray[np.void], measure: str) -> dict[str, float | None]:
    seconds = rows["microseconds"] / 1e6
    last = seconds > seconds[-1] - TREND_DAYS * SECONDS_PER_DAY
    fit = fit_trend(seconds[last], rows["value"][last], NOISE_MODELS[measure]) if measure in NOISE_MODELS else None
    if fit is None:
        return {"slopePerWeek": None, "low": None, "high": None}
    return {"slopePerWeek": fit.slope_per_week, "low": fit.slope_low, "high": fit.slope_high}


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
