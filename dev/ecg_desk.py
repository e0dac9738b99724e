"""Strips from files, analysed at the desk without a server: many at once, in processes of their own, in order."""

import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

from adapters.strip_formats import DecodedStrip, UnreadableStrip, decode_strip
from adapters.strip_formats.strip import MOST_BYTES
from analytics.beat_intervals import Measured
from analytics.strip_analysis import METHOD, VERSION, StripAnalysis, analyse_strip
from dev.importing.wfdb_record import open_record, pack, wrap_flac
from domain.errors import BadInput

# A ten-minute strip takes a few seconds; whatever takes longer than this never ends.
DEADLINE_SECONDS = 60
MEMORY_BYTES = 2 * 2**30
_WFDB_PARTS = {".dat", ".atr", ".i", ".qrs", ".mat", ".xws"}
_WAITING_FOR_EACH_PROCESS = 8
_MICROVOLTS_PER_STEP = 1.0

Line = dict[str, Any]


def strip_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those of the folders named in order of their names; parts of WFDB records are left out."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        headers = {one.with_suffix("") for one in inside if one.suffix == ".hea"}
        found += [one for one in inside if not (one.suffix in _WFDB_PARTS and one.with_suffix("") in headers)]
    return found


def read_strip(path: Path) -> DecodedStrip:
    """The recording in a file; a .hea stands for its record, and a bare .flac is taken to have steps of 1 uV.

    Raises:
        UnreadableStrip: when it is none, or cannot be read.
    """
    try:
        if path.suffix == ".hea":
            data = pack(open_record(path))
        elif path.suffix == ".flac":
            data = pack(wrap_flac(path, _MICROVOLTS_PER_STEP))
        elif path.stat().st_size > MOST_BYTES:
            raise UnreadableStrip("TOO_LARGE", "The file is larger than 8 megabytes. Please send a shorter recording.")
        else:
            data = path.read_bytes()
    except BadInput as refused:
        raise UnreadableStrip("DAMAGED", str(refused)) from None
    except OSError as lost:
        raise UnreadableStrip("NO_FILE", f"The file cannot be read: {lost.strerror}.") from None
    return decode_strip(data)


def _line(path: Path, status: str, reason: str | None) -> Line:
    """What is said of a strip of which nothing is known."""
    return {
        "file": str(path),
        "status": status,
        "reason": reason,
        "durationSeconds": None,
        "quality": {"usable": False, "score": 0.0, "reasons": []},
        "beatSeconds": [],
        "beatKinds": [],
        "heartRate": None,
        "rhythm": {"label": "INCONCLUSIVE", "confidence": None},
        "challengeClass": "~",
        "intervals": {"pr": None, "qrs": None, "qt": None},
        "method": METHOD,
        "version": VERSION,
    }


def unreadable(path: Path, reason: str) -> Line:
    """The line of a file that is no strip."""
    return _line(path, "UNREADABLE", reason)


def _milliseconds(measured: Measured | None) -> float | None:
    return None if measured is None else round(measured.milliseconds, 1)


def line_of(path: Path, found: StripAnalysis) -> Line:
    """The analysis of a file as one JSON object."""
    return _line(path, "ANALYSED", None) | {
        "durationSeconds": round(found.duration_seconds, 3),
        "quality": {
            "usable": found.quality.is_usable,
            "score": round(found.quality.score, 3),
            "reasons": list(found.quality.reasons),
        },
        "beatSeconds": [round(second, 4) for second in found.beat_seconds],
        "beatKinds": list(found.beat_kinds),
        "heartRate": None if found.heart_rate is None else round(found.heart_rate.mean, 1),
        "rhythm": {"label": found.rhythm.label, "confidence": round(found.rhythm.confidence, 3)},
        "challengeClass": found.rhythm.challenge_class,
        "intervals": {
            "pr": _milliseconds(found.intervals.pr),
            "qrs": _milliseconds(found.intervals.qrs),
            "qt": _milliseconds(found.intervals.qt),
        },
        "method": found.method,
        "version": found.version,
    }


def in_words(line: Line) -> str:
    """A file's line for people."""
    if line["status"] != "ANALYSED":
        return f"{line['file']}: {line['reason']}"
    rate = "no rate" if line["heartRate"] is None else f"{line['heartRate']:.0f}/min"
    rhythm = line["rhythm"]["label"].replace("_", " ").lower()
    quality = f"quality {line['quality']['score']:.2f}"
    return f"{line['file']}: {line['durationSeconds']:.0f} s, {rate}, {rhythm}, {quality}"


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _limit() -> None:
    """What a process that reads strangers' files may use."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, _too_slow)


def analyse_file(path: Path) -> Line:
    """One file's line; whatever is wrong with it ends as a reason."""
    signal.alarm(DEADLINE_SECONDS)
    try:
        strip = read_strip(path)
        samples = next(iter(strip.leads.values()))
        return line_of(path, analyse_strip(samples, strip.sample_rate_hertz))
    except UnreadableStrip as refused:
        return unreadable(path, str(refused))
    except (MemoryError, TimeoutError):
        return unreadable(path, "The recording takes too much time or memory.")
    except Exception:  # noqa: BLE001 - one odd file must not end a night's work
        return unreadable(path, "The recording could not be analysed.")
    finally:
        signal.alarm(0)


def _processes(count: int) -> ProcessPoolExecutor:
    # Each process has one core; libraries that start threads of their own would only get in each other's way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_limit)


def _alone(path: Path) -> Line:
    """A file in a process that nothing else shares, since it may have ended the last one."""
    with _processes(1) as process:
        try:
            return process.submit(analyse_file, path).result()
        except BrokenProcessPool:
            return unreadable(path, "The recording takes too much time or memory.")


def analyse_files(paths: list[Path], tell: Callable[[int, int], None]) -> Iterator[Line]:
    """The lines of all files in their order, as they come; `tell` hears how many of how many are done."""
    count = max(1, min(os.cpu_count() or 1, len(paths)))
    pool = _processes(count)
    waiting: list[Future[Line]] = []
    try:
        for done, path in enumerate(paths):
            while len(waiting) < min(count * _WAITING_FOR_EACH_PROCESS, len(paths) - done):
                waiting.append(pool.submit(analyse_file, paths[done + len(waiting)]))
            try:
                line = waiting.pop(0).result()
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                line, pool, waiting = _alone(path), _processes(count), []
            yield line
            tell(done + 1, len(paths))
    finally:
        pool.shutdown(cancel_futures=True)


def draw_file(path: Path, target: Path, lead: str | None, *, mark_beats: bool) -> None:
    """The strip on ECG paper; the target's ending says which kind of picture.

    Raises:
        UnreadableStrip: when the file is no strip, or has no such lead.
    """
    from adapters.strip_drawing import DrawnStrip, draw_png, draw_svg  # noqa: PLC0415 - only drawing needs these
    from adapters.strip_pdf import draw_pdf  # noqa: PLC0415
    from adapters.strip_words import findings, quality, rate_and_rhythm  # noqa: PLC0415

    strip = read_strip(path)
    name = lead or next(iter(strip.leads))
    if name not in strip.leads:
        raise UnreadableStrip("NO_LEAD", f"The recording has no lead {name}, but {', '.join(strip.leads)}.")
    samples = strip.leads[name]
    found = analyse_strip(samples, strip.sample_rate_hertz)
    drawn = DrawnStrip(
        lead=name,
        sample_rate_hertz=strip.sample_rate_hertz,
        samples_microvolts=samples,
        recorded_at_text="at an unknown time",
        rate_text=rate_and_rhythm(found),
        note=quality(found),
        beat_seconds=found.beat_seconds if mark_beats else (),
    )
    kinds: dict[str, Callable[[], bytes]] = {
        ".svg": lambda: draw_svg(drawn).encode(),
        ".png": lambda: draw_png(drawn),
        ".pdf": lambda: draw_pdf(drawn, findings(found)),
    }
    target.write_bytes(kinds[target.suffix.lower()]())
