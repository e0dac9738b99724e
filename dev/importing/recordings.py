"""A file that holds an ECG strip: the bytes to upload, and when they were recorded."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.strip_formats import UnreadableStrip, decode_strip
from adapters.strip_formats.strip import LONGEST_SECONDS, SHORTEST_SECONDS
from dev.importing.choices import Choices
from dev.importing.wfdb_part import cut
from dev.importing.wfdb_record import WfdbRecord, open_record, pack, wrap_flac
from domain import strips
from domain.errors import BadInput
from domain.kinds import StripFormat

FORMATS = {".json": StripFormat.JSON, ".csv": StripFormat.CSV, ".zip": StripFormat.WFDB}
RECORDS = {".hea", ".flac"}
PART = {"from_seconds", "seconds"}
SHORTER = dict.fromkeys(RECORDS, "; import a part of it with --from-seconds and --seconds") | {
    ".zip": "; unpack it, and import a part of its .hea file with --from-seconds and --seconds"
}
# A recording of weeks; whatever lies beyond is a slip of the keyboard.
LATEST_START_SECONDS = 1e7
_APPLE_MOMENT = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")
_APPLE_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Recording:
    """What a phone would send; `time_from` says who told the moment."""

    data: bytes
    format: StripFormat
    recorded_at: datetime
    time_from: str


def _part(choices: Choices) -> tuple[float, float] | None:
    """Start and length of the wanted part."""
    if choices.seconds is None:
        if choices.from_seconds is not None:
            raise BadInput("--from-seconds needs --seconds, the length of the part.")
        return None
    start = choices.from_seconds or 0.0
    if not SHORTEST_SECONDS <= choices.seconds <= LONGEST_SECONDS:
        raise BadInput(f"--seconds must be between {SHORTEST_SECONDS:g} and {LONGEST_SECONDS:g}.")
    if not 0 <= start <= LATEST_START_SECONDS:
        raise BadInput("--from-seconds must be 0 or more, and within the recording.")
    return start, choices.seconds


def _record(path: Path, choices: Choices) -> WfdbRecord:
    if path.suffix.lower() == ".hea":
        choices.allow_only({"recorded_at"} | PART, "a WFDB header, which says how large a step is")
        return open_record(path)
    choices.allow_only({"recorded_at", "microvolts_per_step"} | PART, "a FLAC file")
    step = choices.microvolts_per_step
    if step is None:
        raise BadInput(
            f"{path.name} does not say how many microvolts a step of its values is;"
            " state it with --microvolts-per-step, for example --microvolts-per-step 1"
        )
    if not (math.isfinite(step) and 0.001 <= step <= 1000):
        raise BadInput("--microvolts-per-step must be between 0.001 and 1000.")
    return wrap_flac(path, step)


def _apple_moment(data: bytes) -> datetime | None:
    """When a watch says that it recorded; known by its form, since the key is in the phone's language."""
    found = _APPLE_MOMENT.search(data[:_APPLE_HEAD_BYTES])
    try:
        return datetime.strptime(found[0].decode(), "%Y-%m-%d %H:%M:%S %z") if found else None
    except ValueError:
        return None


def _check(path: Path, data: bytes) -> None:
    """See beforehand that a worker can read it, as far as the importer could do something about it."""
    suffix = path.suffix.lower()
    try:
        decode_strip(data)
    except UnreadableStrip as unreadable:
        # An archive that we packed ourselves holds too much only if the record is long.
        if unreadable.code in {"TOO_LONG", "TOO_LARGE"} or (unreadable.code == "ARCHIVE_REFUSED" and suffix in RECORDS):
            raise BadInput(
                f"{path.name} is longer than a strip, which has at most {LONGEST_SECONDS / 60:g} minutes and"
                f" {strips.MOST_BYTES // 2**20} megabytes{SHORTER.get(suffix, '')}."
            ) from None
        if suffix == ".csv":
            raise BadInput(
                f"{path.name} is neither a table of readings (a column measured_at and some of systolic and diastolic,"
                f" heart_rate, weight, spo2, body_temperature, steps) nor an ECG export of a watch: {unreadable}"
            ) from None


def read_recording(path: Path, choices: Choices, zone: ZoneInfo) -> Recording:
    """The strip in a file; times without an offset are of the clock of `zone`.

    Raises:
        BadInput: it is too long, a part of it is missing, or its owner must say more about it.
    """
    suffix = path.suffix.lower()
    part = _part(choices)
    said: datetime | None = None
    shift = timedelta()
    if suffix in RECORDS:
        record = _record(path, choices)
        said = record.began_at
        if part is None:
            data, kind = pack(record), StripFormat.WFDB
        else:
            data, kind, shift = cut(record, *part), StripFormat.WFDB, timedelta(seconds=part[0])
    else:
        choices.allow_only({"recorded_at"}, f"a {suffix} file")
        data, kind = path.read_bytes(), FORMATS[suffix]
        said = _apple_moment(data) if suffix == ".csv" else None
    _check(path, data)
    if said is not None:
        at, time_from = said + shift, "as the file says"
    elif choices.recorded_at is not None:
        at, time_from = choices.recorded_at + shift, "as you said"
    else:
        # Nobody says it, so the file's own time, at or after the end, is the nearest truth.
        at, time_from = datetime.fromtimestamp(int(path.stat().st_mtime), UTC), "as the file's own time tells"
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return Recording(data, kind, at, time_from)
