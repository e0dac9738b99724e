"""Patient records as those who run a clinic or an insurer see them, and the codes they issue; no health data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import activation_codes
from domain.access import Actor
from domain.errors import BadInput, Conflict, Forbidden, NotFound
from domain.kinds import OrganisationKind, Role
from domain.new_patients import NewPatient, checked
from domain.patients import search_pattern
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

LIFETIME = timedelta(days=14)

# What these callers may know of a patient: never `patient.*`, which holds conditions.
_RECORD = (
    "patient.id, patient.clinic_id, patient.display_name, patient.birth_date, patient.time_zone, patient.locale,"
    " patient.created_at, EXISTS (SELECT FROM account WHERE account.patient_id = patient.id"
    " AND account.role = 'PATIENT') AS has_account"
)


@dataclass(frozen=True)
class Issued:
    """A record and its code; `code` is `None` when the same clientId was answered before: it is shown once."""

    record: Mapping[str, Any]
    code: str | None
    expires_at: datetime


async def organisation_kind(connection: Connection, by: Actor) -> OrganisationKind:
    """Whether `by` works for a clinic or for an insurer."""
    kind = await connection.fetchval("SELECT kind FROM organisation WHERE id = $1", by.organisation_id)
    return OrganisationKind(kind)


async def _may_issue(connection: Connection, by: Actor) -> OrganisationKind:
    kind = await organisation_kind(connection, by)
    if by.role is Role.ADMIN or (by.role is Role.COORDINATOR and kind is OrganisationKind.CLINIC):
        return kind
    raise Forbidden("Your role may not invite patients.")


def _records_of(kind: OrganisationKind, parameter: str) -> str:
    """An SQL condition on `patient`: a clinic has its own records, an insurer those that it invited."""
    if kind is OrganisationKind.CLINIC:
        return f"patient.clinic_id = {parameter}"
    return (
        "EXISTS (SELECT FROM activation_code AS invited WHERE invited.patient_id = patient.id"
        f" AND invited.organisation_id = {parameter} AND invited.is_invitation)"
    )


async def records(
    work: UnitOfWork, by: Actor, *, search: str | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Records by name, those whose name contains `search`, beyond the `after` key."""
    kind = await _may_issue(work.connection, by)
    if search and not search.isprintable():
        raise BadInput("search: give a part of a name.")
    return await work.connection.fetch(
        f"SELECT {_RECORD} FROM patient WHERE {_records_of(kind, '$1')}"  # noqa: S608 - no value in it
        " AND ($2::text IS NULL OR display_name ILIKE $2)"
        " AND ($3::text IS NULL OR (display_name, id) > ($3, $4::uuid))"
        " ORDER BY display_name, id LIMIT $5",
        by.organisation_id,
        search_pattern(search),
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def record(work: UnitOfWork, by: Actor, patient_id: UUID, *, lock: bool = False) -> Mapping[str, Any]:
    """One record.

    Raises:
        NotFound: there is none, or it is not theirs: both look the same.
    """
    kind = await _may_issue(work.connection, by)
    if lock:
        # A statement of its own, so that the next one sees what the holder of the lock did before.
        await work.connection.execute("SELECT FROM patient WHERE id = $1 FOR UPDATE", patient_id)
    row = await work.connection.fetchrow(
        f"SELECT {_RECORD} FROM patient WHERE id = $2 AND {_records_of(kind, '$1')}",  # noqa: S608 - no value in it
        by.organisation_id,
        patient_id,
    )
    if row is None:
        raise NotFound("There is no such patient.")
    return row


async def _known(work: UnitOfWork, by: Actor, client_id: UUID) -> Mapping[str, Any] | None:
    """The code that this clientId stands for; the same clientId sent twice at once waits here."""
    await work.connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"activation code {by.organisation_id} {client_id}"
    )
    return await work.connection.fetchrow(
        "SELECT * FROM activation_code WHERE organisation_id = $1 AND client_id = $2", by.organisation_id, client_id
    )


async def issue(work: UnitOfWork, by: Actor, client_id: UUID, patient_id: UUID) -> Issued:
    """A new code for a record; codes that were issued before and not used do not work any more.

    Raises:
        NotFound: no such record for `by`.
        Conflict: the patient has an account, or the clientId stands for something else.
    """
    row = await record(work, by, patient_id, lock=True)
    known = await _known(work, by, client_id)
    if known is not None:
        if known["patient_id"] != patient_id or known["is_invitation"]:
            raise Conflict("This clientId was used before for another code.")
        return Issued(row, None, known["expires_at"])
    return await _issue(work, by, client_id, row, is_invitation=False)


async def _issue(
    work: UnitOfWork, by: Actor, client_id: UUID, row: Mapping[str, Any], *, is_invitation: bool
) -> Issued:
    if row["has_account"]:
        raise Conflict("This patient has an account already.")
    code = activation_codes.draw()
    this = new_id()
    expires_at = work.at + LIFETIME
    await work.connection.execute(
        "UPDATE activation_code SET revoked_at = $2 WHERE patient_id = $1 AND revoked_at IS NULL AND used_at IS NULL",
        row["id"],
        work.at,
    )
    await work.connection.execute(
        "INSERT INTO activation_code (id, patient_id, organisation_id, issued_by_id, client_id, is_invitation,"
        " code_sha256, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        this,
        row["id"],
        by.organisation_id,
        by.account_id,
        client_id,
        is_invitation,
        activation_codes.digest(code),
        work.at,
        expires_at,
    )
    work.audit("issueActivationCode", patient_id=row["id"], subject_id=this)
    return Issued(row, activation_codes.grouped(code), expires_at)


async def invite(work: UnitOfWork, by: Actor, client_id: UUID, new: NewPatient) -> Issued:
    """A new record and its first code.

    Raises:
        BadInput: a value cannot be.
        NotFound: no such clinic.
        Conflict: the clientId stands for something else.
    """
    kind = await _may_issue(work.connection, by)
    new = checked(new, work.at.date())
    clinic_id = await _clinic(work.connection, by, kind, new.clinic_id)
    known = await _known(work, by, client_id)
    if known is not None:
        return await _invited_before(work, by, known, new, clinic_id)
    patient_id = new_id()
    await work.connection.execute(
        "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        patient_id,
        clinic_id,
        new.display_name,
        new.birth_date,
        new.time_zone,
        new.locale,
        list(new.conditions),
        work.at,
    )
    work.audit("invitePatient", patient_id=patient_id, subject_id=patient_id)
    row = await work.connection.fetchrow(f"SELECT {_RECORD} FROM patient WHERE id = $1", patient_id)  # noqa: S608
    assert row is not None
    return await _issue(work, by, client_id, row, is_invitation=True)


async def _invited_before(
    work: UnitOfWork, by: Actor, known: Mapping[str, Any], new: NewPatient, clinic_id: UUID
) -> Issued:
    same = known["is_invitation"] and await work.connection.fetchval(
        "SELECT EXISTS (SELECT FROM patient WHERE id = $1 AND clinic_id = $2 AND display_name = $3"
        " AND birth_date = $4 AND time_zone = $5 AND locale = $6 AND conditions = $7::text[])",
        known["patient_id"],
        clinic_id,
        new.display_name,
        new.birth_date,
        new.time_zone,
        new.locale,
        list(new.conditions),
    )
    if not same:
        raise Conflict("This clientId was used before for another code.")
    return Issued(await record(work, by, known["patient_id"]), None, known["expires_at"])


async def _clinic(connection: Connection, by: Actor, kind: OrganisationKind, clinic_id: UUID | None) -> UUID:
    if kind is OrganisationKind.CLINIC:
        if clinic_id not in (None, by.organisation_id):
            raise BadInput("clinicId: a clinic invites its own patients; leave it out.")
        return by.organisation_id
    if clinic_id is None:
        raise BadInput("clinicId: say which clinic will look after the patient.")
    found = await connection.fetchval("SELECT id FROM organisation WHERE id = $1 AND kind = 'CLINIC'", clinic_id)
    if found is None:
        raise NotFound("There is no such clinic.")
    return clinic_id
