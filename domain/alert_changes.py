"""The history of alerts: each change is kept, told to the feeds and audited, by whomever it was made."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.kinds import AlertChange, EventKind
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

Row = Mapping[str, Any]


async def keep(
    work: UnitOfWork, rows: Sequence[Row], change: AlertChange, action: str, *, reason: str | None = None
) -> None:
    """Keep that these alerts have become what their rows say, by one statement."""
    if not rows:
        return
    await work.connection.execute(
        "INSERT INTO alert_change (id, alert_id, change, version, severity, status, assignee_id, snoozed_until,"
        " outcome, reason, changed_at, changed_by_id) SELECT id, alert_id, $1, version, severity, status, assignee_id,"
        " snoozed_until, outcome, $2, $3, $4 FROM unnest($5::uuid[], $6::uuid[], $7::integer[], $8::text[], $9::text[],"
        " $10::uuid[], $11::timestamptz[], $12::text[])"
        " AS now (id, alert_id, version, severity, status, assignee_id, snoozed_until, outcome)",
        change,
        reason,
        work.at,
        work.by.account_id if work.by else None,
        [new_id() for _ in rows],
        *(
            [row[name] for row in rows]
            for name in ("id", "version", "severity", "status", "assignee_id", "snoozed_until", "outcome")
        ),
    )
    for row in rows:
        tell(work, row, change, action)


def tell(work: UnitOfWork, row: Row, change: AlertChange, action: str) -> None:
    """Tell the feeds of a change, and audit it."""
    work.tell(EventKind(f"ALERT_{change}"), patient_id=row["patient_id"], subject_id=row["id"])
    work.audit(action, patient_id=row["patient_id"], subject_id=row["id"])


async def of_alerts(connection: Connection, alert_ids: Sequence[UUID]) -> Sequence[Row]:
    """The changes of alerts that the caller may see, oldest first, with `changed_by_name` and `assignee_name`."""
    return await connection.fetch(
        "SELECT alert_change.*, maker.display_name AS changed_by_name, assignee.display_name AS assignee_name"
        " FROM alert_change LEFT JOIN account AS maker ON maker.id = alert_change.changed_by_id"
        " LEFT JOIN account AS assignee ON assignee.id = alert_change.assignee_id"
        " WHERE alert_id = ANY($1::uuid[]) ORDER BY changed_at, alert_change.id",
        list(alert_ids),
    )
