"""The outbox's verbs: what is due, who holds it, how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.kinds import WorkKind
from domain.ports import Connection

# A dead worker's items are free again after this; the relay's second and the work itself come on top of it.
LEASE = timedelta(seconds=6)
HEARTBEAT = timedelta(seconds=2)
# A nudge that led to nothing for so long may be lost; one that still waits in the queue is not queued twice.
NUDGE_AGAIN = timedelta(seconds=5)
MOST_ATTEMPTS = 6


@dataclass(frozen=True)
class Claim:
    """A worker's hold on one item; `attempt` fences off a slower worker that lost its lease."""

    item_id: UUID
    kind: WorkKind
    subject_id: UUID
    attempt: int


async def ask_later(connection: Connection, kind: WorkKind, subject_id: UUID, at: datetime, due_at: datetime) -> None:
    """Ask for work at a set time; what asks for the same earlier brings it forward."""
    await connection.execute(
        "INSERT INTO outbox_item (id, kind, subject_id, created_at, due_at, attempts)"
        " VALUES (uuidv7(), $1, $2, $3, $4, 0)"
        " ON CONFLICT (kind, subject_id) WHERE attempts = 0 AND done_at IS NULL AND dead_at IS NULL"
        " DO UPDATE SET due_at = least(outbox_item.due_at, excluded.due_at)",
        kind,
        subject_id,
        at,
        due_at,
    )


async def due(connection: Connection, at: datetime, limit: int = 500) -> Sequence[tuple[UUID, int]]:
    """Take the items whose nudge is due, so that no relay nudges them again too soon."""
    rows = await connection.fetch(
        "WITH due AS (SELECT id FROM outbox_item WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= $1"
        " AND (leased_until IS NULL OR leased_until <= $1) ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE outbox_item SET due_at = $3 FROM due WHERE outbox_item.id = due.id"
        " RETURNING outbox_item.id, attempts",
        at,
        limit,
        at + NUDGE_AGAIN,
    )
    return [(row["id"], row["attempts"]) for row in rows]


async def claim(connection: Connection, item_id: UUID, at: datetime) -> Claim | None:
    """Start an item, or `None` when it is done, dead, gone or in another worker's hands."""
    row = await connection.fetchrow(
        "UPDATE outbox_item SET attempts = attempts + 1, leased_until = $2, due_at = $2,"
        " dead_at = CASE WHEN attempts >= $4 THEN $3 END,"
        " last_error = CASE WHEN attempts >= $4 THEN coalesce(last_error, 'the worker died') ELSE last_error END"
        " WHERE id = $1 AND done_at IS NULL AND dead_at IS NULL AND (leased_until IS NULL OR leased_until <= $3)"
        " RETURNING id, kind, subject_id, attempts, dead_at",
        item_id,
        at + LEASE,
        at,
        MOST_ATTEMPTS,
    )
    if row is None or row["dead_at"] is not None:
        return None
    return Claim(row["id"], WorkKind(row["kind"]), row["subject_id"], row["attempts"])


async def keep(connection: Connection, held: Claim, at: datetime) -> None:
    """The heartbeat: hold on for another lease."""
    await connection.execute(
        "UPDATE outbox_item SET leased_until = $3, due_at = $3"
        " WHERE id = $1 AND attempts = $2 AND done_at IS NULL AND dead_at IS NULL",
        held.item_id,
        held.attempt,
        at + LEASE,
    )


async def finish(connection: Connection, held: Claim, at: datetime) -> bool:
    """Mark the item done in the effect's own transaction; `False` when another worker holds it now."""
    done = await connection.fetchval(
        "UPDATE outbox_item SET done_at = $3, leased_until = NULL"
        " WHERE id = $1 AND attempts = $2 AND done_at IS NULL AND dead_at IS NULL RETURNING true",
        held.item_id,
        held.attempt,
        at,
    )
    return bool(done)


async def give_back(connection: Connection, held: Claim, at: datetime, error: str, *, weather: bool) -> None:
    """The attempt failed: try again later, or bury the item after too many.

    Weather (a service that is away, a worker that is asked to end) is not the item's fault, so it never kills it.
    `error` holds a type's name and code, never a value.
    """
    delay = timedelta(seconds=3) if weather else timedelta(seconds=min(2**held.attempt, 60))
    await connection.execute(
        "UPDATE outbox_item SET leased_until = NULL, due_at = $3, last_error = $4,"
        " attempts = CASE WHEN $5 AND attempts > 1 THEN attempts - 1 ELSE attempts END,"
        " dead_at = CASE WHEN NOT $5 AND attempts >= $6 THEN $7::timestamptz END"
        " WHERE id = $1 AND attempts = $2 AND done_at IS NULL",
        held.item_id,
        held.attempt,
        at + delay,
        error,
        weather,
        MOST_ATTEMPTS,
        at,
    )
