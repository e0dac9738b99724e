"""`cuore import`: what is done and what is said."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.runtime import Runtime
from dev.importing.choices import Choices, ImportReport, Progress, SentStrip
from dev.importing.files import import_file, outcome_of
from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import StripStatus

PATIENCE_SECONDS = 15.0
MOST_LINES = 20
PLURALS = {"line": "Lines", "entry": "Entries"}


def read_patient(text: str) -> UUID:
    """A patient's id as it is typed.

    Raises:
        BadInput: it cannot be one.
    """
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{text} is no patient's id; an id looks like 01890a5d-ac96-774b-bcce-b302099a8057.") from None


def read_moment(text: str | None) -> datetime | None:
    """A moment as it is typed, with or without an offset.

    Raises:
        BadInput: it cannot be one.
    """
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("--recorded-at: write the moment as 2026-01-31T07:30, or with its offset.") from None


async def run_import(
    runtime: Runtime, path: Path, patient_id: UUID, by: Actor, choices: Choices, progress: Progress
) -> tuple[list[str], bool]:
    """What to tell, and whether anything of the file is in the record and readable now.

    Raises:
        DomainError: nothing could be imported; the sentence says why.
    """
    report = await import_file(runtime, path, patient_id, by, choices, progress)
    if report.strip is None:
        return list(_of_readings(report)), bool(report.accepted or report.duplicates or not report.refused)
    row = await outcome_of(runtime, report.strip.id, PATIENCE_SECONDS)
    return list(_of_strip(report.strip, row)), row["status"] != StripStatus.UNREADABLE


def _of_readings(report: ImportReport) -> Iterator[str]:
    refused = len(report.refused) + report.refused_besides
    yield f"Readings: {report.accepted} accepted, {report.duplicates} known already, {refused} refused."
    if report.without_value:
        yield f"{PLURALS[report.places]} without a value that is kept: {report.without_value}."
    if report.not_read:
        yield f"Not read: {', '.join(report.not_read)}."
    for place, reason in report.refused[:MOST_LINES]:
        yield f"  {report.places} {place}: {reason}"
    if refused > MOST_LINES:
        yield f"  … and {refused - MOST_LINES} more."


def _of_strip(strip: SentStrip, row: Mapping[str, Any]) -> Iterator[str]:
    known = " was known already" if strip.is_known else ""
    at = f"{strip.recorded_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    yield f"Strip {strip.id}{known}, recorded {at}, {strip.time_from}."
    match StripStatus(row["status"]):
        case StripStatus.ANALYSED:
            rate = "heart rate not measurable"
            if row["heart_rate_mean"] is not None:
                numbers = [row[f"heart_rate_{name}"] for name in ("mean", "minimum", "maximum")]
                rate = "heart rate {:.0f}/min ({:.0f} to {:.0f})".format(*numbers)
            recorded = f"{row['duration_seconds']:.1f} s at {row['sample_rate_hertz']:g} Hz, {', '.join(row['leads'])}"
            yield f"ANALYSED: {rate}; {recorded}."
        case StripStatus.UNREADABLE:
            yield f"UNREADABLE: {row['unreadable_reason']}"
        case waiting:
            yield f"{waiting}: it waits for a worker, which will analyse it as soon as it can."
