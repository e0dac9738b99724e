"""All patients analysed anew, part by part: begun, stopped and gone on with; each part is one transaction.

A part that is done asks for the next one of its lane, so that only as many parts wait in the queue as there are lanes,
and fresh readings never wait behind thousands of them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import findings, vital_changes, vital_filters
from domain.kinds import WorkKind
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

PATIENTS_OF_A_PART = 250
LANES = 4


@dataclass(frozen=True)
class Progress:
    """How far the newest reanalysis is."""

    id: UUID
    begun_at: datetime
    is_stopped: bool
    parts: int
    done: int
    series: int
    readings: int
    findings: int


async def progress(connection: Connection) -> Progress | None:
    """Of the newest one, if there has been any."""
    row = await connection.fetchrow(
        "SELECT reanalysis.id, begun_at, stopped_at IS NOT NULL AS is_stopped, count(part.id) AS parts,"
        " count(part.done_at) AS done, coalesce(sum(series), 0) AS series, coalesce(sum(readings), 0) AS readings,"
        " coalesce(sum(findings), 0) AS findings"
        " FROM (SELECT * FROM reanalysis ORDER BY begun_at DESC, id DESC LIMIT 1) AS reanalysis"
        " LEFT JOIN reanalysis_part AS part ON part.reanalysis_id = reanalysis.id"
        " GROUP BY reanalysis.id, begun_at, stopped_at"
    )
    return Progress(**row) if row else None


async def go_on(work: UnitOfWork, lanes: int = LANES) -> None:
    """Go on with the newest reanalysis where it is not done, else begin another one."""
    await work.connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('reanalyses', 0))")
    newest = await progress(work.connection)
    reanalysis_id = newest.id if newest and newest.done < newest.parts else await _begin(work, lanes)
    await work.connection.execute(
        "UPDATE reanalysis SET stopped_at = NULL, lanes = $2 WHERE id = $1", reanalysis_id, lanes
    )
    # The first part of each lane that is not done.
    rows = await work.connection.fetch(
        "SELECT DISTINCT ON (number % $2) id FROM reanalysis_part WHERE reanalysis_id = $1 AND done_at IS NULL"
        " ORDER BY number % $2, number",
        reanalysis_id,
        lanes,
    )
    for row in rows:
        work.ask(WorkKind.REANALYSE_VITALS, row["id"])
    work.audit("reanalyse", subject_id=reanalysis_id)


async def _begin(work: UnitOfWork, lanes: int) -> UUID:
    reanalysis_id = new_id()
    await work.connection.execute(
        "INSERT INTO reanalysis (id, begun_at, lanes) VALUES ($1, $2, $3)", reanalysis_id, work.at, lanes
    )
    await work.connection.execute(
        "INSERT INTO reanalysis_part (id, reanalysis_id, number, first_patient_id, last_patient_id)"
        " SELECT uuidv7(), $1, part, (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1]"
        " FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / $2 AS part FROM patient) AS numbered GROUP BY part",
        reanalysis_id,
        PATIENTS_OF_A_PART,
    )
    return reanalysis_id


async def stop(work: UnitOfWork) -> None:
    """Let no further part begin; those under way come to their end."""
    await work.connection.execute("UPDATE reanalysis SET stopped_at = $1 WHERE stopped_at IS NULL", work.at)
    work.audit("stopReanalysis")


async def do_part(work: UnitOfWork, part_id: UUID) -> None:
    """Analyse the patients of a part anew, and ask for the next part of its lane."""
    part = await work.connection.fetchrow(
        "SELECT part.*, lanes FROM reanalysis_part AS part JOIN reanalysis ON reanalysis.id = reanalysis_id"
        " WHERE part.id = $1 AND done_at IS NULL AND stopped_at IS NULL FOR UPDATE OF part",
        part_id,
    )
    if part is None:
        return
    patient_ids = [
        row["id"]
        for row in await work.connection.fetch(
            "SELECT id FROM patient WHERE id BETWEEN $1 AND $2", part["first_patient_id"], part["last_patient_id"]
        )
    ]
    await vital_filters.take_turn(work.connection, patient_ids)
    unread = await vital_filters.take_unread(work.connection, patient_ids)
    analysed = await vital_filters.begin_anew(work.connection, patient_ids, unread)
    written = await findings.write(work, analysed)
    # History rings nobody; what a fresh reading shows must not be lost because this came first.
    by_patient: dict[UUID, list[findings.Row]] = {}
    for row in written.new:
        by_patient.setdefault(row["patient_id"], []).append(row)
    for patient_id, new in by_patient.items():
        await vital_changes.tell(work, patient_id, new)
    await work.connection.execute(
        "UPDATE reanalysis_part SET done_at = $2, series = $3, readings = $4, findings = $5 WHERE id = $1",
        part_id,
        work.at,
        sum(one.taken.readings > 0 for one in analysed.values()),
        sum(one.taken.readings for one in analysed.values()),
        written.count,
    )
    following = await work.connection.fetchval(
        "SELECT id FROM reanalysis_part WHERE reanalysis_id = $1 AND number > $2 AND number % $3 = $4"
        " AND done_at IS NULL ORDER BY number LIMIT 1",
        part["reanalysis_id"],
        part["number"],
        part["lanes"],
        part["number"] % part["lanes"],
    )
    if following is not None:
        work.ask(WorkKind.REANALYSE_VITALS, following)
