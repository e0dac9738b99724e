"""Escalation: an alert that nobody acknowledges is told to more people, step by step, each step once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import alert_changes, reminders
from domain.kinds import AlertAudience, AlertChange, AlertSeverity, EventKind, ReminderKind
from domain.ports import Connection
from domain.rules.alert_life import STEPS, next_step_at
from domain.unit_of_work import UnitOfWork, new_id

MOST_AT_ONCE = 200
# Who is on call belongs to the care team for so long: they could not see the alert otherwise.
ON_CALL_CARE = timedelta(hours=24)
# A notice that could not be sent for so long is not sent any more: the next steps were.
USEFUL_MINUTES = 720

Row = Mapping[str, Any]

# Who can be told at each step; the responsible clinician is the assignee, or else who cares for the patient longest.
# The clinic's coordinators are told where nobody else is there: they can assign somebody.
_AUDIENCES = (
    "SELECT step.id AS escalation_id, alert.id AS alert_id, who.audience, who.account_id"
    " FROM unnest($2::uuid[], $3::uuid[], $4::text[])"
    " AS step (id, alert_id, audience) JOIN alert ON alert.id = step.alert_id"
    " JOIN patient ON patient.id = alert.patient_id CROSS JOIN LATERAL ("
    "(SELECT 'RESPONSIBLE' AS audience, clinician_id AS account_id FROM care_relation AS care"
    " JOIN account AS clinician ON clinician.id = clinician_id AND ended_at IS NULL"
    " WHERE care.patient_id = patient.id AND starts_at <= $1 AND (ends_at IS NULL OR ends_at > $1)"
    " ORDER BY (clinician_id = alert.assignee_id) IS TRUE DESC, starts_at, care.id LIMIT 1)"
    " UNION ALL SELECT 'CARE_TEAM', clinician_id FROM care_relation AS care"
    " WHERE care.patient_id = patient.id AND starts_at <= $1 AND (ends_at IS NULL OR ends_at > $1)"
    " UNION ALL SELECT DISTINCT 'ON_CALL', clinician_id FROM on_call_shift"
    " WHERE clinic_id = patient.clinic_id AND starts_at <= $1 AND ends_at > $1"
    " UNION ALL SELECT 'COORDINATORS', coordinator.id FROM account AS coordinator"
    " WHERE organisation_id = patient.clinic_id AND role = 'COORDINATOR') AS who"
    " JOIN account ON account.id = who.account_id AND account.ended_at IS NULL"
    " WHERE who.audience IN (step.audience, 'COORDINATORS')"
)


async def escalate(work: UnitOfWork, alert_id: UUID | None = None) -> int:
    """Take the step that is due of each open alert, or of this one, and tell whom it is for; how many there were.

    A step is a row that can be there once, written in the transaction that moves its alert on: a worker that is killed
    leaves it to the next one. A clock that jumps ahead makes further steps due, which further calls take.
    """
    due = await work.connection.fetch(
        "SELECT * FROM alert WHERE escalates_at <= $1 AND status = 'OPEN' AND ($2::uuid IS NULL OR id = $2)"
        " ORDER BY escalates_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        work.at,
        alert_id,
        MOST_AT_ONCE,
    )
    if not due:
        return 0
    ids = [new_id() for _ in due]
    wanted = [STEPS[AlertSeverity(row["severity"])][row["escalation_step"]].audience for row in due]
    found = await work.connection.fetch(_AUDIENCES, work.at, ids, [row["id"] for row in due], wanted)
    told = {row["escalation_id"]: row["audience"] for row in found}
    told |= {row["escalation_id"]: row["audience"] for row in found if row["audience"] != AlertAudience.COORDINATORS}
    await work.connection.execute(
        "WITH moved AS (UPDATE alert SET escalation_step = alert.escalation_step + 1, escalates_at = step.next_at"
        " FROM unnest($1::uuid[], $2::timestamptz[]) AS step (alert_id, next_at) WHERE alert.id = step.alert_id)"
        " INSERT INTO alert_escalation (id, alert_id, opening, step, severity, audience, told, due_at, taken_at)"
        " SELECT id, alert_id, opening, step, severity, audience, told, due_at, $10 FROM unnest($3::uuid[], $1::uuid[],"
        " $4::integer[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])"
        " AS step (id, alert_id, opening, step, severity, audience, told, due_at)",
        [row["id"] for row in due],
        [next_step_at(AlertSeverity(row["severity"]), row["escalation_step"] + 1, row["escalates_at"]) for row in due],
        ids,
        [row["opening"] for row in due],
        [row["escalation_step"] + 1 for row in due],
        [row["severity"] for row in due],
        wanted,
        [told.get(one, AlertAudience.COORDINATORS) for one in ids],
        [row["escalates_at"] for row in due],
        work.at,
    )
    await _tell(work, [row for row in found if row["audience"] == told[row["escalation_id"]]])
    for row, audience in zip(due, wanted, strict=True):
        # That the responsible clinician is told is no news to the others.
        if audience != AlertAudience.RESPONSIBLE:
            alert_changes.tell(work, row, AlertChange.ESCALATED, "escalateAlert")
    return len(due)


async def tell_assignee(work: UnitOfWork, row: Row) -> None:
    """Tell a new assignee at once: step 0 of the opening that begins with them."""
    this = new_id()
    await work.connection.execute(
        "INSERT INTO alert_escalation (id, alert_id, opening, step, severity, audience, told, due_at, taken_at)"
        " VALUES ($1, $2, $3, 0, $4, $5, $5, $6, $6)",
        this,
        row["id"],
        row["opening"],
        row["severity"],
        AlertAudience.RESPONSIBLE,
        work.at,
    )
    await _tell(
        work,
        [
            {
                "escalation_id": this,
                "alert_id": row["id"],
                "account_id": row["assignee_id"],
                "audience": AlertAudience.RESPONSIBLE,
            }
        ],
    )


async def _tell(work: UnitOfWork, found: Sequence[Row]) -> None:
    """Keep who is told, and send it to them: that an alert waits, and nothing of what it says."""
    await work.connection.execute(
        "INSERT INTO alert_notice (id, escalation_id, account_id) SELECT * FROM unnest($1::uuid[], $2::uuid[],"
        " $3::uuid[])",
        [new_id() for _ in found],
        [row["escalation_id"] for row in found],
        [row["account_id"] for row in found],
    )
    told: dict[UUID, list[UUID]] = {}
    for row in found:
        told.setdefault(row["alert_id"], []).append(row["account_id"])
    for alert_id, account_ids in told.items():
        await reminders.notify(
            work, account_ids, ReminderKind.ALERT, alert_id, moment=work.at, useful_minutes=USEFUL_MINUTES
        )
    on_call = [row for row in found if row["audience"] == AlertAudience.ON_CALL]
    if not on_call:
        return
    opened = await work.connection.fetch(
        "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at, ends_at)"
        " SELECT DISTINCT ON (alert.patient_id, one.account_id) one.id, alert.patient_id, one.account_id, $4, $5"
        " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS one (id, alert_id, account_id)"
        " JOIN alert ON alert.id = one.alert_id WHERE NOT EXISTS (SELECT FROM care_relation AS care"
        " WHERE care.patient_id = alert.patient_id AND care.clinician_id = one.account_id"
        " AND tstzrange(care.starts_at, care.ends_at) && tstzrange($4, $5)) RETURNING id, patient_id",
        [new_id() for _ in on_call],
        [row["alert_id"] for row in on_call],
        [row["account_id"] for row in on_call],
        work.at,
        work.at + ON_CALL_CARE,
    )
    for row in opened:
        work.tell(EventKind.CARE_TEAM_CHANGED, patient_id=row["patient_id"], subject_id=row["id"])
        work.audit("openCareOnCall", patient_id=row["patient_id"], subject_id=row["id"])


async def of_alerts(connection: Connection, alert_ids: Sequence[UUID]) -> Sequence[Row]:
    """The steps of alerts that the caller may see, oldest first, with `account_ids` and `names` of who was told."""
    return await connection.fetch(
        "SELECT alert_escalation.*, told.* FROM alert_escalation CROSS JOIN LATERAL ("
        "SELECT coalesce(array_agg(account.id ORDER BY display_name, account.id), '{}') AS account_ids,"
        " coalesce(array_agg(display_name ORDER BY display_name, account.id), '{}') AS names FROM alert_notice"
        " JOIN account ON account.id = account_id WHERE escalation_id = alert_escalation.id) AS told"
        " WHERE alert_id = ANY($1::uuid[]) ORDER BY taken_at, opening, step",
        list(alert_ids),
    )
