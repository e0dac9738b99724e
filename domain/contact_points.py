"""Where people are reached: their own matter alone."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from domain.access import Actor
from domain.errors import Conflict, NotFound, RateLimited
from domain.kinds import Channel, ReminderAudience, ReminderKind, ReminderStatus, SendStatus
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

CODE_LIFETIME = timedelta(minutes=15)
CODE_DIGITS = 6
MOST_CODE_TRIES = 5
# A code a minute: nobody floods somebody else's mailbox through us.
CODE_EVERY = timedelta(minutes=1)
MOST_CONTACT_POINTS = 10
SECRET_BYTES = 32
POINT_BYTES, UNCOMPRESSED, AUTH_BYTES = 65, 4, 16
_COLUMNS = "id, channel, address, made_at, confirmed_at"


async def contact_points_of(connection: Connection, account_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Where an account is reached, also what is not confirmed yet, the oldest first."""
    return await connection.fetch(
        f"SELECT {_COLUMNS} FROM contact_point WHERE account_id = $1 AND ended_at IS NULL ORDER BY made_at, id",  # noqa: S608 - no value in it
        account_id,
    )


async def add_email(work: UnitOfWork, by: Actor, address: str) -> Mapping[str, Any]:
    """The caller's mail address; it counts once the code that is sent there has come back.

    Raises:
        Conflict: the caller has as many contact points as there may be.
        RateLimited: the caller was sent a code less than a minute ago.
    """
    row = await _known(work, by, Channel.EMAIL, address)
    if row is not None and row["confirmed_at"] is not None:
        return row
    if await work.connection.fetchval(
        "SELECT EXISTS (SELECT FROM reminder WHERE account_id = $1 AND kind = $2 AND made_at > $3)",
        by.account_id,
        ReminderKind.CONFIRM_ADDRESS,
        work.at - CODE_EVERY,
    ):
        raise RateLimited("A code was sent a moment ago; please wait a minute before you ask for another.")
    row = row or await _add(work, by, Channel.EMAIL, address, {}, is_confirmed=False)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    await work.connection.execute(
        "UPDATE contact_point SET code = $2, code_expires_at = $3, code_tries = 0 WHERE id = $1",
        row["id"],
        code,
        work.at + CODE_LIFETIME,
    )
    await _send_code(work, by, row["id"], code)
    work.audit("addEmail", patient_id=by.patient_id, subject_id=row["id"])
    return row


async def _send_code(work: UnitOfWork, by: Actor, contact_point_id: UUID, code: str) -> None:
    """As a reminder that is handed over already, to an address that gets nothing else yet."""
    await work.connection.execute(
        "WITH told AS (INSERT INTO reminder (id, kind, audience, account_id, subject_id, wall_clock, time_zone,"
        " minutes_before, useful_minutes, is_urgent, detail, due_at, expires_at, status, made_at, handed_over_at)"
        " VALUES (uuidv7(), $1, $2, $3, $4, $5::timestamptz AT TIME ZONE 'UTC', 'UTC', 0, $6, true, $7, $5,"
        " $5 + make_interval(mins => $6), $8, $5, $5) RETURNING id, expires_at)"
        " INSERT INTO reminder_send (id, reminder_id, contact_point_id, status, due_at, expires_at, attempts, lost)"
        " SELECT uuidv7(), id, $4, $9, $5, expires_at, 0, 0 FROM told",
        ReminderKind.CONFIRM_ADDRESS,
        ReminderAudience.ACCOUNT,
        by.account_id,
        contact_point_id,
        work.at,
        int(CODE_LIFETIME.total_seconds() // 60),
        code,
        ReminderStatus.HANDED_OVER,
        SendStatus.WAITING,
    )


async def confirm_email(work: UnitOfWork, by: Actor, contact_point_id: UUID, code: str) -> Mapping[str, Any]:
    """Whether the caller reads what is sent there. A wrong code counts, also though nothing else changes.

    Raises:
        NotFound: no such contact point of the caller.
    """
    row = await work.connection.fetchrow(
        "UPDATE contact_point SET code_tries = code_tries + 1,"  # noqa: S608 - no value in it
        " confirmed_at = CASE WHEN confirmed_at IS NULL AND code = $3 AND code_expires_at > $4 AND code_tries < $5"
        " THEN $4 ELSE confirmed_at END WHERE id = $1 AND account_id = $2 AND ended_at IS NULL"
        f" RETURNING {_COLUMNS}",
        contact_point_id,
        by.account_id,
        code,
        work.at,
        MOST_CODE_TRIES,
    )
    if row is None:
        raise NotFound("There is no such contact point.")
    if row["confirmed_at"] is not None:
        await work.connection.execute("UPDATE contact_point SET code = NULL WHERE id = $1", contact_point_id)
        await work.connection.execute("UPDATE reminder SET detail = NULL WHERE subject_id = $1", contact_point_id)
    work.audit("confirmEmail", patient_id=by.patient_id, subject_id=contact_point_id)
    return row


def are_browser_keys(p256dh: str, auth: str) -> bool:
    """Whether they have the form that RFC 8291 asks for: an uncompressed point of P-256, and 16 bytes."""
    try:
        key, secret = (base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) for one in (p256dh, auth))
    except ValueError:
        return False
    return len(key) == POINT_BYTES and key[0] == UNCOMPRESSED and len(secret) == AUTH_BYTES


async def add_browser(work: UnitOfWork, by: Actor, address: str, p256dh: str, auth: str) -> Mapping[str, Any]:
    """A browser that has subscribed; what proves itself needs no code."""
    row = await _known(work, by, Channel.WEB_PUSH, address)
    keys = {"p256dh": p256dh, "auth": auth}
    if row is None:
        row = await _add(work, by, Channel.WEB_PUSH, address, keys, is_confirmed=True)
    else:
        await work.connection.execute(
            "UPDATE contact_point SET keys = $2::text::jsonb WHERE id = $1", row["id"], orjson.dumps(keys).decode()
        )
    work.audit("addWebPush", patient_id=by.patient_id, subject_id=row["id"])
    return row


async def add_webhook(work: UnitOfWork, by: Actor, address: str) -> tuple[Mapping[str, Any], str | None]:
    """A gateway, and the secret by which it knows us: told this once, None where it is known already."""
    row = await _known(work, by, Channel.WEBHOOK, address)
    if row is not None:
        return row, None
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    row = await _add(work, by, Channel.WEBHOOK, address, {"secret": secret}, is_confirmed=True)
    work.audit("addWebhook", patient_id=by.patient_id, subject_id=row["id"])
    return row, secret


async def remove(work: UnitOfWork, by: Actor, contact_point_id: UUID) -> None:
    """Reach the caller there no more.

    Raises:
        NotFound: no such contact point of the caller.
    """
    found = await work.connection.fetchval(
        "UPDATE contact_point SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL RETURNING id",
        contact_point_id,
        by.account_id,
        work.at,
    )
    if found is None:
        raise NotFound("There is no such contact point.")
    await work.connection.execute(
        "UPDATE reminder_send SET status = $2 WHERE contact_point_id = $1 AND status = $3",
        contact_point_id,
        SendStatus.CANCELLED,
        SendStatus.WAITING,
    )
    work.audit("removeContactPoint", patient_id=by.patient_id, subject_id=contact_point_id)


async def _known(work: UnitOfWork, by: Actor, channel: Channel, address: str) -> Mapping[str, Any] | None:
    # Two that add at once come one after the other.
    await work.connection.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", by.account_id)
    return await work.connection.fetchrow(
        f"SELECT {_COLUMNS} FROM contact_point WHERE account_id = $1 AND channel = $2"  # noqa: S608 - no value in it
        " AND address = $3 AND ended_at IS NULL",
        by.account_id,
        channel,
        address,
    )


async def _add(
    work: UnitOfWork, by: Actor, channel: Channel, address: str, keys: Mapping[str, str], *, is_confirmed: bool
) -> Mapping[str, Any]:
    count = await work.connection.fetchval(
        "SELECT count(*) FROM contact_point WHERE account_id = $1 AND ended_at IS NULL", by.account_id
    )
    if count >= MOST_CONTACT_POINTS:
        raise Conflict(f"You have {MOST_CONTACT_POINTS} contact points; remove one first.")
    row = await work.connection.fetchrow(
        "INSERT INTO contact_point (id, account_id, channel, address, keys, made_at, code_tries, confirmed_at)"  # noqa: S608 - no value in it
        f" VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, 0, $7) RETURNING {_COLUMNS}",
        new_id(),
        by.account_id,
        channel,
        address,
        orjson.dumps(dict(keys)).decode(),
        work.at,
        work.at if is_confirmed else None,
    )
    assert row is not None
    return row
