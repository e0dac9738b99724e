"""Reminders on their way: handed over when due, claimed by one worker, tried, and recorded before and after.

A try is written down before it begins. A worker that dies leaves it without an outcome; then the next one sends again
under the same id, by which mailboxes, push services and gateways know that it is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from domain import task_reminders
from domain.kinds import Channel, ReminderKind, TryOutcome
from domain.notice_words import said
from domain.notices import ContactPoint, Notice
from domain.ports import Connection
from domain.task_reminders import SETTLED
from domain.unit_of_work import UnitOfWork

# What a dead worker had under way is free again after this; a living one holds on to it.
LEASE = timedelta(seconds=8)
HEARTBEAT_SECONDS = 2.0
TRY_SECONDS = 15.0
MOST_LOST = 10
# Long enough for staff to see what was not sent, and for a patient what was.
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 5000
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 10.0, 900.0


async def hand_over(connection: Connection, at: datetime, channels: Sequence[Channel], limit: int) -> int:
    """Give what is due to the contact points of those whom it concerns now; how many reminders that were.

    What could not go out in time is told to nobody, for a reminder that is hours late does harm; nor is a task that is
    done.
    """
    rows = await connection.fetch(
        "WITH found AS (SELECT id, audience, patient_id, account_id, subject_id, wall_clock, expires_at FROM reminder"  # noqa: S608 - no value in it
        " WHERE status = 'PLANNED' AND due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED),"
        f" due AS (SELECT due.*, {SETTLED} AS is_settled FROM found AS due),"
        " wanted AS (SELECT * FROM due WHERE NOT is_settled),"
        " told AS (SELECT id, account_id, expires_at FROM wanted WHERE audience = 'ACCOUNT'"
        " UNION ALL SELECT due.id, account.id, expires_at FROM wanted AS due"
        " JOIN account ON account.patient_id = due.patient_id AND role = 'PATIENT' WHERE audience = 'PATIENT'"
        " UNION ALL SELECT due.id, clinician_id, expires_at FROM wanted AS due"
        " JOIN care_relation AS care ON care.patient_id = due.patient_id AND care.starts_at <= $1"
        " AND (care.ends_at IS NULL OR care.ends_at > $1) WHERE audience = 'CARE_TEAM'),"
        " sent AS (INSERT INTO reminder_send (id, reminder_id, contact_point_id, status, due_at, expires_at, attempts,"
        " lost) SELECT uuidv7(), told.id, contact.id, 'WAITING', $1, told.expires_at, 0, 0 FROM told"
        " JOIN account ON account.id = told.account_id AND account.ended_at IS NULL"
        " JOIN contact_point AS contact ON contact.account_id = told.account_id AND contact.ended_at IS NULL"
        " AND contact.confirmed_at IS NOT NULL AND contact.channel = ANY($2::text[])"
        " LEFT JOIN reminder_preferences AS wish ON wish.account_id = told.account_id"
        " WHERE told.expires_at > $1 AND (wish.channels IS NULL OR contact.channel = ANY(wish.channels))"
        " ON CONFLICT DO NOTHING RETURNING reminder_id)"
        " UPDATE reminder SET handed_over_at = $1, status = CASE WHEN due.is_settled THEN 'CANCELLED'"
        " WHEN due.expires_at <= $1 THEN 'EXPIRED'"
        " WHEN reminder.id IN (SELECT reminder_id FROM sent) THEN 'HANDED_OVER' ELSE 'UNADDRESSED' END"
        " FROM due WHERE reminder.id = due.id RETURNING reminder.id",
        at,
        list(channels),
        limit,
    )
    return len(rows)


@dataclass(frozen=True)
class Claimed:
    """One send in this worker's hands; `attempt` fences off a slower worker that lost its lease."""

    send_id: UUID
    channel: Channel
    attempt: int
    row: Mapping[str, Any]
    activity: Mapping[str, Any] | None = None

    @property
    def to(self) -> ContactPoint:
        """Where it goes."""
        return ContactPoint(self.channel, self.row["address"], orjson.loads(self.row["keys"]))

    def notice(self) -> Notice:
        """What it says, in the reader's language."""
        row, kind = self.row, ReminderKind(self.row["kind"])
        title, text, locale = said(
            kind,
            row["locale"],
            row["moment"],
            row["zone"],
            self._detail(kind),
            is_nudge=row["minutes_before"] < 0,
        )
        return Notice(self.send_id, kind, title, text, locale, row["is_urgent"], row["expires_at"])

    def _detail(self, kind: ReminderKind) -> str | None:
        """What it is about, for who has opted in. A code is no health data, and without it its notice is of no use."""
        if self.activity is not None:
            return task_reminders.detail(self.activity, self.row["locale"])
        told: str | None = self.row["detail"]
        return told if self.row["shows_details"] or kind is ReminderKind.CONFIRM_ADDRESS else None


async def claim(connection: Connection, at: datetime, limit: int) -> Sequence[Claimed]:
    """Take at most so many of what waits, the longest due first; each try is written down here, before it begins.

    What many workers have died of is buried, and so is what nobody needs any more.
    """
    rows = await connection.fetch(
        "WITH due AS (SELECT id FROM reminder_send WHERE status = 'WAITING' AND due_at <= $1"
        " ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED),"
        " taken AS (UPDATE reminder_send SET attempts = attempts + 1,"
        " lost = lost + (leased_until IS NOT NULL)::integer, leased_until = $3, due_at = $3,"
        " status = CASE WHEN expires_at <= $1 OR lost + (leased_until IS NOT NULL)::integer >= $4"
        " THEN 'DEAD' ELSE 'WAITING' END,"
        " dead_at = CASE WHEN expires_at <= $1 OR lost + (leased_until IS NOT NULL)::integer >= $4 THEN $1 END,"
        " last_error = CASE WHEN leased_until IS NOT NULL THEN 'the worker died' ELSE last_error END"
        " FROM due WHERE reminder_send.id = due.id RETURNING reminder_send.*),"
        " cut_off AS (UPDATE reminder_try SET outcome = 'LOST', ended_at = $1 FROM taken"
        " WHERE send_id = taken.id AND attempt = taken.attempts - 1 AND outcome IS NULL),"
        " begun AS (INSERT INTO reminder_try (send_id, attempt, begun_at)"
        " SELECT id, attempts, $1 FROM taken WHERE status = 'WAITING')"
        " SELECT taken.id, taken.attempts, taken.expires_at, reminder.kind, reminder.minutes_before,"
        " reminder.is_urgent, reminder.detail, reminder.subject_id, reminder.wall_clock,"
        " wall_clock_instant(reminder.wall_clock, reminder.time_zone) AS moment,"
        " contact.channel, contact.address, contact.keys, coalesce(wish.locale, patient.locale, 'en') AS locale,"
        " coalesce(patient.time_zone, 'UTC') AS zone, coalesce(wish.shows_details, false) AS shows_details"
        " FROM taken JOIN reminder ON reminder.id = taken.reminder_id"
        " JOIN contact_point AS contact ON contact.id = taken.contact_point_id"
        " JOIN account ON account.id = contact.account_id"
        " LEFT JOIN patient ON patient.id = account.patient_id"
        " LEFT JOIN reminder_preferences AS wish ON wish.account_id = contact.account_id"
        " WHERE taken.status = 'WAITING'",
        at,
        limit,
        at + LEASE,
        MOST_LOST,
    )
    telling = [(row["subject_id"], row["wall_clock"]) for row in rows if row["shows_details"]]
    activities = await task_reminders.activities_of(connection, telling) if telling else {}
    return [
        Claimed(
            row["id"],
            Channel(row["channel"]),
            row["attempts"],
            row,
            activities.get((row["subject_id"], row["wall_clock"])) if row["shows_details"] else None,
        )
        for row in rows
    ]


async def keep(connection: Connection, at: datetime, held: Sequence[Claimed]) -> None:
    """The heartbeat: hold on to these for another lease."""
    await connection.execute(
        "UPDATE reminder_send SET leased_until = $3, due_at = $3"
        " FROM unnest($1::uuid[], $2::int[]) AS held (id, attempt)"
        " WHERE reminder_send.id = held.id AND attempts = held.attempt AND leased_until IS NOT NULL",
        [one.send_id for one in held],
        [one.attempt for one in held],
        at + LEASE,
    )


@dataclass(frozen=True)
class Ended:
    """How one try ended; `error` names a protocol and its code, never an address or a text."""

    send_id: UUID
    attempt: int
    outcome: TryOutcome
    error: str | None = None
    again_after_seconds: float = 0.0
    is_gone: bool = False


def delay_seconds(attempt: int, asked_seconds: float | None) -> float:
    """How long to wait after so many tries: twice as long each time, at least what the other side asks."""
    own = min(FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 10), LONGEST_DELAY_SECONDS)
    return max(own, min(asked_seconds or 0.0, 2 * LONGEST_DELAY_SECONDS))


async def record(connection: Connection, at: datetime, ended: Sequence[Ended]) -> None:
    """Write down how these tries ended, by one statement.

    That a notice was sent counts also when it comes late, from a worker whose lease had run out.
    """
    await connection.execute(
        "WITH ended AS (SELECT * FROM"
        " unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::float8[], $7::boolean[])"
        " AS ended (send_id, attempt, outcome, error, after_seconds, is_gone)),"
        " tried AS (UPDATE reminder_try AS this SET ended_at = $1, outcome = ended.outcome, error = ended.error"
        " FROM ended WHERE this.send_id = ended.send_id AND this.attempt = ended.attempt),"
        " gone AS (UPDATE contact_point SET ended_at = $1 FROM reminder_send AS this JOIN ended"
        " ON this.id = ended.send_id WHERE contact_point.id = this.contact_point_id AND ended.is_gone"
        " AND contact_point.ended_at IS NULL),"
        " settled AS (SELECT this.id, ended.*, $1 + make_interval(secs => ended.after_seconds) AS again_at,"
        " CASE WHEN ended.outcome = 'SENT' THEN 'SENT' WHEN this.status <> 'WAITING' THEN this.status"
        " WHEN ended.outcome = 'REFUSED' OR $1 + make_interval(secs => ended.after_seconds) >= this.expires_at"
        " THEN 'DEAD' ELSE 'WAITING' END AS new_status"
        " FROM reminder_send AS this JOIN ended ON this.id = ended.send_id"
        " WHERE this.attempts = ended.attempt OR ended.outcome = 'SENT' FOR UPDATE OF this)"
        " UPDATE reminder_send SET status = new_status, leased_until = NULL, due_at = again_at, last_error = error,"
        " sent_at = CASE new_status WHEN 'SENT' THEN $1 END, dead_at = CASE new_status WHEN 'DEAD' THEN $1 END"
        " FROM settled WHERE reminder_send.id = settled.id",
        at,
        [one.send_id for one in ended],
        [one.attempt for one in ended],
        [one.outcome for one in ended],
        [one.error for one in ended],
        [one.again_after_seconds for one in ended],
        [one.is_gone for one in ended],
    )


async def forget(work: UnitOfWork) -> int:
    """Delete reminders that are long over, with their sends and tries, at most so many at once; how many.

    Ids hold the moment at which a reminder was made, so those to look at lie together.
    """
    long_ago = work.at - KEPT
    rows = await work.connection.fetch(
        "SELECT id FROM reminder WHERE id < $1 AND status <> 'PLANNED' AND due_at < $2 AND NOT EXISTS"
        " (SELECT FROM reminder_send WHERE reminder_id = reminder.id AND reminder_send.status = 'WAITING')"
        " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
        UUID(int=int(long_ago.timestamp() * 1000) << 80),
        long_ago,
        FORGOTTEN_AT_ONCE,
    )
    over = [row["id"] for row in rows]
    await work.connection.execute(
        "DELETE FROM reminder_try USING reminder_send"
        " WHERE send_id = reminder_send.id AND reminder_id = ANY($1::uuid[])",
        over,
    )
    await work.connection.execute("DELETE FROM reminder_send WHERE reminder_id = ANY($1::uuid[])", over)
    await work.connection.execute("DELETE FROM reminder WHERE id = ANY($1::uuid[])", over)
    return len(over)
