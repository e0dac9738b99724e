"""Patients as their care teams see them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, NotFound
from domain.kinds import Role
from domain.ports import Connection

LONGEST_SEARCH = 100


async def account_of(connection: Connection, issuer: str, subject: str) -> Actor | None:
    """The account that signs in as `subject` of `issuer`, while it has not ended."""
    row = await connection.fetchrow(
        "SELECT id, role, organisation_id, patient_id, display_name FROM account"
        " WHERE issuer = $1 AND subject = $2 AND ended_at IS NULL",
        issuer,
        subject,
    )
    if row is None:
        return None
    return Actor(row["id"], Role(row["role"]), row["organisation_id"], row["patient_id"], row["display_name"])


async def account_names(connection: Connection, account_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The names of accounts, by id."""
    rows = await connection.fetch("SELECT id, display_name FROM account WHERE id = ANY($1::uuid[])", list(account_ids))
    return {row["id"]: row["display_name"] for row in rows}


async def require_visible(connection: Connection, by: Actor, patient_id: UUID, at: datetime) -> UUID:
    """`patient_id` itself, if that patient exists for `by`.

    Raises:
        NotFound: not existing and not visible look the same.
    """
    if not await visible_among(connection, by, [patient_id], at):
        raise NotFound("There is no such patient.")
    return patient_id


def own_patient(by: Actor, patient_id: UUID | None) -> UUID | None:
    """The patient for whom patients and devices record without having to say so; None where one is named by another.

    Raises:
        BadInput: nobody is named, or a device names another one than its own.
    """
    if by.role is not Role.DEVICE and patient_id is not None:
        return None
    if by.patient_id is None or patient_id not in (None, by.patient_id):
        raise BadInput("patientId: say whose recording this is.")
    return by.patient_id


async def recorded_patient(connection: Connection, by: Actor, patient_id: UUID | None, at: datetime) -> UUID:
    """For whom `by` records: their own patient, or one that is named and visible.

    Raises:
        BadInput: nobody is named, or a device names another one than its own.
        NotFound: the patient is not visible to `by`.
    """
    own = own_patient(by, patient_id)
    if own is not None:
        return own
    assert patient_id is not None, "own_patient refuses"
    return await require_visible(connection, by, patient_id, at)


async def visible_among(
    connection: Connection, by: Actor, patient_ids: Sequence[UUID], at: datetime
) -> Mapping[UUID, Mapping[str, Any]]:
    """Those of the patients that exist for `by`, by id."""
    rows = await connection.fetch(
        f"SELECT patient.* FROM patient WHERE id = ANY($3::uuid[]) AND {visible_patients(by, '$1', '$2')}"  # noqa: S608 - no value in it
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL",
        at,
        visibility_key(by),
        list(patient_ids),
    )
    return {row["id"]: row for row in rows}


def search_pattern(search: str | None) -> str | None:
    """The ILIKE pattern of names that contain `search`; nothing for no search.

    Raises:
        BadInput: longer than any part of a name.
    """
    if not search:
        return None
    if len(search) > LONGEST_SEARCH:
        raise BadInput(f"search: give at most {LONGEST_SEARCH} characters.")
    return "%" + re.sub(r"([\\%_])", r"\\\1", search) + "%"


async def page(
    connection: Connection,
    by: Actor,
    *,
    at: datetime,
    search: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """Visible patients by name, those whose name contains `search`, beyond the `after` key."""
    return await connection.fetch(
        f"SELECT patient.* FROM patient WHERE {visible_patients(by, '$1', '$2')}"  # noqa: S608 - no value in it
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " AND ($3::text IS NULL OR display_name ILIKE $3)"
        " AND ($4::text IS NULL OR (display_name, id) > ($4, $5::uuid))"
        " ORDER BY display_name, id LIMIT $6",
        at,
        visibility_key(by),
        search_pattern(search),
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
