"""What happened, told in an order that nothing can get behind, to those who may see it when it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients, visible_to_account
from domain.kinds import EventKind, Role
from domain.ports import Connection

# The transaction that told of it, and its number: see decision 2.
Cursor = tuple[int, int]
MOST_EVENTS = 100

_COLUMNS = "event.id, event.transaction_id::text::bigint AS transaction, event.at, kind, patient_id, subject_id"


@dataclass(frozen=True, slots=True)
class Told:
    """One event."""

    cursor: Cursor
    at: datetime
    kind: EventKind
    patient_id: UUID
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Topic:
    """What a feed tells of: all that happens to one patient, or the alerts of everybody whom its follower may see."""

    patient_id: UUID | None = None

    @property
    def action(self) -> str:
        """The name under which following is audited."""
        return "patientFeed" if self.patient_id else "alertFeed"

    def has(self, event: Told) -> bool:
        """Whether it tells of this event."""
        return event.patient_id == self.patient_id if self.patient_id else event.kind.startswith("ALERT")


@dataclass(eq=False)
class Batch:
    """Events that were read together, and what was made of them for all who follow."""

    events: Sequence[Told]
    _made: dict[Hashable, Any] = field(default_factory=dict)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def once(self, name: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """What the first who asked has made under this name."""
        if name not in self._made:
            async with self._making:
                if name not in self._made:
                    self._made[name] = await make()
        return self._made[name]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A part of a batch that one follower may see, in order."""

    batch: Batch
    events: Sequence[Told]


def _told(row: Any) -> Told:
    cursor = row["transaction"], row["id"]
    return Told(cursor, row["at"], EventKind(row["kind"]), row["patient_id"], row["subject_id"])


async def end(connection: Connection) -> Cursor:
    """The cursor of now: what commits later lies behind it."""
    horizon = await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(horizon) - 1, 2**62


async def settled(connection: Connection, after: Cursor) -> tuple[Sequence[Told], bool]:
    """The next events behind a cursor that none can overtake any more, and whether others wait for that."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS}, transaction_id < pg_snapshot_xmin(pg_current_snapshot()) AS is_settled FROM event"  # noqa: S608 - no value in it
        " WHERE (transaction_id, id) > ($1::text::xid8, $2) ORDER BY transaction_id, id LIMIT $3",
        str(after[0]),
        after[1],
        MOST_EVENTS,
    )
    found = [_told(row) for row in rows if row["is_settled"]]
    return found, len(found) < len(rows)


async def missed(
    connection: Connection, by: Actor, topic: Topic, *, at: datetime, after: Cursor, until: Cursor
) -> Sequence[Told]:
    """The next events of a topic between two cursors that `by` may see; all that is before `until` is settled."""
    about = "event.patient_id = $7" if topic.patient_id else "event.kind LIKE 'ALERT%' AND $7::uuid IS NULL"
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM event JOIN patient ON patient.id = event.patient_id"  # noqa: S608 - no value in it
        " WHERE (transaction_id, event.id) > ($3::text::xid8, $4)"
        f" AND (transaction_id, event.id) <= ($5::text::xid8, $6) AND {about}"
        f" AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " ORDER BY transaction_id, event.id LIMIT $8",
        at,
        visibility_key(by),
        str(after[0]),
        after[1],
        str(until[0]),
        until[1],
        topic.patient_id,
        MOST_EVENTS,
    )
    return [_told(row) for row in rows]


async def admitted(
    connection: Connection, at: datetime, pairs: Collection[tuple[UUID, UUID | None]]
) -> set[tuple[UUID, UUID | None]]:
    """Those pairs of an account and a patient where the account has not ended and may see the patient, if one is named.

    What `visible_patients` asks for one account, for many by one statement.
    """
    rows = await connection.fetch(
        "SELECT pair.* FROM unnest($2::uuid[], $3::uuid[]) AS pair (account_id, patient_id)"  # noqa: S608 - no value in it
        " JOIN account ON account.id = pair.account_id AND ended_at IS NULL"
        " LEFT JOIN patient ON patient.id = pair.patient_id"
        f" WHERE $1::timestamptz IS NOT NULL AND (pair.patient_id IS NULL OR {visible_to_account('$1')})",
        at,
        [account_id for account_id, _ in pairs],
        [patient_id for _, patient_id in pairs],
    )
    return {(row["account_id"], row["patient_id"]) for row in rows}


async def note(
    connection: Connection, at: datetime, deliveries: Collection[tuple[UUID, Role, str, UUID, UUID]]
) -> None:
    """Write the audit entries of what is going to be told: account, role, action, patient and subject of each."""
    await connection.execute(
        "INSERT INTO audit_entry (id, at, actor_id, role, action, patient_id, subject_id)"
        " SELECT uuidv7(), $1, told.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[]) AS told",
        at,
        *map(list, zip(*deliveries, strict=True)),
    )
