"""The shared annotated recordings, read for training and for the benchmark: one lead in microvolts and what was seen.

The folder holds `mitdb/`, `cinc2017/`, `afdb_rr/` and `ludb_lead_i/`; none of it is part of the project.
"""

import csv
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

with warnings.catch_warnings():
    # The reference package meets deprecations of pandas while it is imported.
    warnings.simplefilter("ignore")
    import wfdb

Series = NDArray[np.float64]
STRIP_SECONDS = 30.0
BEATS = tuple("NLRBAaJSVrFejnE/fQ?")


@dataclass(frozen=True)
class Recording:
    """One lead with the moments of its beats, the cardiologists' symbols of them, and what must not be scored."""

    name: str
    microvolts: Series
    rate_hertz: float
    beat_seconds: Series = field(default_factory=lambda: np.empty(0))
    beat_symbols: tuple[str, ...] = ()
    flutter_seconds: Series = field(default_factory=lambda: np.empty((0, 2)))

    def strips(self, seconds: float = STRIP_SECONDS) -> Iterator["Recording"]:
        """Separate strips without the ones in ventricular flutter; a rest at the end is left out."""
        total = len(self.microvolts) / self.rate_hertz
        for start in np.arange(0.0, total - seconds + 1e-6, seconds):
            if ((self.flutter_seconds[:, 0] < start + seconds) & (self.flutter_seconds[:, 1] > start)).any():
                continue
            first, last = round(start * self.rate_hertz), round((start + seconds) * self.rate_hertz)
            inside = (self.beat_seconds >= start) & (self.beat_seconds < start + seconds)
            yield Recording(
                self.name,
                self.microvolts[first:last],
                self.rate_hertz,
                self.beat_seconds[inside] - start,
                tuple(symbol for symbol, kept in zip(self.beat_symbols, inside, strict=True) if kept),
            )


def read_arrhythmia_records(folder: Path) -> Iterator[Recording]:
    """The half-hour records of the MIT-BIH Arrhythmia Database."""
    for header in sorted((folder / "mitdb").glob("*.hea")):
        path = str(header.with_suffix(""))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notes, record = wfdb.rdann(path, "atr"), wfdb.rdrecord(path)
        symbols = np.array(notes.symbol)
        is_beat = np.isin(symbols, BEATS)
        yield Recording(
            header.stem,
            record.p_signal[:, 0] * 1000.0,
            float(record.fs),
            notes.sample[is_beat] / record.fs,
            tuple(symbols[is_beat].tolist()),
            notes.sample[np.isin(symbols, ["[", "]"])].reshape(-1, 2) / record.fs,
        )


@dataclass(frozen=True)
class LabelledStrip:
    """A hand-held strip and its class: N normal, A fibrillation, O other rhythm, ~ noise."""

    name: str
    label: str
    path: Path

    def microvolts(self) -> tuple[Series, float]:
        """The samples and their rate in hertz."""
        steps, rate_hertz = soundfile.read(str(self.path), dtype="int16")
        return steps.astype(np.float64), float(rate_hertz)


def list_challenge_strips(folder: Path) -> list[LabelledStrip]:
    """The strips of the CinC 2017 challenge with their labels, version 3."""
    with (folder / "cinc2017" / "REFERENCE-v3.csv").open(newline="") as lines:
        return [LabelledStrip(name, label, folder / "cinc2017" / f"{name}.flac") for name, label in csv.reader(lines)]


@dataclass(frozen=True)
class Delineated:
    """A ten-second lead; of every beat: P onset, QRS onset, R, QRS offset, T offset in seconds (NaN: unmarked)."""

    name: str
    microvolts: Series
    rate_hertz: float
    marks: Series


def _marks(notes: "wfdb.Annotation", rate_hertz: float) -> Series:
    """The waves of each QRS; a P or T belongs to the beat that is next to it."""
    waves: list[tuple[str, int, int, int]] = []
    for at, symbol in enumerate(notes.symbol):
        if symbol in "ptN" and 0 < at < len(notes.symbol) - 1:
            before, after = notes.symbol[at - 1] == "(", notes.symbol[at + 1] == ")"
            if before and after:
                waves.append((symbol, *(int(notes.sample[index]) for index in (at - 1, at, at + 1))))
    rows = []
    for at, (symbol, onset, peak, offset) in enumerate(waves):
        if symbol != "N":
            continue
        p_onset = waves[at - 1][1] if at and waves[at - 1][0] == "p" else np.nan
        t_offset = waves[at + 1][3] if at + 1 < len(waves) and waves[at + 1][0] == "t" else np.nan
        rows.append((p_onset, onset, peak, offset, t_offset))
    return np.array(rows, dtype=np.float64).reshape(-1, 5) / rate_hertz


def read_delineated(folder: Path) -> Iterator[Delineated]:
    """Lead I of the Lobachevsky University Database."""
    for header in sorted((folder / "ludb_lead_i").glob("*.hea"), key=lambda path: int(path.stem)):
        path = str(header.with_suffix(""))
        record, notes = wfdb.rdrecord(path), wfdb.rdann(path, "i")
        rate_hertz = float(record.fs)
        yield Delineated(header.stem, record.p_signal[:, 0] * 1000.0, rate_hertz, _marks(notes, rate_hertz))


@dataclass(frozen=True)
class RhythmWindow:
    """The beats of 30 s of a ten-hour record, and whether most of the time was fibrillation."""

    name: str
    beat_seconds: Series
    fibrillates: bool


def read_rhythm_windows(folder: Path) -> Iterator[RhythmWindow]:
    """Separate 30-s windows of the MIT-BIH Atrial Fibrillation Database; flutter counts as not fibrillating."""
    for path in sorted((folder / "afdb_rr").glob("*.npz")):
        stored = np.load(path)
        rate = float(stored["fs"])
        beats = (float(stored["first"]) + np.append(0, np.cumsum(stored["beats_rr"].astype(np.int64)))) / rate
        edges = np.append(stored["rhythm_sample"] / rate, beats[-1])
        spans = np.array([edges[:-1][stored["rhythm"] == "AFIB"], edges[1:][stored["rhythm"] == "AFIB"]]).T
        for start in np.arange(0.0, beats[-1] - STRIP_SECONDS, STRIP_SECONDS):
            inside = beats[(beats >= start) & (beats < start + STRIP_SECONDS)]
            held = np.clip(np.minimum(spans[:, 1], start + STRIP_SECONDS) - np.maximum(spans[:, 0], start), 0, None)
            if len(inside) > 5:
                yield RhythmWindow(path.stem, inside - start, bool(held.sum() >= STRIP_SECONDS / 2))
