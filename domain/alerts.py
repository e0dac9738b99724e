"""Alerts: raising what a rule found, and reading it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import alert_changes, escalations
from domain.kinds import AlertChange, AlertSeverity, AlertStatus
from domain.ports import Connection
from domain.rules.alert_life import first_step_at
from domain.rules.states import ALERT
from domain.unit_of_work import UnitOfWork, new_id

# Of an alert that is open already: whether what joins is worse; whether it is milder; and whether it opens it again, as
# what is worse does, or comes after a snooze's end or long after somebody acknowledged it.
_PLACE = "array_position($11::text[], {}.severity::text)"
_WORSE = f"{_PLACE.format('excluded')} < {_PLACE.format('alert')}"
_MILDER = f"{_PLACE.format('excluded')} > {_PLACE.format('alert')}"
_OPENS = (
    f"({_WORSE} OR (alert.status = 'SNOOZED' AND alert.snoozed_until <= excluded.raised_at)"
    " OR (alert.status = 'ACKNOWLEDGED' AND alert.reminds_at <= excluded.raised_at))"
)
_RAISE = (
    "INSERT INTO alert (id, patient_id, rule, rule_version, severity, status, title, explanation, raised_at, version,"  # noqa: S608 - no value in it
    " topic, escalates_at) SELECT $1, $2::uuid, $3, $4, $5::text, $6, $7, $8, $9::timestamptz, 1, $12::text, $13"
    # A reading that already led to such an alert, even a resolved one, does not ring again unless it is worse.
    " WHERE NOT EXISTS (SELECT FROM alert_occurrence AS known JOIN alert AS earlier ON earlier.id = known.alert_id"
    " WHERE earlier.patient_id = $2::uuid AND earlier.topic = $12::text AND known.reading_id = $10"
    " AND array_position($11::text[], known.severity::text) <= array_position($11::text[], $5::text))"
    # What somebody has dealt with stays quiet for the rule's time, unless it is worse, or had ended and comes again.
    " AND NOT EXISTS (SELECT FROM alert AS resolved WHERE resolved.patient_id = $2::uuid AND resolved.topic = $12::text"
    " AND resolved.resolved_at > $9::timestamptz - $14::interval AND resolved.outcome <> 'CONDITION_ENDED'"
    " AND array_position($11::text[], resolved.severity::text) <= array_position($11::text[], $5::text))"
    " ON CONFLICT (patient_id, topic) WHERE status <> 'RESOLVED' DO UPDATE SET"
    + ",".join(
        f" {name} = CASE WHEN {_MILDER} THEN alert.{name} ELSE excluded.{name} END"
        for name in ("rule", "rule_version", "severity", "title", "explanation")
    )
    + f", severity_since = CASE WHEN {_WORSE} THEN excluded.raised_at ELSE alert.severity_since END,"
    f" version = alert.version + CASE WHEN alert.status = 'SNOOZED' AND NOT {_OPENS} THEN 0 ELSE 1 END,"
    f" status = CASE WHEN {_OPENS} THEN excluded.status ELSE alert.status END,"
    f" snoozed_until = CASE WHEN {_OPENS} THEN NULL ELSE alert.snoozed_until END,"
    f" reminds_at = CASE WHEN {_OPENS} THEN NULL ELSE alert.reminds_at END,"
    f" opening = alert.opening + CASE WHEN {_OPENS} THEN 1 ELSE 0 END,"
    f" escalation_step = CASE WHEN {_OPENS} THEN 0 ELSE alert.escalation_step END,"
    f" escalates_at = CASE WHEN {_OPENS} THEN excluded.escalates_at ELSE alert.escalates_at END"
    " RETURNING new.*, old.version AS former_version, old.opening AS former_opening"
)


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
    topic: str | None = None,
    quiet_after_resolved: timedelta = timedelta(),
) -> None:
    """Raise an alert, or join the one that is open for patient and topic; the same reading once, unless it is worse.

    What joins can make an open alert more urgent, never less, and then opens it whoever has acknowledged or snoozed it.
    While it is snoozed, what is not worse joins in silence. A rule without a topic is one of its own.
    """
    # Two workers that find the same at once come one after the other, and the second one sees what the first has told.
    await work.connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"alerts of {patient_id}")
    row = await work.connection.fetchrow(
        _RAISE,
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
        topic or rule,
        first_step_at(severity, work.at),
        quiet_after_resolved,
    )
    if row is None:
        return
    await work.connection.execute(
        "INSERT INTO alert_occurrence (id, alert_id, reading_id, at, severity) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (alert_id, reading_id) DO UPDATE SET severity = excluded.severity",
        new_id(),
        row["id"],
        reading_id,
        work.at,
        severity,
    )
    if row["former_version"] is None or row["opening"] != row["former_opening"]:
        change = AlertChange.RAISED if row["former_version"] is None else AlertChange.REOPENED
        await alert_changes.keep(work, [row], change, "raiseAlert")
        await escalations.escalate(work, row["id"])
    elif row["version"] != row["former_version"]:
        alert_changes.tell(work, row, AlertChange.REPEATED, "raiseAlert")
    else:
        work.audit("raiseAlert", patient_id=patient_id, subject_id=row["id"])


async def open_of(connection: Connection, patient_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The unresolved alerts of these patients, newest first."""
    return await connection.fetch(
        "SELECT * FROM alert WHERE patient_id = ANY($1::uuid[]) AND status <> 'RESOLVED'"
        " ORDER BY raised_at DESC, id DESC",
        list(patient_ids),
    )


async def of_patients(
    connection: Connection,
    patient_ids: Sequence[UUID],
    statuses: Sequence[AlertStatus] | None,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """The alerts of each of these patients, in any of `statuses` if said, newest first beyond the `before` key."""
    return await connection.fetch(
        "SELECT found.* FROM unnest($1::uuid[]) AS one (patient_id) CROSS JOIN LATERAL (SELECT * FROM alert"
        " WHERE alert.patient_id = one.patient_id AND ($2::text[] IS NULL OR status = ANY($2))"
        " AND ($3::timestamptz IS NULL OR (raised_at, id) < ($3, $4::uuid))"
        " ORDER BY raised_at DESC, id DESC LIMIT $5) AS found ORDER BY raised_at DESC, id DESC",
        list(patient_ids),
        None if statuses is None else list(statuses),
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )


async def occurrences(connection: Connection, alert_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """At how many readings or strips each of these alerts' rules held."""
    rows = await connection.fetch(
        "SELECT alert_id, count(*) AS many FROM alert_occurrence WHERE alert_id = ANY($1::uuid[]) GROUP BY alert_id",
        list(alert_ids),
    )
    return {row["alert_id"]: row["many"] for row in rows}


async def by_ids(connection: Connection, ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Alerts by id; the caller has made sure that their patients are visible."""
    return await connection.fetch("SELECT * FROM alert WHERE id = ANY($1::uuid[])", list(ids))
