"""A file of more readings than a batch: kept batch by batch while it is read on, each line told once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.runtime import Runtime
from dev.importing.choices import Choices
from dev.importing.files import import_file
from domain.errors import Unavailable
from domain.imported_readings import MOST_READINGS_PER_BATCH, take_in
from domain.kinds import Role
from tests.people import People

ROWS = 2 * MOST_READINGS_PER_BATCH + 1200
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def a_table(folder: Path) -> Path:
    """A heart rate every minute; one of the second batch cannot be, one of the third is there twice."""
    rows = [f"{(BEGIN + timedelta(minutes=minute)).isoformat()},{60 + minute % 40}" for minute in range(ROWS)]
    rows[15_000] = rows[15_000].replace(",", ",9")
    rows[-1] = rows[-2]
    path = folder / "table.csv"
    path.write_text("time,heart_rate\n" + "\n".join(rows) + "\n")
    return path


async def test_every_line_is_kept_known_or_told(runtime: Runtime, people: People, tmp_path: Path) -> None:
    by = people.actors[Role.CLINICIAN]
    path = a_table(tmp_path)
    told: list[tuple[int, int]] = []
    for accepted in (ROWS - 2, 0):
        report = await import_file(runtime, path, people.patient_id, by, Choices(), lambda *done: told.append(done))
        assert (report.accepted, report.duplicates) == (accepted, ROWS - 1 - accepted)
        assert [place for place, _ in report.refused] == [15_002]
        assert told[-1] == (path.stat().st_size, path.stat().st_size)
    row = await runtime.pool.fetchrow(
        "SELECT (SELECT count(*) FROM reading) AS kept, (SELECT sum(readings) FROM daily_summary) AS summed,"
        " (SELECT max(measured_at) FROM latest_reading) AS newest,"
        " (SELECT count(*) FROM audit_entry WHERE action = 'recordVitals') AS audited"
    )
    assert row is not None
    assert tuple(row) == (ROWS - 2, ROWS - 2, BEGIN + timedelta(minutes=ROWS - 2), 6)


async def test_a_database_that_goes_away_ends_it_and_the_next_time_goes_on(
    runtime: Runtime, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = people.actors[Role.CLINICIAN]
    path = a_table(tmp_path)
    batches = 0

    async def second_fails(*args: object) -> object:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise Unavailable("The database is away for a moment; please try again.")
        return await take_in(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("dev.importing.readings.take_in", second_fails)
    with pytest.raises(Unavailable):
        await import_file(runtime, path, people.patient_id, by, Choices(), lambda _done, _total: None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM reading") == MOST_READINGS_PER_BATCH
    report = await import_file(runtime, path, people.patient_id, by, Choices(), lambda _done, _total: None)
    assert (report.accepted, report.duplicates) == (ROWS - 2 - MOST_READINGS_PER_BATCH, MOST_READINGS_PER_BATCH + 1)
