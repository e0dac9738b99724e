"""The readings of one person in a table, recorded as imports: history that rings no alarm."""

from datetime import UTC
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from adapters.runtime import Runtime
from dev.importing.choices import ImportReport, Progress
from dev.importing.columns import Columns, Measured
from dev.importing.sending import in_calls, record_all
from dev.importing.tables import Row, Table
from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import ReadingSource
from domain.vitals import NewReading, Recorded


def _of_one_person(table: Table, columns: Columns, person: str | None) -> list[Row]:
    """The rows of that person; rows that are broken stay, so that they are reported.

    Raises:
        BadInput: it is not clear whose readings are meant; people are never mixed.
    """
    if columns.person is None:
        if person is not None:
            raise BadInput("--person means nothing here: the table has no column that says whose each reading is.")
        return list(table.rows)
    column = columns.person
    everybody = sorted({row.cells[column] for row in table.rows if row.problem is None and row.cells[column]})
    if person is None and len(everybody) > 1:
        raise BadInput(
            f"The table holds readings of {len(everybody)} people (column {column});"
            f" choose one of them with --person, for example --person {everybody[0]}"
        )
    if person is not None and person not in everybody:
        raise BadInput(f"The table holds no readings of {person} (column {column}).")
    wanted = person or (everybody or [""])[0]
    kept = []
    for row in table.rows:
        if row.problem is not None or row.cells[column] == wanted:
            kept.append(row)
        elif not row.cells[column]:
            kept.append(Row(row.line, row.cells, f"{column} is empty, so it is nobody's"))
    return kept


def _reading(patient_id: UUID, measured: Measured) -> NewReading:
    # The same values of the same moment are the same reading, in whichever line or file they come.
    numbers = sorted(measured.values.items())
    name = f"import/{patient_id}/{measured.kind}/{measured.at.astimezone(UTC).isoformat()}/{numbers}"
    return NewReading(
        client_id=uuid5(NAMESPACE_URL, name),
        kind=measured.kind,
        measured_at=measured.at,
        source=ReadingSource.IMPORT,
        values=measured.values,
        unit=measured.unit,
        device="Import",
    )


async def import_readings(
    runtime: Runtime,
    table: Table,
    columns: Columns,
    person: str | None,
    patient_id: UUID,
    by: Actor,
    progress: Progress,
) -> ImportReport:
    """Record what is known and plausible, report the rest by line; what was imported before is a duplicate."""
    zone = ZoneInfo(await runtime.pool.fetchval("SELECT time_zone FROM patient WHERE id = $1", patient_id))
    known = columns.names()
    if repeated := next((name for name in known if table.columns.count(name) > 1), None):
        raise BadInput(f"The table has more than one column {repeated}.")
    report = ImportReport(columns_not_read=tuple(name for name in table.columns if name not in known))
    readings: dict[UUID, NewReading] = {}
    lines: dict[UUID, int] = {}
    for row in _of_one_person(table, columns, person):
        measured, problems = ([], [row.problem]) if row.problem else columns.measured(table, row, zone)
        report.refused += [(row.line, problem) for problem in problems]
        report.lines_without_value += not measured and not problems
        for one in measured:
            reading = _reading(patient_id, one)
            report.duplicates += reading.client_id in readings
            readings.setdefault(reading.client_id, reading)
            lines.setdefault(reading.client_id, row.line)
    done = 0
    for part in in_calls(list(readings.values())):
        (outcome,) = await record_all(runtime, by, patient_id, part)
        report.accepted += len(outcome.accepted)
        report.duplicates += len(outcome.duplicates)
        report.refused += [(lines[part[index].client_id], why) for index, why in _reasons(outcome).items()]
        done += len(part)
        progress(done, len(readings))
    report.refused.sort()
    return report


def _reasons(outcome: Recorded) -> dict[int, str]:
    """All that is wrong with each refused reading of a call, by its index."""
    found: dict[int, list[str]] = {}
    for one in outcome.rejected:
        found.setdefault(one.index, []).append(f"{one.message} ({one.field})")
    return {index: " ".join(reasons) for index, reasons in found.items()}
