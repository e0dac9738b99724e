"""Who cares for whom, from when to when; run by the clinic's administrators."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import invitations
from domain.access import Actor
from domain.errors import BadInput, Conflict, Forbidden, NotFound
from domain.kinds import EventKind, OrganisationKind
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

# A clock that runs behind is forgiven that much.
CLOCK_TOLERANCE = timedelta(minutes=5)

_RELATION = (
    "SELECT care_relation.*, account.display_name, account.role FROM care_relation"
    " JOIN account ON account.id = care_relation.clinician_id"
)


async def clinicians(
    connection: Connection, by: Actor, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """The clinicians of the caller's clinic by name, beyond the `after` key; those who left are not among them."""
    return await connection.fetch(
        "SELECT id, display_name FROM account WHERE organisation_id = $1 AND role = 'CLINICIAN' AND ended_at IS NULL"
        " AND ($2::text IS NULL OR (display_name, id) > ($2, $3::uuid)) ORDER BY display_name, id LIMIT $4",
        by.organisation_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def clinics(connection: Connection, *, after: tuple[str, UUID] | None, limit: int) -> Sequence[Mapping[str, Any]]:
    """Every clinic by name, beyond the `after` key."""
    return await connection.fetch(
        "SELECT id, name FROM organisation WHERE kind = 'CLINIC' AND ($1::text IS NULL OR (name, id) > ($1, $2::uuid))"
        " ORDER BY name, id LIMIT $3",
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def relations(
    connection: Connection,
    patient_ids: Sequence[UUID],
    *,
    at: datetime,
    with_later: bool,
    clinic_id: UUID | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Who cares at `at` for patients whom the caller may see, `with_later` also who will; by start.

    `clinic_id` leaves out the patients of other clinics.
    """
    return await connection.fetch(
        _RELATION + " WHERE care_relation.patient_id = ANY($1::uuid[]) AND ($3 OR starts_at <= $2)"  # noqa: S608 - no value in it
        " AND (ends_at IS NULL OR (ends_at > $2 AND ends_at > starts_at))"
        " AND ($4::uuid IS NULL OR care_relation.patient_id IN (SELECT id FROM patient WHERE clinic_id = $4))"
        " ORDER BY starts_at, care_relation.id",
        list(patient_ids),
        at,
        with_later,
        clinic_id,
    )


async def _lock_patient(work: UnitOfWork, by: Actor, patient_id: UUID) -> None:
    if await invitations.organisation_kind(work.connection, by) is not OrganisationKind.CLINIC:
        raise Forbidden("Only a clinic has care teams.")
    # Changes of one care team queue up at the patient's record.
    await invitations.record(work, by, patient_id, lock=True)


async def assign(
    work: UnitOfWork, by: Actor, client_id: UUID, patient_id: UUID, clinician_id: UUID, starts_at: datetime | None
) -> Mapping[str, Any]:
    """Put a clinician into a care team from `starts_at`, or now, until the relation is ended.

    Raises:
        NotFound: no such patient or clinician in the caller's clinic.
        BadInput: it would begin in the past.
        Conflict: they are, or will be, in it already; or the clientId stands for something else.
    """
    await _lock_patient(work, by, patient_id)
    known = await work.connection.fetchrow(
        _RELATION + " WHERE care_relation.patient_id = $1 AND client_id = $2", patient_id, client_id
    )
    if known is not None:
        if known["clinician_id"] != clinician_id or (starts_at or known["starts_at"]) != known["starts_at"]:
            raise Conflict("This clientId was used before for another care relation.")
        return known
    found = await work.connection.fetchval(
        "SELECT id FROM account WHERE id = $1 AND organisation_id = $2 AND role = 'CLINICIAN' AND ended_at IS NULL",
        clinician_id,
        by.organisation_id,
    )
    if found is None:
        raise NotFound("There is no such clinician.")
    begins = starts_at or work.at
    if begins < work.at - CLOCK_TOLERANCE:
        raise BadInput("startsAt: a care relation cannot begin in the past.")
    await _refuse_overlap(work, patient_id, clinician_id, begins, None)
    this = new_id()
    await work.connection.execute(
        "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at, client_id) VALUES ($1, $2, $3, $4, $5)",
        this,
        patient_id,
        clinician_id,
        begins,
        client_id,
    )
    work.tell(EventKind.CARE_TEAM_CHANGED, patient_id=patient_id, subject_id=this)
    work.audit("assignClinician", patient_id=patient_id, subject_id=this)
    return await _relation(work.connection, this)


async def _refuse_overlap(
    work: UnitOfWork,
    patient_id: UUID,
    clinician_id: UUID,
    starts_at: datetime,
    but: UUID | None,
    *,
    ends_at: datetime | None = None,
) -> None:
    overlaps = await work.connection.fetchval(
        "SELECT EXISTS (SELECT FROM care_relation WHERE patient_id = $1 AND clinician_id = $2"
        " AND tstzrange(starts_at, ends_at) && tstzrange($3, $4) AND ($5::uuid IS NULL OR id <> $5))",
        patient_id,
        clinician_id,
        starts_at,
        ends_at,
        but,
    )
    if overlaps:
        raise Conflict("This clinician is in the care team at that time already.")


async def _relation(connection: Connection, relation_id: UUID) -> Mapping[str, Any]:
    row = await connection.fetchrow(_RELATION + " WHERE care_relation.id = $1", relation_id)
    assert row is not None
    return row


async def end(
    work: UnitOfWork, by: Actor, patient_id: UUID, clinician_id: UUID, ends_at: datetime | None
) -> Mapping[str, Any]:
    """End the running relation, or else the next one, at `ends_at` or now; one that has not begun is called off.

    What has ended stays as it is: ending it again gives the same answer.

    Raises:
        NotFound: no such patient in the caller's clinic, or the clinician was never in their care team.
        BadInput: it would end in the past.
        Conflict: it would run into the clinician's next relation with the patient.
    """
    await _lock_patient(work, by, patient_id)
    pair = " WHERE care_relation.patient_id = $1 AND clinician_id = $2"
    running = await work.connection.fetchrow(
        _RELATION + pair + " AND (ends_at IS NULL OR (ends_at > $3 AND ends_at > starts_at))"
        " ORDER BY starts_at LIMIT 1",
        patient_id,
        clinician_id,
        work.at,
    )
    if running is None:
        last = await work.connection.fetchrow(
            _RELATION + pair + " ORDER BY ends_at DESC LIMIT 1", patient_id, clinician_id
        )
        if last is None or ends_at not in (None, last["ends_at"]):
            raise NotFound("This clinician is not in the care team.")
        return last
    if ends_at is not None and ends_at < work.at - CLOCK_TOLERANCE:
        raise BadInput("endsAt: a care relation cannot end in the past.")
    # Never before now: whether someone saw a patient must stay answerable.
    stops = max(ends_at or work.at, work.at, running["starts_at"])
    if stops == running["ends_at"]:
        return running
    await _refuse_overlap(work, patient_id, clinician_id, running["starts_at"], running["id"], ends_at=stops)
    await work.connection.execute("UPDATE care_relation SET ends_at = $2 WHERE id = $1", running["id"], stops)
    work.tell(EventKind.CARE_TEAM_CHANGED, patient_id=patient_id, subject_id=running["id"])
    work.audit("endCareRelation", patient_id=patient_id, subject_id=running["id"])
    return await _relation(work.connection, running["id"])
