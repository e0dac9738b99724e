"""Bring recordings from files into a patient's record, through the verbs that phones use."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from adapters.runtime import Runtime
from dev.importing.sending import record_all, send_strip
from domain import vitals
from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import ReadingSource, StripFormat, VitalKind


@dataclass
class ImportReport:
    """What became of a file: counts, the strips' ids, and each refused line with its reason."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    strips: list[UUID] = field(default_factory=list)


async def import_file(
    runtime: Runtime, path: Path, patient_id: UUID, by: Actor, progress: Callable[[int, int], None]
) -> ImportReport:
    """Import one file; importing it again adds nothing.

    Raises:
        BadInput: nothing in the file is known.
    """
    kind = STRIP_FORMATS.get(path.suffix)
    if kind is None:
        raise BadInput(f"{path.name}: import reads .csv, .json, .zip and WFDB's .hea files.")
    data = await asyncio.to_thread(_bytes, path)
    if kind is not StripFormat.CSV:
        return await _strip(runtime, data, kind, patient_id, by, path)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    zone = await runtime.pool.fetchval("SELECT time_zone FROM patient WHERE id = $1", patient_id)
    reader = _reader(header, ZoneInfo(zone or "UTC"))
    if reader is None:
        return await _strip(runtime, data, StripFormat.CSV, patient_id, by, path)
    return await _readings(runtime, rows, reader, patient_id, by, progress)


STRIP_FORMATS = {
    ".hea": StripFormat.WFDB,
    ".zip": StripFormat.WFDB,
    ".json": StripFormat.JSON,
    ".csv": StripFormat.CSV,
}


def _bytes(path: Path) -> bytes:
    return _archive(path) if path.suffix == ".hea" else path.read_bytes()


def _archive(header: Path) -> bytes:
    """A WFDB record as the one file in which it is uploaded."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (header, header.with_suffix(".dat")):
            # A fixed time keeps the archive, and so its checksum, the same on every import.
            archive.writestr(zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0)), path.read_bytes())
    return packed.getvalue()


async def _strip(
    runtime: Runtime, data: bytes, kind: StripFormat, patient_id: UUID, by: Actor, path: Path
) -> ImportReport:
    # No format that we read says the moment with its zone; the file's own time is the nearest truth.
    modified = await asyncio.to_thread(path.stat)
    at = datetime.fromtimestamp(int(modified.st_mtime), UTC)
    strip_id = await send_strip(runtime, by, patient_id, data, kind, at=at, device="Import")
    return ImportReport(strips=[strip_id])


Values = tuple[VitalKind, dict[str, float]]
Reader = Callable[[dict[str, str]], tuple[datetime, list[Values]]]


TIME_COLUMNS = ("measurement_datetime", "measured_at", "datetime", "timestamp", "time", "date", "day")
NOON = timedelta(hours=12)


def _reader(header: list[str], zone: ZoneInfo) -> tuple[list[str], Reader] | None:
    """How to read a table with these columns, if they are known; times without offset are the patient's own."""
    names = set(header)
    time = next((name for name in TIME_COLUMNS if name in names), None)
    if time is None:
        return None
    pressure = next(
        (
            (high, low)
            for high, low in (("systolic", "diastolic"), ("bp_systolic", "bp_diastolic"), ("sbp", "dbp"))
            if {high, low} <= names
        ),
        None,
    )
    single = {
        column: kind
        for column, kind in (
            ("heart_rate", VitalKind.HEART_RATE),
            ("pulse_average", VitalKind.HEART_RATE),
            ("weight", VitalKind.WEIGHT),
            ("weight_kg", VitalKind.WEIGHT),
            ("spo2", VitalKind.OXYGEN_SATURATION),
            ("average_spo2_value", VitalKind.OXYGEN_SATURATION),
            ("oxygen_saturation", VitalKind.OXYGEN_SATURATION),
            ("body_temperature", VitalKind.BODY_TEMPERATURE),
            ("body_temperature_avg", VitalKind.BODY_TEMPERATURE),
            ("steps", VitalKind.STEPS),
            ("steps_count", VitalKind.STEPS),
        )
        if column in names
    }
    if pressure is None and not single:
        return None

    def read(row: dict[str, str]) -> tuple[datetime, list[Values]]:
        text = " ".join(row[time].split())
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        # A day's value has no hour; noon keeps it in its day in every zone's neighbourhood.
        at = at + NOON if text.isascii() and len(text) == len("2026-01-01") else at
        values: list[Values] = []
        if pressure is not None and row[pressure[0]] and row[pressure[1]]:
            numbers = {"systolic": float(row[pressure[0]]), "diastolic": float(row[pressure[1]])}
            if row.get("pulse"):
                numbers["pulse"] = float(row["pulse"])
            values.append((VitalKind.BLOOD_PRESSURE, numbers))
        values += [(kind, {"value": float(row[name])}) for name, kind in single.items() if row[name]]
        return at, values

    return header, read


async def _readings(
    runtime: Runtime,
    rows: list[list[str]],
    known: tuple[list[str], Reader],
    patient_id: UUID,
    by: Actor,
    progress: Callable[[int, int], None],
) -> ImportReport:
    header, read = known
    report = ImportReport()
    readings: list[vitals.NewReading] = []
    lines: list[int] = []
    known_ids: set[UUID] = set()
    for line, cells in enumerate(rows[1:], start=2):
        try:
            at, values = read(dict(zip(header, cells, strict=True)))
        except ValueError as wrong:
            report.rejected.append((line, f"could not be read: {type(wrong).__name__}"))
            continue
        for kind, numbers in values:
            # The same values of the same moment are the same reading, in whichever line or file they come.
            client_id = uuid5(NAMESPACE_URL, f"import/{patient_id}/{kind}/{at.isoformat()}/{sorted(numbers.items())}")
            if client_id in known_ids:
                report.duplicates += 1
                continue
            known_ids.add(client_id)
            readings.append(vitals.NewReading(client_id, kind, at, ReadingSource.IMPORT, numbers, device="Import"))
            lines.append(line)
    for first, part in _parts(readings):
        (outcome,) = await record_all(runtime, by, patient_id, part)
        report.accepted += len(outcome.accepted)
        report.duplicates += len(outcome.duplicates)
        report.rejected += [(lines[first + one.index], f"{one.field}: {one.message}") for one in outcome.rejected]
        progress(first + len(part), len(readings))
    return report


def _parts(readings: list[vitals.NewReading]) -> Iterator[tuple[int, list[vitals.NewReading]]]:
    size = vitals.MOST_READINGS_PER_CALL
    for first in range(0, len(readings), size):
        yield first, readings[first : first + size]
