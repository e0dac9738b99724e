"""Alerts: raising what a rule found, and handling it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import Conflict, NotFound
from domain.kinds import AlertSeverity, EventKind
from domain.ports import Connection
from domain.rules.states import ALERT
from domain.unit_of_work import UnitOfWork, new_id


async def raise_alert(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    rule: str,
    rule_version: int,
    severity: AlertSeverity,
    title: str,
    explanation: str,
    reading_id: UUID,
) -> None:
    """Raise an alert, or join the one that this rule has open for the patient; the same reading only once.

    What joins can make an open alert more urgent, never less.
    """
    row = await work.connection.fetchrow(
        "INSERT INTO alert (id, patient_id, rule, rule_version, severity, status, title, explanation, raised_at,"
        " version) SELECT $1, $2::uuid, $3::text, $4, $5, $6, $7, $8, $9, 1"
        # A reading that already led to an alert, even a resolved one, does not ring again.
        " WHERE NOT EXISTS (SELECT FROM alert_occurrence AS known JOIN alert AS earlier ON earlier.id = known.alert_id"
        " WHERE earlier.patient_id = $2::uuid AND earlier.rule = $3::text AND known.reading_id = $10)"
        " ON CONFLICT (patient_id, rule) WHERE status <> 'RESOLVED'"
        " DO UPDATE SET title = excluded.title, explanation = excluded.explanation, version = alert.version + 1,"
        " severity = CASE WHEN array_position($11::text[], excluded.severity::text)"
        " < array_position($11::text[], alert.severity::text) THEN excluded.severity ELSE alert.severity END"
        " RETURNING id, version",
        new_id(),
        patient_id,
        rule,
        rule_version,
        severity,
        ALERT.begins[1],
        title,
        explanation,
        work.at,
        reading_id,
        [one.value for one in AlertSeverity],
    )
    if row is None:
        return
    await work.connection.execute(
        "INSERT INTO alert_occurrence (id, alert_id, reading_id, at) VALUES ($1, $2, $3, $4)",
        new_id(),
        row["id"],
        reading_id,
        work.at,
    )
    kind = EventKind.ALERT_RAISED if row["version"] == 1 else EventKind.ALERT_REPEATED
    work.tell(kind, patient_id=patient_id, subject_id=row["id"])
    work.audit("raiseAlert", patient_id=patient_id, subject_id=row["id"])


async def acknowledge(work: UnitOfWork, by: Actor, alert_id: UUID, expected_version: int) -> Mapping[str, Any]:
    """Take an open alert: the caller becomes its assignee.

    Raises:
        NotFound: no such alert for `by`.
        Conflict: another version than expected, with the current one, or not open any more.
    """
    row = await work.connection.fetchrow(
        "SELECT alert.* FROM alert JOIN patient ON patient.id = alert.patient_id"  # noqa: S608 - no value in it
        f" WHERE alert.id = $3 AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " FOR UPDATE OF alert",
        work.at,
        visibility_key(by),
        alert_id,
    )
    if row is None:
        raise NotFound("There is no such alert.")
    if row["version"] != expected_version:
        raise Conflict("The alert has changed since you saw it.", currentVersion=row["version"])
    if not ALERT.allows("acknowledge", row["status"]):
        raise Conflict("Only an open alert can be acknowledged.", currentVersion=row["version"])
    changed = await work.connection.fetchrow(
        "UPDATE alert SET status = $2, acknowledged_at = $3, assignee_id = $4, version = version + 1"
        " WHERE id = $1 RETURNING *",
        alert_id,
        ALERT.after("acknowledge"),
        work.at,
        by.account_id,
    )
    assert changed is not None
    work.tell(EventKind.ALERT_ACKNOWLEDGED, patient_id=changed["patient_id"], subject_id=alert_id)
    work.audit("acknowledgeAlert", patient_id=changed["patient_id"], subject_id=alert_id)
    return changed


async def open_of(connection: Connection, patient_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The unresolved alerts of these patients, newest first."""
    return await connection.fetch(
        "SELECT * FROM alert WHERE patient_id = ANY($1::uuid[]) AND status <> 'RESOLVED'"
        " ORDER BY raised_at DESC, id DESC",
        list(patient_ids),
    )


async def by_ids(connection: Connection, ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Alerts by id; the caller has made sure that their patients are visible."""
    return await connection.fetch("SELECT * FROM alert WHERE id = ANY($1::uuid[])", list(ids))


async def events_after(
    connection: Connection, by: Actor, *, at: datetime, after: tuple[int, int], limit: int = 200
) -> Sequence[Mapping[str, Any]]:
    """Alert events for `by` behind a cursor (transaction, id), none of which can be overtaken any more.

    Only transactions older than every running one are shown, so a later commit never lands behind the cursor.
    """
    return await connection.fetch(
        "SELECT event.id, event.transaction_id::text::bigint AS transaction, event.kind, event.subject_id"  # noqa: S608
        " FROM event JOIN patient ON patient.id = event.patient_id"
        " WHERE (event.transaction_id, event.id) > ($3::text::xid8, $4)"
        " AND event.transaction_id < pg_snapshot_xmin(pg_current_snapshot()) AND event.kind LIKE 'ALERT%'"
        f" AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " ORDER BY event.transaction_id, event.id LIMIT $5",
        at,
        visibility_key(by),
        str(after[0]),
        after[1],
        limit,
    )


async def feed_end(connection: Connection) -> tuple[int, int]:
    """The cursor of now: what commits later lies behind it."""
    horizon = await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(horizon) - 1, 2**62
