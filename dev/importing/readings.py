"""The readings in a file of a known format, recorded as imports: history that rings no alarm."""

import asyncio
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.runtime import Runtime
from adapters.vital_formats import HEAD_BYTES, recognise
from adapters.vital_formats.format import Empty, Found, NotRead, Outcome, Refused, VitalFormat
from adapters.vital_formats.generic_csv import GenericTable, people_in
from dev.importing.choices import ImportReport, Progress
from domain.access import Actor
from domain.errors import BadInput
from domain.imported_readings import MOST_READINGS_PER_BATCH, take_in
from domain.new_readings import Rejection

READ_AT_ONCE = 500


def format_of(path: Path) -> VitalFormat | None:
    """The format of the readings in a file, if it holds readings."""
    with path.open("rb") as file:
        return recognise(file.read(HEAD_BYTES))


def _of_one_person(path: Path, person: str | None) -> GenericTable:
    """How to read a table of perhaps several people.

    Raises:
        BadInput: it is not clear whose readings are meant; people are never mixed.
    """
    with path.open("rb") as file:
        column, everybody = people_in(file)
    if column is None:
        if person is not None:
            raise BadInput("--person means nothing here: the table has no column that says whose each reading is.")
        return GenericTable()
    if person is None and len(everybody) > 1:
        raise BadInput(
            f"The table holds readings of {len(everybody)} people (column {column});"
            f" choose one of them with --person, for example --person {everybody[0]}"
        )
    if person is not None and person not in everybody:
        raise BadInput(f"The table holds no readings of {person} (column {column}).")
    return GenericTable(person or (everybody or [""])[0])


async def import_readings(
    runtime: Runtime,
    path: Path,
    format_: VitalFormat,
    person: str | None,
    patient_id: UUID,
    by: Actor,
    zone: ZoneInfo,
    progress: Progress,
) -> ImportReport:
    """Record what is known and plausible, report the rest by place; what was imported before is a duplicate."""
    if isinstance(format_, GenericTable):
        format_ = await asyncio.to_thread(_of_one_person, path, person)
    report = ImportReport(places=format_.places)
    keeping: asyncio.Task[None] | None = None
    batch: list[Found] = []
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        outcomes = format_.read(file, zone)
        try:
            while part := await asyncio.to_thread(_next_part, outcomes):
                batch += _found(part, report)
                progress(min(file.tell(), size), size)
                if len(batch) >= MOST_READINGS_PER_BATCH:
                    if keeping is not None:
                        await keeping
                    # The database keeps this batch while the next is read.
                    keeping = asyncio.create_task(_keep(runtime, by, patient_id, batch, report))
                    batch = []
        finally:
            if keeping is not None:
                await keeping
    await _keep(runtime, by, patient_id, batch, report)
    report.refused.sort()
    return report


def _next_part(outcomes: Iterator[Outcome]) -> list[Outcome]:
    return list(itertools.islice(outcomes, READ_AT_ONCE))


def _found(part: Sequence[Outcome], report: ImportReport) -> Iterator[Found]:
    """The readings of a part; all else is told in the report."""
    for outcome in part:
        match outcome:
            case Found():
                yield outcome
            case Refused(place, _, sentence):
                report.refuse(place, sentence)
            case NotRead(name):
                report.not_read += (name,)
            case Empty():
                report.without_value += 1


async def _keep(runtime: Runtime, by: Actor, patient_id: UUID, batch: Sequence[Found], report: ImportReport) -> None:
    if not batch:
        return
    async with runtime.unit_of_work(by) as work:
        imported = await take_in(work, by, patient_id, [one.reading for one in batch])
    report.accepted += imported.accepted
    report.duplicates += imported.duplicates
    for index, why in _reasons(imported.rejected).items():
        report.refuse(batch[index].place, why)


def _reasons(rejected: Sequence[Rejection]) -> dict[int, str]:
    """All that is wrong with each refused reading of a batch, by its index."""
    found: dict[int, list[str]] = {}
    for one in rejected:
        found.setdefault(one.index, []).append(f"{one.message} ({one.field})")
    return {index: " ".join(reasons) for index, reasons in found.items()}
