"""What people do with an alert: acknowledge, assign, snooze and resolve it; and the end of a snooze.

Whoever acts says which version they saw; the first one wins, and the other learns the current version.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import alert_changes, escalations, reminders
from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import AlertChange, AlertOutcome, AlertSeverity, AlertStatus
from domain.rules.alert_life import STEPS, latest_snooze, reminds_at, steps_after_hand_over
from domain.rules.states import ALERT
from domain.unit_of_work import UnitOfWork

LONGEST_REASON = 500
MOST_AT_ONCE = 200

Row = Mapping[str, Any]


def _checked(reason: str | None) -> str | None:
    reason = (reason or "").strip()
    if len(reason) > LONGEST_REASON or any(not (one.isprintable() or one in "\n\t") for one in reason):
        raise BadInput(f"reason: give at most {LONGEST_REASON} printable characters.")
    return reason or None


async def _locked(work: UnitOfWork, by: Actor, alert_id: UUID, expected_version: int) -> dict[str, Any]:
    """An alert of a patient whom `by` may see, as it was expected, until the transaction ends."""
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
    held = dict(row)
    if held["status"] == AlertStatus.SNOOZED and held["snoozed_until"] <= work.at:
        # Its snooze has ended, though the clock has not come round to it.
        held["status"] = ALERT.after("wake")
    return held


async def _change(
    work: UnitOfWork, row: Mapping[str, Any], change: AlertChange, action: str, reason: str | None, **columns: Any
) -> Row:
    columns["version"] = row["version"] + 1
    values = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, start=2))
    changed = await work.connection.fetchrow(
        f"UPDATE alert SET {values} WHERE id = $1 RETURNING *",  # noqa: S608 - names of ours
        row["id"],
        *columns.values(),
    )
    assert changed is not None
    if changed["escalates_at"] is None:
        # What is still to be sent of it has become idle.
        await reminders.cancel(work, [row["id"]])
    await alert_changes.keep(work, [changed], change, action, reason=reason)
    return changed


async def acknowledge(work: UnitOfWork, by: Actor, alert_id: UUID, expected_version: int) -> Row:
    """Take an alert: the caller becomes its assignee, and it escalates no more.

    Raises:
        NotFound: no such alert for `by`.
        Conflict: another version than expected, or somebody has it already; with the current version.
    """
    row = await _locked(work, by, alert_id, expected_version)
    if not ALERT.allows("acknowledge", row["status"]):
        raise Conflict("Only an open or snoozed alert can be acknowledged.", currentVersion=row["version"])
    return await _change(
        work,
        row,
        AlertChange.ACKNOWLEDGED,
        "acknowledgeAlert",
        None,
        status=ALERT.after("acknowledge"),
        acknowledged_at=row["acknowledged_at"] or work.at,
        reminds_at=reminds_at(AlertSeverity(row["severity"]), work.at),
        assignee_id=by.account_id,
        snoozed_until=None,
        escalates_at=None,
    )


async def assign(
    work: UnitOfWork, by: Actor, alert_id: UUID, expected_version: int, assignee_id: UUID, reason: str | None
) -> Row:
    """Make a clinician of the patient's care team answer for an alert, who then has to acknowledge it.

    Raises:
        NotFound: no such alert for `by`, or the clinician is not in the care team.
        BadInput: the reason is too long.
        Conflict: another version than expected, or it is resolved; with the current version.
    """
    reason = _checked(reason)
    row = await _locked(work, by, alert_id, expected_version)
    if row["status"] == AlertStatus.RESOLVED:
        raise Conflict("A resolved alert cannot be assigned.", currentVersion=row["version"])
    found = await work.connection.fetchval(
        "SELECT EXISTS (SELECT FROM care_relation JOIN account ON account.id = clinician_id"
        " WHERE care_relation.patient_id = $1"
        " AND clinician_id = $2 AND starts_at <= $3 AND (ends_at IS NULL OR ends_at > $3) AND ended_at IS NULL)",
        row["patient_id"],
        assignee_id,
        work.at,
    )
    if not found:
        raise NotFound("There is no such clinician in the patient's care team.")
    columns: dict[str, Any] = {"assignee_id": assignee_id}
    is_told = assignee_id != by.account_id and row["status"] != AlertStatus.SNOOZED
    if is_told:
        columns["opening"] = row["opening"] + 1
    if is_told and row["status"] == AlertStatus.ACKNOWLEDGED:
        # Where nobody had acknowledged it, its clock goes on: otherwise it could be passed on and on.
        taken, next_at = steps_after_hand_over(AlertSeverity(row["severity"]), work.at)
        columns |= {
            "status": ALERT.after("hand over"),
            "reminds_at": None,
            "escalation_step": taken,
            "escalates_at": next_at,
        }
    changed = await _change(work, row, AlertChange.ASSIGNED, "assignAlert", reason, **columns)
    if is_told:
        await escalations.tell_assignee(work, changed)
    return changed


async def snooze(
    work: UnitOfWork, by: Actor, alert_id: UUID, expected_version: int, until: datetime, reason: str | None
) -> Row:
    """Let an alert be quiet until a moment; what is worse comes through before.

    Raises:
        NotFound: no such alert for `by`.
        BadInput: there is no reason, the moment is not ahead, or later than its severity allows; with the `latest` one
            where there is one.
        Conflict: another version than expected, or it is snoozed or resolved; with the current version.
    """
    reason = _checked(reason)
    if reason is None:
        raise BadInput("reason: say why it may wait.")
    if until <= work.at:
        raise BadInput("until: give a moment that lies ahead.")
    row = await _locked(work, by, alert_id, expected_version)
    if not ALERT.allows("snooze", row["status"]):
        raise Conflict("Only an open or acknowledged alert can be snoozed.", currentVersion=row["version"])
    severity = AlertSeverity(row["severity"])
    latest = latest_snooze(severity, row["severity_since"] or row["raised_at"], work.at)
    if until > latest:
        raise BadInput(
            f"until: an alert of severity {severity} can be quiet no longer than its limit.",
            latest=latest.isoformat() if latest > work.at else None,
        )
    return await _change(
        work,
        row,
        AlertChange.SNOOZED,
        "snoozeAlert",
        reason,
        status=ALERT.after("snooze"),
        snoozed_until=until,
        acknowledged_at=row["acknowledged_at"] or work.at,
        reminds_at=None,
        assignee_id=row["assignee_id"] or by.account_id,
        escalates_at=None,
    )


async def resolve(
    work: UnitOfWork,
    by: Actor,
    alert_id: UUID,
    expected_version: int,
    outcome: AlertOutcome,
    reason: str | None,
) -> Row:
    """End an alert with what came of it; whatever rings afterwards is another one.

    Raises:
        NotFound: no such alert for `by`.
        BadInput: the reason is too long.
        Conflict: another version than expected, or it is resolved already; with the current version.
    """
    reason = _checked(reason)
    row = await _locked(work, by, alert_id, expected_version)
    if not ALERT.allows("resolve", row["status"]):
        raise Conflict("The alert is resolved already.", currentVersion=row["version"])
    return await _change(
        work,
        row,
        AlertChange.RESOLVED,
        "resolveAlert",
        reason,
        status=ALERT.after("resolve"),
        resolved_at=work.at,
        outcome=outcome,
        acknowledged_at=row["acknowledged_at"] or work.at,
        assignee_id=row["assignee_id"] or by.account_id,
        snoozed_until=None,
        reminds_at=None,
        escalates_at=None,
    )


async def wake(work: UnitOfWork) -> int:
    """Open each alert whose snooze has ended, once; how many there were."""
    severities = list(AlertSeverity)
    rows = await work.connection.fetch(
        "UPDATE alert SET status = $2, snoozed_until = NULL, version = version + 1, opening = opening + 1,"
        " escalation_step = 0, escalates_at = $1 + ($4::interval[])[array_position($3::text[], severity::text)]"
        " WHERE id IN (SELECT id FROM alert WHERE status = 'SNOOZED' AND snoozed_until <= $1"
        " ORDER BY snoozed_until, id LIMIT $5 FOR UPDATE SKIP LOCKED) RETURNING *",
        work.at,
        ALERT.after("wake"),
        [one.value for one in severities],
        [STEPS[one][0].after if STEPS[one] else None for one in severities],
        MOST_AT_ONCE,
    )
    await alert_changes.keep(work, rows, AlertChange.REOPENED, "wakeAlert")
    return len(rows)


async def close(work: UnitOfWork, alert_ids: Sequence[UUID]) -> None:
    """Resolve alerts that nobody has taken, because what they were raised for is over."""
    rows = await work.connection.fetch(
        "UPDATE alert SET status = $2, outcome = $3, resolved_at = $4, snoozed_until = NULL, escalates_at = NULL,"
        " version = version + 1 WHERE id = ANY($1::uuid[]) AND status IN ('OPEN', 'SNOOZED') RETURNING *",
        list(alert_ids),
        ALERT.after("resolve"),
        AlertOutcome.CONDITION_ENDED,
        work.at,
    )
    await alert_changes.keep(work, rows, AlertChange.RESOLVED, "closeAlert", reason="The condition no longer holds.")
    await reminders.cancel(work, [row["id"] for row in rows])
