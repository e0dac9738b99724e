"""Tokens with which the gateway of a patient's devices signs in: made, listed, revoked, and looked up."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind, Role
from domain.patients import recorded_patient, require_visible
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

# Whoever finds a secret in a log or a repository knows what it is, and so does a scanner.
PREFIX = "cuore_device_"
RANDOM_BYTES = 32
SECRET_CHARACTERS = len(PREFIX) + len(secrets.token_urlsafe(RANDOM_BYTES))
LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=730)
MOST_LIVE = 10
# So precise is the moment of the last use: a write for each message would cost more than the knowledge is worth.
USE_NOTED_EVERY = timedelta(minutes=5)

# No issuer of access tokens has this name, since theirs are addresses.
_ISSUER = "cuore:device-tokens"
_SELECT = (
    "SELECT token.*, account.display_name AS name, account.ended_at AS revoked_at, maker.display_name AS made_by"
    " FROM device_token AS token JOIN account ON account.id = token.account_id"
    " JOIN account AS maker ON maker.id = token.made_by_id"
)


@dataclass(frozen=True)
class Created:
    """A token and its secret, which is `None` when the same clientId was answered before: it is shown once."""

    token: Mapping[str, Any]
    secret: str | None


def is_secret(text: str) -> bool:
    """Whether this looks like the secret of a device token, which no access token does."""
    return text.startswith(PREFIX)


def _digest(secret: str) -> str:
    # With 256 bits of chance the hash needs no secret key, and how long it takes to find one tells nothing of another.
    return hashlib.sha256(secret.encode()).hexdigest()


async def device_of(connection: Connection, secret: str, at: datetime) -> Actor | None:
    """The device that signs in with this secret; nobody once the token was revoked or has expired, or its patient left.

    A patient without an account has not left while someone cares for them.
    """
    if len(secret) != SECRET_CHARACTERS:
        return None
    row = await connection.fetchrow(
        "SELECT token.id, last_used_at, account_id, organisation_id, account.patient_id, display_name"
        " FROM device_token AS token JOIN account ON account.id = token.account_id"
        " WHERE secret_sha256 = $1 AND account.ended_at IS NULL AND expires_at > $2 AND coalesce("
        "(SELECT owner.ended_at IS NULL FROM account AS owner WHERE owner.patient_id = token.patient_id"
        " AND owner.role = 'PATIENT'),"
        " EXISTS (SELECT FROM care_relation AS care WHERE care.patient_id = token.patient_id"
        " AND care.starts_at <= $2 AND (care.ends_at IS NULL OR care.ends_at > $2)))",
        _digest(secret),
        at,
    )
    if row is None:
        return None
    if row["last_used_at"] is None or row["last_used_at"] <= at - USE_NOTED_EVERY:
        # Of many requests at once the first writes, the others find it written.
        await connection.execute(
            "UPDATE device_token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
            row["id"],
            at,
            at - USE_NOTED_EVERY,
        )
    return Actor(row["account_id"], Role.DEVICE, row["organisation_id"], row["patient_id"], row["display_name"])


async def create(
    work: UnitOfWork, by: Actor, client_id: UUID, patient_id: UUID | None, name: str, expires_at: datetime | None
) -> Created:
    """A token for one more device of a patient, and the account in whose name the device records.

    Raises:
        NotFound: the patient is not visible to `by`.
        BadInput: nobody is named, or the name or the expiry cannot be.
        Conflict: the patient has as many as there may be, or the clientId stands for something else.
    """
    owner_id = await recorded_patient(work.connection, by, patient_id, work.at)
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput(f"name: give 1 to {LONGEST_NAME} printable characters.")
    # Tokens of one patient are made one after the other: clientIds and their number have no other guard.
    await work.connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('device tokens of ' || $1::text, 0))", str(owner_id)
    )
    known = await work.connection.fetchrow(
        _SELECT + " WHERE token.patient_id = $1 AND client_id = $2", owner_id, client_id
    )
    if known is not None:
        wanted = (by.account_id, name, expires_at or known["made_at"] + LONGEST_LIFE)
        if (known["made_by_id"], known["name"], known["expires_at"]) != wanted:
            raise Conflict("This clientId was used before for another device token.")
        return Created(known, None)
    latest = work.at + LONGEST_LIFE
    if not work.at < (expires_at or latest) <= latest:
        raise BadInput(f"expiresAt: give a moment within the next {LONGEST_LIFE.days} days.")
    live = await work.connection.fetchval(
        "SELECT count(*) FROM device_token AS token JOIN account ON account.id = token.account_id"
        " WHERE token.patient_id = $1 AND account.ended_at IS NULL AND expires_at > $2",
        owner_id,
        work.at,
    )
    if live >= MOST_LIVE:
        raise Conflict(f"A patient may have {MOST_LIVE} device tokens at a time; revoke one that is not needed.")
    this, account_id = new_id(), new_id()
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    await work.connection.execute(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name, created_at)"
        " SELECT $1, $2, $3, 'DEVICE', clinic_id, id, $5, $6 FROM patient WHERE id = $4",
        account_id,
        _ISSUER,
        str(account_id),
        owner_id,
        name,
        work.at,
    )
    await work.connection.execute(
        "INSERT INTO device_token (id, account_id, patient_id, made_by_id, client_id, secret_sha256, made_at,"
        " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        this,
        account_id,
        owner_id,
        by.account_id,
        client_id,
        _digest(secret),
        work.at,
        expires_at or latest,
    )
    work.tell(EventKind.DEVICE_TOKEN_CREATED, patient_id=owner_id, subject_id=this)
    work.audit("createDeviceToken", patient_id=owner_id, subject_id=this)
    return Created(await _one(work.connection, this), secret)


async def revoke(work: UnitOfWork, by: Actor, token_id: UUID) -> Mapping[str, Any]:
    """End a token and the account of its device, at once and for good; what it recorded stays.

    One that was revoked before stays as it is.

    Raises:
        NotFound: there is none, or its patient is not visible to `by`: both look the same.
    """
    patient_id = await work.connection.fetchval("SELECT patient_id FROM device_token WHERE id = $1", token_id)
    try:
        await require_visible(work.connection, by, patient_id, work.at)
    except NotFound:
        raise NotFound("There is no such device token.") from None
    ended = await work.connection.fetchval(
        "UPDATE account SET ended_at = $2 FROM device_token AS token"
        " WHERE token.id = $1 AND account.id = token.account_id AND ended_at IS NULL RETURNING account.id",
        token_id,
        work.at,
    )
    if ended is not None:
        work.tell(EventKind.DEVICE_TOKEN_REVOKED, patient_id=patient_id, subject_id=token_id)
        work.audit("revokeDeviceToken", patient_id=patient_id, subject_id=token_id)
    return await _one(work.connection, token_id)


async def page(
    work: UnitOfWork, patient_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """The tokens of a visible patient, also those that work no more, the newest first, beyond the `before` key."""
    work.audit("deviceTokens", patient_id=patient_id)
    return await work.connection.fetch(
        _SELECT + " WHERE token.patient_id = $1 AND ($2::timestamptz IS NULL OR (made_at, token.id) < ($2, $3::uuid))"
        " ORDER BY made_at DESC, token.id DESC LIMIT $4",
        patient_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )


async def _one(connection: Connection, token_id: UUID) -> Mapping[str, Any]:
    row = await connection.fetchrow(_SELECT + " WHERE token.id = $1", token_id)
    assert row is not None
    return row
