"""One file into one patient's record: readings of any format that is known, or a strip."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.runtime import Runtime
from adapters.vital_formats.generic_csv import GenericTable
from dev.importing.choices import Choices, ImportReport, Progress, SentStrip
from dev.importing.readings import format_of, import_readings
from dev.importing.recordings import FORMATS, RECORDS, Recording, read_recording
from dev.importing.sending import send_strip
from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import StripStatus
from domain.patients import require_visible

MOST_BYTES = 64 * 2**20
LOOK_SECONDS = 0.1


async def import_file(
    runtime: Runtime, path: Path, patient_id: UUID, by: Actor, choices: Choices, progress: Progress
) -> ImportReport:
    """Import one file; importing it again adds nothing.

    Raises:
        BadInput: the file cannot be imported, or its owner must say more about it.
        NotFound: the patient is not visible to `by`.
    """
    async with runtime.pool.acquire() as connection:
        await require_visible(connection, by, patient_id, runtime.now())
        zone = ZoneInfo(await connection.fetchval("SELECT time_zone FROM patient WHERE id = $1", patient_id))
    with _told_of_the_file(path):
        _check_file(path)
        found = await asyncio.to_thread(format_of, path)
    if found is not None:
        allowed = {"person"} if isinstance(found, GenericTable) else set()
        choices.allow_only(allowed, f"a {found.name}" if allowed else f"a file of {found.name}")
        return await import_readings(runtime, path, found, choices.person, patient_id, by, zone, progress)
    with _told_of_the_file(path):
        _check_strip(path)
        recording = await asyncio.to_thread(read_recording, path, choices, zone)
    return ImportReport(strip=await _send(runtime, by, patient_id, recording))


@contextmanager
def _told_of_the_file(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as lost:
        raise BadInput(f"{path} cannot be read: {lost.strerror or type(lost).__name__}.") from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise BadInput(f"{path} is a folder; import its files one by one.")
    if not path.exists():
        raise BadInput(f"There is no file {path}.")


def _check_strip(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".dat":
        raise BadInput(f"{path.name} is the signal of a WFDB record; import its header, the .hea file beside it.")
    if suffix not in FORMATS and suffix not in RECORDS:
        raise BadInput(
            f"{path.name} holds no readings of a known format;"
            f" a strip is a {', '.join(sorted({*FORMATS, *RECORDS}))} file."
        )
    size = path.stat().st_size
    if size == 0:
        raise BadInput(f"{path.name} is empty.")
    if suffix in FORMATS and size > MOST_BYTES:
        raise BadInput(f"{path.name} is larger than {MOST_BYTES // 2**20} megabytes; import it in parts.")


async def _send(runtime: Runtime, by: Actor, patient_id: UUID, recording: Recording) -> SentStrip:
    """Send it, unless the same bytes came before, whatever the time of their file; a cut upload goes on."""
    row = await runtime.pool.fetchrow(
        "SELECT id, status, recorded_at FROM ecg_strip WHERE patient_id = $1 AND sha256 = $2"
        " ORDER BY created_at LIMIT 1",
        patient_id,
        hashlib.sha256(recording.data).hexdigest(),
    )
    at = row["recorded_at"] if row else recording.recorded_at
    if row is not None and row["status"] != StripStatus.UPLOADING:
        return SentStrip(row["id"], is_known=True, recorded_at=at, time_from="as was said then")
    strip_id = await send_strip(runtime, by, patient_id, recording.data, recording.format, at=at, device="Import")
    return SentStrip(strip_id, is_known=False, recorded_at=at, time_from=recording.time_from)


async def outcome_of(runtime: Runtime, strip_id: UUID, patience_seconds: float) -> Mapping[str, Any]:
    """The strip's row, as soon as a worker has analysed it, or as it is when patience ends."""
    deadline = time.monotonic() + patience_seconds
    while True:
        row: Mapping[str, Any] = await runtime.pool.fetchrow("SELECT * FROM ecg_strip WHERE id = $1", strip_id)
        if row["status"] != StripStatus.RECEIVED or time.monotonic() > deadline:
            return row
        await asyncio.sleep(LOOK_SECONDS)
