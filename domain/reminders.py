"""What somebody is to be told and when: planned once, planned again after a change, called off.

A plan says the moment that it is about. A moment without an offset hangs on the patient's own wall clock: it stays at
eight when the clocks change and when the patient travels. One with an offset is that instant, wherever the patient is.
Planning the same again changes nothing; what was called off comes back; what has gone out never goes out again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.kinds import AppointmentStatus, ReminderAudience, ReminderKind, ReminderStatus, SendStatus
from domain.ports import Connection
from domain.rules.reminder_times import APPOINTMENT_LEAD_MINUTES, USEFUL_MINUTES
from domain.unit_of_work import UnitOfWork

_INSTANT = "UTC"
_AHEAD = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)


@dataclass(frozen=True)
class Plan:
    """One thing to be told to a patient.

    `subject_id` is the appointment, task or alert that it is about; all that is about one can be called off together.
    `detail` may speak of health: it is told only to those who have opted in.
    With `nudge_after_minutes` the patient is told a second time unless it was called off before; with
    `care_team_after_minutes` the care team is told as well.
    """

    kind: ReminderKind
    patient_id: UUID
    subject_id: UUID
    moment: datetime
    minutes_before: int = 0
    useful_minutes: int = USEFUL_MINUTES
    detail: str | None = None
    is_urgent: bool = False
    nudge_after_minutes: int | None = None
    care_team_after_minutes: int | None = None
    audience: ReminderAudience = ReminderAudience.PATIENT

    def steps(self) -> Sequence["Plan"]:
        """It, and what follows where nobody answers."""
        found = [self]
        if self.nudge_after_minutes is not None:
            found.append(replace(self, minutes_before=-self.nudge_after_minutes))
        if self.care_team_after_minutes is not None:
            team = ReminderAudience.CARE_TEAM
            found.append(
                replace(
                    self,
                    kind=ReminderKind.MISSED_TASK,
                    minutes_before=-self.care_team_after_minutes,
                    audience=team,
                    is_urgent=True,
                )
            )
        return found


# A patient's times: quiet hours keep the patient's own reminders back, unless they are urgent.
_TIMES = (
    " CROSS JOIN LATERAL reminder_times(wanted.wall_clock, wanted.time_zone, wanted.minutes_before,"
    " wanted.useful_minutes, patient.time_zone,"
    " CASE WHEN wanted.audience = 'PATIENT' AND NOT wanted.is_urgent THEN quiet.quiet_from END,"
    " quiet.quiet_until, $1) AS times"
)
_READER = (
    " JOIN patient ON patient.id = wanted.patient_id"
    " LEFT JOIN account ON account.patient_id = patient.id AND account.role = 'PATIENT'"
    " LEFT JOIN reminder_preferences AS quiet ON quiet.account_id = account.id"
)
_PLAN = (
    "INSERT INTO reminder (id, kind, patient_id, audience, subject_id, wall_clock, time_zone, minutes_before,"  # noqa: S608 - no value in it
    " useful_minutes, is_urgent, detail, due_at, expires_at, status, made_at)"
    " SELECT uuidv7(), wanted.kind, patient.id, wanted.audience, wanted.subject_id, wanted.wall_clock,"
    " wanted.time_zone, wanted.minutes_before, wanted.useful_minutes, wanted.is_urgent, wanted.detail,"
    " times.due_at, times.expires_at, 'PLANNED', $1"
    " FROM (SELECT kind, given.patient_id, audience, subject_id, wall_clock, coalesce(zone, time_zone) AS time_zone,"
    " minutes_before, useful_minutes, is_urgent, detail FROM unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[],"
    " $6::timestamp[], $7::text[], $8::int[], $9::int[], $10::boolean[], $11::text[]) AS given (kind, patient_id,"
    " audience, subject_id, wall_clock, zone, minutes_before, useful_minutes, is_urgent, detail)"
    " JOIN patient ON patient.id = given.patient_id) AS wanted"
    + _READER
    + _TIMES
    + " ON CONFLICT (subject_id, audience, account_id, wall_clock, minutes_before) DO UPDATE"
    " SET kind = excluded.kind, time_zone = excluded.time_zone, useful_minutes = excluded.useful_minutes,"
    " is_urgent = excluded.is_urgent, detail = excluded.detail, due_at = excluded.due_at,"
    " expires_at = excluded.expires_at, status = excluded.status"
    " WHERE reminder.status IN ('PLANNED', 'CANCELLED') AND (reminder.status, reminder.kind, reminder.time_zone,"
    " reminder.useful_minutes, reminder.is_urgent, reminder.detail, reminder.due_at, reminder.expires_at)"
    " IS DISTINCT FROM (excluded.status, excluded.kind, excluded.time_zone, excluded.useful_minutes,"
    " excluded.is_urgent, excluded.detail, excluded.due_at, excluded.expires_at)"
)


async def plan(work: UnitOfWork, plans: Sequence[Plan]) -> None:
    """Plan all of it, by one statement however much it is."""
    wanted = [step for one in plans for step in one.steps()]
    clocks = [
        (one.moment, None) if one.moment.tzinfo is None else (one.moment.astimezone(UTC).replace(tzinfo=None), _INSTANT)
        for one in wanted
    ]
    await work.connection.execute(
        _PLAN,
        work.at,
        [one.kind for one in wanted],
        [one.patient_id for one in wanted],
        [one.audience for one in wanted],
        [one.subject_id for one in wanted],
        [wall_clock for wall_clock, _ in clocks],
        [zone for _, zone in clocks],
        [one.minutes_before for one in wanted],
        [one.useful_minutes for one in wanted],
        [one.is_urgent for one in wanted],
        [one.detail for one in wanted],
    )


async def notify(
    work: UnitOfWork,
    account_ids: Sequence[UUID],
    kind: ReminderKind,
    subject_id: UUID,
    *,
    moment: datetime,
    patient_id: UUID | None = None,
    detail: str | None = None,
    useful_minutes: int = USEFUL_MINUTES,
) -> None:
    """Tell these people at `moment`, whatever hour it is for them; once each for one subject and moment."""
    await work.connection.execute(
        "INSERT INTO reminder (id, kind, patient_id, audience, account_id, subject_id, wall_clock, time_zone,"
        " minutes_before, useful_minutes, is_urgent, detail, due_at, expires_at, status, made_at)"
        " SELECT uuidv7(), $3, $5, 'ACCOUNT', account_id, $4, $6::timestamptz AT TIME ZONE 'UTC', 'UTC', 0, $8, true,"
        " $7, $6, $6 + make_interval(mins => $8), 'PLANNED', $1 FROM unnest($2::uuid[]) AS account_id"
        " ON CONFLICT DO NOTHING",
        work.at,
        list(account_ids),
        kind,
        subject_id,
        patient_id,
        moment,
        detail,
        useful_minutes,
    )


async def cancel(work: UnitOfWork, subject_ids: Sequence[UUID]) -> None:
    """Call off all that is planned about these subjects, and what is waiting to be sent again."""
    await _cancel(work, subject_ids, [])


async def _cancel(work: UnitOfWork, subject_ids: Sequence[UUID], but: Sequence[Plan]) -> None:
    """`but` are plans for instants that are wanted still."""
    await work.connection.execute(
        "WITH unwanted AS (SELECT id FROM reminder WHERE subject_id = ANY($1::uuid[])"
        " AND (subject_id, wall_clock, minutes_before) NOT IN"
        " (SELECT id, wall_clock AT TIME ZONE 'UTC', minutes FROM unnest($2::uuid[], $3::timestamptz[], $4::int[])"
        " AS kept (id, wall_clock, minutes))),"
        " called_off AS (UPDATE reminder SET status = $5 FROM unwanted WHERE reminder.id = unwanted.id AND status = $6)"
        " UPDATE reminder_send SET status = $7 FROM unwanted WHERE reminder_id = unwanted.id AND status = $8",
        list(subject_ids),
        [one.subject_id for one in but],
        [one.moment for one in but],
        [one.minutes_before for one in but],
        ReminderStatus.CANCELLED,
        ReminderStatus.PLANNED,
        SendStatus.CANCELLED,
        SendStatus.WAITING,
    )


async def follow_appointments(work: UnitOfWork, appointment_ids: Sequence[UUID]) -> None:
    """Let the reminders be those of the appointments as they are now: booked, moved or called off."""
    rows = await work.connection.fetch(
        "SELECT appointment.id, appointment.patient_id, starts_at, status,"
        " coalesce(appointment_lead_minutes, $2) AS lead_minutes FROM appointment"
        " LEFT JOIN account ON account.patient_id = appointment.patient_id AND account.role = 'PATIENT'"
        " LEFT JOIN reminder_preferences ON account_id = account.id"
        " WHERE appointment.id = ANY($1::uuid[])",
        list(appointment_ids),
        list(APPOINTMENT_LEAD_MINUTES),
    )
    wanted = [
        Plan(ReminderKind.APPOINTMENT, row["patient_id"], row["id"], row["starts_at"], minutes_before)
        for row in rows
        if row["status"] in _AHEAD
        for minutes_before in row["lead_minutes"]
    ]
    await _cancel(work, appointment_ids, wanted)
    # Who books an hour before needs no word of the day before.
    ahead = [one for one in wanted if (one.moment - work.at).total_seconds() > one.minutes_before * 60]
    await plan(work, ahead)


async def plan_again(work: UnitOfWork, patient_id: UUID) -> None:
    """Move what is planned to the patient's zone, quiet hours and lead times of now."""
    await work.connection.execute(
        "UPDATE reminder SET time_zone = wanted.time_zone, due_at = times.due_at, expires_at = times.expires_at"  # noqa: S608 - no value in it
        " FROM (SELECT reminder.id, reminder.patient_id, wall_clock, minutes_before, useful_minutes, audience,"
        " is_urgent, CASE reminder.time_zone WHEN $3 THEN $3 ELSE patient.time_zone END AS time_zone FROM reminder"
        " JOIN patient ON patient.id = reminder.patient_id"
        " WHERE reminder.patient_id = $2 AND status = 'PLANNED' AND audience <> 'ACCOUNT') AS wanted"
        + _READER
        + _TIMES
        + " WHERE reminder.id = wanted.id",
        work.at,
        patient_id,
        _INSTANT,
    )
    ahead = await _appointments_ahead(work.connection, patient_id, work.at)
    await follow_appointments(work, ahead)


async def _appointments_ahead(connection: Connection, patient_id: UUID, at: datetime) -> Sequence[UUID]:
    rows = await connection.fetch("SELECT id FROM appointment WHERE patient_id = $1 AND starts_at > $2", patient_id, at)
    return [row["id"] for row in rows]


async def page(
    connection: Connection, patient_id: UUID, *, since: datetime, after: tuple[datetime, UUID, str] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """A patient's reminders that are not due before `since`, the soonest first: one row for each channel.

    Of a planned one these are the channels that it would take now, of another one those that it has taken.
    """
    return await connection.fetch(
        "SELECT reminder.id, kind, due_at, reminder.status, coalesce(way.channel, '') AS channel,"
        " way.status AS send_status, way.sent_at FROM reminder LEFT JOIN LATERAL ("
        " SELECT channel, min(sent_at) AS sent_at, CASE WHEN bool_or(sent.status = 'SENT') THEN 'SENT'"
        " WHEN bool_or(sent.status = 'WAITING') THEN 'WAITING' WHEN bool_or(sent.status = 'DEAD') THEN 'DEAD'"
        " ELSE 'CANCELLED' END AS status FROM reminder_send AS sent"
        " JOIN contact_point ON contact_point.id = contact_point_id"
        " WHERE reminder_id = reminder.id GROUP BY channel UNION ALL"
        " SELECT DISTINCT channel, NULL::timestamptz, NULL FROM account JOIN contact_point AS contact"
        " ON contact.account_id = account.id AND contact.ended_at IS NULL AND confirmed_at IS NOT NULL"
        " LEFT JOIN reminder_preferences AS wish ON wish.account_id = account.id"
        " WHERE reminder.status = 'PLANNED' AND account.patient_id = reminder.patient_id AND role = 'PATIENT'"
        " AND (wish.channels IS NULL OR channel = ANY(wish.channels))) AS way ON true"
        " WHERE reminder.patient_id = $1 AND audience = 'PATIENT' AND due_at >= $2"
        " AND ($3::timestamptz IS NULL OR (due_at, reminder.id, coalesce(way.channel, '')) > ($3, $4::uuid, $5::text))"
        " ORDER BY due_at, reminder.id, coalesce(way.channel, '') LIMIT $6",
        patient_id,
        since,
        after[0] if after else None,
        after[1] if after else None,
        after[2] if after else None,
        limit,
    )
