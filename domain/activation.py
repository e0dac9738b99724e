"""How a person joins: a clinic or an insurer invites, a code is issued, whoever holds it activates the record."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import activation_codes
from domain.access import Actor, Newcomer
from domain.errors import BadInput, Conflict, RateLimited
from domain.kinds import Role
from domain.patients import account_of
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

MOST_WRONG_TRIES = 5
TRIES_WINDOW = timedelta(hours=1)

# One sentence for a code that never was, has expired, was revoked or was used: none of them can be told from another.
REFUSED = "code: this code does not work. Check it, or ask whoever gave it to you for a new one."
MISTYPED = "code: this is mistyped. A code has 16 letters and digits; check each of them."

_LONGEST_ISSUER = 300
_LONGEST_SUBJECT = 200


async def caller_of(connection: Connection, issuer: str, subject: str) -> Actor | Newcomer | None:
    """Whose token this is: an account's, a newcomer's, or, once the account has ended, nobody's."""
    if len(issuer) > _LONGEST_ISSUER or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        return None
    actor = await account_of(connection, issuer, subject)
    if actor is not None:
        return actor
    ended = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM account WHERE issuer = $1 AND subject = $2)", issuer, subject
    )
    return None if ended else Newcomer(issuer, subject)


async def begin_try(work: UnitOfWork, by: Newcomer) -> UUID:
    """Count a try before the code is looked at; a right code takes it back.

    It belongs in a transaction of its own, committed first: so the refusal of a wrong code cannot undo the count,
    and of many guesses at the same moment no more than the limit are looked at.

    Raises:
        RateLimited: too many wrong codes of this newcomer within the hour.
    """
    # Tries of one newcomer queue up here, those of others do not wait.
    await work.connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"activation {len(by.issuer)} {by.issuer} {by.subject}"
    )
    since = work.at - TRIES_WINDOW
    tries = await work.connection.fetch(
        "SELECT at FROM activation_try WHERE issuer = $1 AND subject = $2 AND at > $3 ORDER BY at",
        by.issuer,
        by.subject,
        since,
    )
    if len(tries) >= MOST_WRONG_TRIES:
        left = tries[-MOST_WRONG_TRIES]["at"] - since
        raise RateLimited(
            "Too many codes that do not work. Wait a while before the next try.",
            retryAfterSeconds=int(left.total_seconds()) + 1,
        )
    await work.connection.execute(
        "DELETE FROM activation_try WHERE issuer = $1 AND subject = $2 AND at <= $3", by.issuer, by.subject, since
    )
    this = new_id()
    await work.connection.execute(
        "INSERT INTO activation_try (id, issuer, subject, at) VALUES ($1, $2, $3, $4)",
        this,
        by.issuer,
        by.subject,
        work.at,
    )
    return this


async def activate(work: UnitOfWork, by: Newcomer, this_try: UUID, typed: str) -> Actor:
    """Take over the patient record of a code: the newcomer becomes the account of that patient.

    A code works once; whoever used it and sends it again gets the first answer again.

    Raises:
        BadInput: mistyped; or unknown, expired, revoked or used by someone else, which all look the same.
        Conflict: this sign-in got an account in another way meanwhile.
    """
    code = activation_codes.read(typed)
    if code is None:
        raise BadInput(MISTYPED)
    stored = activation_codes.digest(code)
    # Whatever is done to the codes of one patient queues up at the record: of two activations the second waits
    # here, and the statement after it sees that the code is used.
    await work.connection.execute(
        "SELECT FROM patient WHERE id = (SELECT patient_id FROM activation_code WHERE code_sha256 = $1) FOR UPDATE",
        stored,
    )
    row = await work.connection.fetchrow(
        "SELECT activation_code.*, patient.clinic_id, patient.display_name FROM activation_code"
        " JOIN patient ON patient.id = activation_code.patient_id WHERE code_sha256 = $1",
        stored,
    )
    if row is None or row["revoked_at"] is not None:
        raise BadInput(REFUSED)
    existing = await account_of(work.connection, by.issuer, by.subject)
    if row["used_at"] is not None:
        if existing is None or existing.account_id != row["account_id"]:
            raise BadInput(REFUSED)
        await _take_back(work, this_try)
        return existing
    if row["expires_at"] <= work.at:
        raise BadInput(REFUSED)
    actor = Actor(new_id(), Role.PATIENT, row["clinic_id"], row["patient_id"], row["display_name"])
    made = await work.connection.fetchval(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, patient_id, display_name, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id",
        actor.account_id,
        by.issuer,
        by.subject,
        actor.role,
        actor.organisation_id,
        actor.patient_id,
        actor.display_name,
        work.at,
    )
    if made is None:
        if await account_of(work.connection, by.issuer, by.subject) is not None:
            raise Conflict("You have an account already.")
        raise BadInput(REFUSED)
    await work.connection.execute(
        "UPDATE activation_code SET used_at = $2, account_id = $3 WHERE id = $1", row["id"], work.at, actor.account_id
    )
    await _take_back(work, this_try)
    # From here on it is the new account that acts, in the audit too.
    work.by = actor
    work.audit("activate", patient_id=actor.patient_id, subject_id=row["id"])
    return actor


async def _take_back(work: UnitOfWork, this_try: UUID) -> None:
    await work.connection.execute("DELETE FROM activation_try WHERE id = $1", this_try)


async def activate_again(work: UnitOfWork, by: Actor, typed: str) -> Actor:
    """The first answer again, for a patient who sends the code of their own account once more.

    Raises:
        Conflict: any other code; whether it exists is not even looked up.
    """
    code = activation_codes.read(typed)
    own = code is not None and await work.connection.fetchval(
        "SELECT EXISTS (SELECT FROM activation_code WHERE account_id = $1 AND code_sha256 = $2)",
        by.account_id,
        activation_codes.digest(code),
    )
    if not own:
        raise Conflict("You have an account already.")
    return by


async def own_record(connection: Connection, by: Actor) -> Mapping[str, Any]:
    """The patient whose account `by` is."""
    row = await connection.fetchrow("SELECT * FROM patient WHERE id = $1", by.patient_id)
    assert row is not None
    return row
