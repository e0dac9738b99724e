"""A clinic's patients by need, each with its reasons."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import adherence
from domain.access import Actor, visibility_key, visible_patients
from domain.ports import Connection
from domain.rules.adherence import ADHERENCE
from domain.rules.vital_changes import CHANGES
from domain.rules.worklist import WORKLIST
from domain.unit_of_work import UnitOfWork

Place = tuple[int, datetime, UUID]
# So many patients' doses are counted by one statement.
PATIENTS_AT_ONCE = 500

_ALERT_PLACES = " ".join(
    f"WHEN severity = '{severity}' AND status = '{status}' THEN {place}"
    for (severity, status), place in WORKLIST.alert_places.items()
)
_WORSE = ", ".join(f"('{measure}', '{direction}')" for measure, direction in WORKLIST.worse.items())
_KINDS = ", ".join(f"'{kind}'" for kind in sorted(WORKLIST.worsening_kinds))
# A finding that goes the wrong way, unless its alert is open, or was resolved since it was found.
_WORSENING = (
    f"withdrawn_at IS NULL AND NOT is_explained AND kind IN ({_KINDS})"
    f" AND (measure, direction) IN ({_WORSE}) AND finding.raised_at > $7"
    " AND NOT EXISTS (SELECT FROM alert WHERE alert.patient_id = finding.patient_id"
    f" AND topic = '{CHANGES.id}' AND (status <> 'RESOLVED' OR resolved_at >= finding.found_at))"
)
# Why, where and since when a patient stands on the list: one row for each reason.
_REASONS = (
    f"SELECT patient_id, CASE {_ALERT_PLACES} END AS place, coalesce(severity_since, raised_at) AS since"  # noqa: S608 - of our own rule
    " FROM alert WHERE status <> 'RESOLVED' AND patient_id IN (SELECT id FROM visible)"
    f" UNION ALL SELECT patient_id, {WORKLIST.worsening_place}, raised_at FROM finding"
    f" WHERE patient_id IN (SELECT id FROM visible) AND {_WORSENING}"
    f" UNION ALL SELECT patient_id, {WORKLIST.lapse_place}, found_at FROM medication_lapse"
    " WHERE patient_id IN (SELECT id FROM visible)"
    f" UNION ALL SELECT id, {WORKLIST.silence_place}, coalesce(last_reading_at, created_at) FROM visible"
    " WHERE coalesce(last_reading_at, created_at) <= $8"
)
_WORKLIST = (
    # Found first, so that nothing is asked of the patients of others.
    "WITH visible AS MATERIALIZED (SELECT patient.*, (SELECT max(measured_at) FROM latest_reading"  # noqa: S608 - of our own rule
    " WHERE latest_reading.patient_id = patient.id) AS last_reading_at FROM patient"
    " WHERE {visible} AND ($1::timestamptz, $2::uuid) IS NOT NULL),"
    f" reason AS (SELECT DISTINCT ON (patient_id) * FROM ({_REASONS}) AS every ORDER BY patient_id, place, since),"
    f" listed AS (SELECT visible.*, coalesce(place, {WORKLIST.last_place}) AS place,"
    " coalesce(since, last_reading_at, created_at) AS waiting_since FROM visible LEFT JOIN reason ON patient_id = id),"
    " page AS (SELECT * FROM listed WHERE $3::bigint IS NULL OR (place, waiting_since, id) > ($3, $4::timestamptz, $5)"
    " ORDER BY place, waiting_since, id LIMIT $6)"
    " SELECT page.*, open.titles, worsening.changes, lapse.days, lapse.covered, lapse.days_before, lapse.covered_before"
    " FROM page LEFT JOIN medication_lapse AS lapse ON lapse.patient_id = page.id"
    " LEFT JOIN LATERAL (SELECT array_agg(title ORDER BY"
    f" CASE {_ALERT_PLACES} END, raised_at DESC) AS titles"
    " FROM alert WHERE alert.patient_id = page.id AND status <> 'RESOLVED') AS open ON true"
    " LEFT JOIN LATERAL (SELECT array_agg(ARRAY[measure, kind, direction] ORDER BY raised_at DESC, measure) AS changes"
    f" FROM finding WHERE finding.patient_id = page.id AND {_WORSENING}) AS worsening ON true"
    " ORDER BY place, waiting_since, page.id"
)


async def page(
    connection: Connection, by: Actor, *, at: datetime, after: Place | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Patients whom `by` may see, the most urgent first, beyond the `after` place; one statement.

    Each row is the patient with its `place` by WORKLIST and since when it waits there (`waiting_since`),
    `last_reading_at`, the `titles` of what is unresolved (the most urgent first), `changes` for the worse that stand in
    no alert (measure, kind and direction, the newest first), and of medicines that are not taken `days`, `covered`,
    `days_before` and `covered_before`.
    """
    return await connection.fetch(
        _WORKLIST.format(visible=visible_patients(by, "$1", "$2")),
        at,
        visibility_key(by),
        after[0] if after else None,
        after[1] if after else None,
        after[2] if after else None,
        limit,
        at - timedelta(days=WORKLIST.worsening_days),
        at - timedelta(days=WORKLIST.silent_days),
    )


async def patients_behind(connection: Connection, after: UUID | None) -> Sequence[UUID]:
    """The next patients by id."""
    rows = await connection.fetch(
        "SELECT id FROM patient WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2", after, PATIENTS_AT_ONCE
    )
    return [row["id"] for row in rows]


async def note_lapses(work: UnitOfWork, patient_ids: Sequence[UUID]) -> None:
    """Keep for these patients whether their medicines are taken as planned (ADH-PDC), since when they are not."""
    found = await adherence.falling(work.connection, patient_ids, work.at)
    await work.connection.execute(
        "DELETE FROM medication_lapse WHERE patient_id = ANY($1::uuid[]) AND NOT patient_id = ANY($2::uuid[])",
        list(patient_ids),
        [row["patient_id"] for row in found],
    )
    names = ("days", "covered", "days_before", "covered_before")
    await work.connection.execute(
        f"INSERT INTO medication_lapse (id, patient_id, found_at, rule_version, {', '.join(names)})"  # noqa: S608 - names of columns
        " SELECT uuidv7(), patient_id, $1, $2, days, covered, days_before, covered_before"
        " FROM unnest($3::uuid[], $4::int[], $5::int[], $6::int[], $7::int[])"
        " AS found (patient_id, days, covered, days_before, covered_before)"
        " ON CONFLICT (patient_id) DO UPDATE SET rule_version = excluded.rule_version,"
        f" {', '.join(f'{name} = excluded.{name}' for name in names)}",
        work.at,
        ADHERENCE.version,
        *([row[name] for row in found] for name in ("patient_id", *names)),
    )


__all__ = ["note_lapses", "page", "patients_behind"]
