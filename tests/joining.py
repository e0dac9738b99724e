"""Helpers for the tests of how people join: an insurer, newcomers, and a look at the whole database."""

from datetime import date
from uuid import UUID, uuid4

from adapters.runtime import Runtime
from domain import activation, invitations
from domain.access import Actor, Newcomer
from domain.invitations import Issued
from domain.kinds import OrganisationKind, Role
from domain.new_patients import NewPatient
from domain.tables import Account, Organisation
from domain.unit_of_work import new_id
from tests.people import ISSUER

TABLES = (
    "organisation",
    "patient",
    "account",
    "care_relation",
    "activation_code",
    "activation_try",
    "audit_entry",
    "event",
    "outbox_item",
)


async def everything(runtime: Runtime, *but: str) -> dict[str, list[str]]:
    """Each row of each table as text, without the tables in `but`: two looks are equal when nothing changed."""
    return {
        table: [row["line"] for row in await runtime.pool.fetch(f"SELECT t::text AS line FROM {table} AS t ORDER BY 1")]  # noqa: S608
        for table in TABLES
        if table not in but
    }


async def staff(runtime: Runtime, kind: OrganisationKind, role: Role, name: str) -> Actor:
    """Someone of another organisation."""
    organisation = await Organisation.create(id=new_id(), kind=kind, name=name)
    account = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject=f"{name}-{role}",
        role=role,
        organisation=organisation,
        display_name=f"{name} {role}",
        created_at=runtime.now(),
    )
    return Actor(account.id, role, organisation.id, None, account.display_name)


def newcomer(subject: str = "new-1") -> Newcomer:
    """Someone who has signed in and has no account."""
    return Newcomer(ISSUER, subject)


def someone(clinic_id: UUID | None = None, name: str = "Carla Nuova") -> NewPatient:
    """A person to invite."""
    return NewPatient(name, date(1961, 5, 4), "Europe/Rome", "it-IT", ["HEART_FAILURE"], clinic_id)


async def invited(runtime: Runtime, by: Actor, new: NewPatient | None = None) -> tuple[UUID, str]:
    """A fresh record and its code."""
    async with runtime.unit_of_work(by) as work:
        issued: Issued = await invitations.invite(work, by, uuid4(), new or someone())
    assert issued.code is not None
    return issued.record["id"], issued.code


async def activated(runtime: Runtime, by: Newcomer, code: str) -> Actor:
    """The new account, in the two transactions that it takes."""
    async with runtime.unit_of_work() as work:
        this_try = await activation.begin_try(work, by)
    async with runtime.unit_of_work() as work:
        return await activation.activate(work, by, this_try, code)
