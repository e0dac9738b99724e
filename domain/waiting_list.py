"""The waiting list: whoever waits for a slot that comes free is offered it, the longest waiting first.

A slot that is offered is held as an appointment that is not booked yet, so that the same walls of the database keep
others out. An offer that ends or is declined goes on to the next. Rows are locked in one order everywhere: the wish,
its offer, the appointment that it is instead of; then the queues.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from domain import reminders
from domain.access import Actor
from domain.appointment_rows import HOLDS, SELECT, WAS_BOOKED, by_id, keep_change, queue, visible
from domain.availability import hours_of_clinicians
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import AppointmentKind, EventKind, ReminderKind, WishStatus
from domain.patients import recorded_patient
from domain.ports import Connection
from domain.reminders import Plan
from domain.rules.offers import OFFERED_BEFORE, answer_by
from domain.rules.slots import offset_minutes, slot_at
from domain.rules.states import APPOINTMENT, OFFER
from domain.unit_of_work import UnitOfWork, new_id

MOST_WISHES = 5
LONGEST_WISH = timedelta(days=366)

_WISH = "SELECT wish.*, account.display_name AS clinician_name FROM waiting_wish AS wish"
_WISH += " LEFT JOIN account ON account.id = wish.clinician_id"
# Of a wish at the moment $2: whose time is over, or whose later appointment is, waits no more.
_WAITS = (
    "wish.status = 'WAITING' AND wish.until > $2 AND (wish.instead_of_id IS NULL OR EXISTS (SELECT FROM appointment"
    " WHERE appointment.id = wish.instead_of_id AND appointment.status IN ('BOOKED', 'CONFIRMED')"
    " AND appointment.starts_at > $2))"
)


async def join(
    work: UnitOfWork,
    by: Actor,
    client_id: UUID,
    patient_id: UUID | None,
    *,
    clinician_id: UUID | None,
    kind: AppointmentKind,
    since: datetime,
    until: datetime,
    instead_of: UUID | None,
) -> Mapping[str, Any]:
    """Wait for a slot of this kind in a span: with one clinician, or with any of the clinic.

    Raises:
        NotFound: no such patient for `by`, no such clinician in the clinic, no such appointment of the patient.
        BadInput: the span cannot be, or the patient has too many wishes.
        Conflict: the clientId stands for another wish.
    """
    if not (since < until and work.at < until and until - since <= LONGEST_WISH):
        raise BadInput(f"to: give a moment ahead and after from, at most {LONGEST_WISH.days} days later.")
    patient_id = await recorded_patient(work.connection, by, patient_id, work.at)
    await queue(work.connection, [], patient_id)
    known = await work.connection.fetchrow(
        _WISH + " WHERE wish.patient_id = $1 AND client_id = $2", patient_id, client_id
    )
    if known is not None:
        asked = (clinician_id, kind, since, until, instead_of)
        if tuple(known[name] for name in ("clinician_id", "kind", "since", "until", "instead_of_id")) != asked:
            raise Conflict("This clientId was used before for another wish.")
        return known
    clinic_id = await work.connection.fetchval("SELECT clinic_id FROM patient WHERE id = $1", patient_id)
    if clinician_id and clinician_id not in await hours_of_clinicians(work.connection, clinic_id, [clinician_id]):
        raise NotFound("There is no such clinician who takes appointments.")
    if instead_of and not await work.connection.fetchval(
        f"SELECT true FROM appointment WHERE id = $1 AND patient_id = $2 AND {HOLDS} AND {WAS_BOOKED}"  # noqa: S608 - no value in it
        " AND starts_at > $3",
        instead_of,
        patient_id,
        work.at,
    ):
        raise NotFound("There is no such appointment ahead.")
    waiting = await work.connection.fetchval(
        f"SELECT count(*) FROM waiting_wish AS wish WHERE patient_id = $1 AND {_WAITS}",  # noqa: S608 - no value in it
        patient_id,
        work.at,
    )
    if waiting >= MOST_WISHES:
        raise BadInput(f"A patient can wait for at most {MOST_WISHES} things; take one back first.")
    this = new_id()
    await work.connection.execute(
        "INSERT INTO waiting_wish (id, patient_id, client_id, clinician_id, kind, since, until, instead_of_id, status,"
        " asked_at, asked_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        this,
        patient_id,
        client_id,
        clinician_id,
        kind,
        since,
        until,
        instead_of,
        WishStatus.WAITING,
        work.at,
        by.account_id,
    )
    _tell(work, EventKind.WAITING_LIST_CHANGED, patient_id, this, "joinWaitingList")
    return await _wish(work.connection, this)


def _tell(work: UnitOfWork, kind: EventKind, patient_id: UUID, subject_id: UUID, action: str) -> None:
    work.tell(kind, patient_id=patient_id, subject_id=subject_id)
    work.audit(action, patient_id=patient_id, subject_id=subject_id)


async def _wish(connection: Connection, wish_id: UUID, *, lock: bool = False) -> Mapping[str, Any]:
    row = await connection.fetchrow(_WISH + " WHERE wish.id = $1" + (" FOR UPDATE OF wish" if lock else ""), wish_id)
    assert row is not None
    return row


async def leave(work: UnitOfWork, by: Actor, wish_id: UUID) -> Mapping[str, Any]:
    """Wait no more; what was offered goes on to the next.

    Raises:
        NotFound: no such wish of a patient whom `by` may see.
        Conflict: an appointment was booked for it already.
    """
    patient_id = await work.connection.fetchval("SELECT patient_id FROM waiting_wish WHERE id = $1", wish_id)
    if patient_id is None:
        raise NotFound("There is no such wish.")
    await recorded_patient(work.connection, by, patient_id, work.at)
    wish = await _wish(work.connection, wish_id, lock=True)
    if wish["status"] == WishStatus.BOOKED:
        raise Conflict("An appointment was booked for this wish.")
    if wish["status"] == WishStatus.WITHDRAWN:
        return wish
    await work.connection.execute("UPDATE waiting_wish SET status = $2 WHERE id = $1", wish_id, WishStatus.WITHDRAWN)
    _tell(work, EventKind.WAITING_LIST_CHANGED, patient_id, wish_id, "leaveWaitingList")
    offered = await work.connection.fetchrow(
        SELECT + " WHERE wish_id = $1 AND status = 'OFFERED' FOR UPDATE OF appointment", wish_id
    )
    if offered is not None:
        await _lapse(work, offered, "leaveWaitingList")
    return await _wish(work.connection, wish_id)


async def offer(work: UnitOfWork, freed: Mapping[str, Any]) -> None:
    """Hold the slot of an appointment that frees it for whoever has waited for such a one the longest.

    The clinician's queue is the caller's. Nobody waits for a wish that another transaction holds: it is passed over.
    """
    clinician_id, starts_at = freed["clinician_id"], freed["starts_at"]
    if starts_at - work.at < OFFERED_BEFORE:
        return
    found = await hours_of_clinicians(work.connection, freed["organisation_id"], [clinician_id])
    if clinician_id not in found:
        return
    hours = found[clinician_id][0]
    slot = slot_at(hours, clinician_id, starts_at)
    if slot is None:
        return
    wish = await work.connection.fetchrow(
        "SELECT wish.*, patient.time_zone FROM waiting_wish AS wish JOIN patient ON patient.id = wish.patient_id"  # noqa: S608 - no value in it
        " LEFT JOIN appointment AS later ON later.id = wish.instead_of_id"
        " WHERE wish.status = 'WAITING' AND patient.clinic_id = $1 AND wish.patient_id <> $2"
        " AND (wish.clinician_id IS NULL OR wish.clinician_id = $3) AND wish.kind::text = ANY($4::text[])"
        " AND wish.since <= $5 AND wish.until >= $6"
        # Whose later appointment is over or called off waits for nothing earlier.
        " AND (later.id IS NULL OR (later.status IN ('BOOKED', 'CONFIRMED') AND later.starts_at > $5))"
        # One offer at a time, and none a second time.
        " AND NOT EXISTS (SELECT FROM appointment AS offered WHERE offered.wish_id = wish.id"
        " AND (offered.status = 'OFFERED' OR (offered.clinician_id = $3 AND offered.starts_at = $5)))"
        f" AND NOT EXISTS (SELECT FROM appointment WHERE appointment.patient_id = wish.patient_id AND {HOLDS}"
        f" AND {WAS_BOOKED} AND appointment.id IS DISTINCT FROM wish.instead_of_id"
        " AND tstzrange(appointment.starts_at, appointment.ends_at) && tstzrange($5, $6))"
        " ORDER BY wish.asked_at, wish.id LIMIT 1 FOR UPDATE OF wish SKIP LOCKED",
        freed["organisation_id"],
        freed["patient_id"],
        clinician_id,
        list(hours.kinds),
        slot.starts_at,
        slot.ends_at,
    )
    if wish is None:
        return
    this = new_id()
    held = await work.connection.fetchval(
        "INSERT INTO appointment (id, patient_id, clinician_id, client_id, kind, status, starts_at, ends_at,"
        " held_until, time_zone, offset_minutes, wish_id, offer_ends_at, version)"
        " VALUES ($1, $2, $3, $1, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0) ON CONFLICT DO NOTHING RETURNING true",
        this,
        wish["patient_id"],
        clinician_id,
        wish["kind"],
        OFFER.begins[1],
        slot.starts_at,
        slot.ends_at,
        slot.ends_at + timedelta(minutes=hours.buffer_minutes),
        hours.time_zone,
        offset_minutes(slot.starts_at, ZoneInfo(hours.time_zone)),
        wish["id"],
        answer_by(work.at, ZoneInfo(wish["time_zone"]), slot.starts_at),
    )
    # Of other hours than today's, another appointment may lie in it still.
    if held:
        _tell(work, EventKind.SLOT_OFFERED, wish["patient_id"], this, "offerSlot")
        minutes = (slot.starts_at - work.at) // timedelta(minutes=1)
        told = Plan(ReminderKind.APPOINTMENT_OFFER, wish["patient_id"], this, slot.starts_at, minutes)
        await reminders.plan(work, [told])


async def _offered(work: UnitOfWork, by: Actor, appointment_id: UUID) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """An offer that `by` may answer and its wish, both locked.

    Raises:
        NotFound: there is no such offer for `by`.
    """
    seen = await visible(work, by, appointment_id, lock=False)
    if seen["wish_id"] is None:
        raise NotFound("There is no such offer.")
    wish = await _wish(work.connection, seen["wish_id"], lock=True)
    return await visible(work, by, appointment_id, lock=True), wish


async def accept(work: UnitOfWork, by: Actor, appointment_id: UUID) -> Mapping[str, Any]:
    """Book what was offered, and call off what it is instead of; accepted again it is the same appointment.

    Raises:
        NotFound: no such offer for `by`.
        Conflict: the offer has ended, or the patient is at another appointment then.
    """
    row, wish = await _offered(work, by, appointment_id)
    if row["status"] == OFFER.after("accept"):
        return row
    if not OFFER.allows("accept", row["status"]) or row["offer_ends_at"] <= work.at:
        raise Conflict("This offer has ended.")
    later = wish["instead_of_id"] and await work.connection.fetchrow(
        SELECT + " WHERE appointment.id = $1 FOR UPDATE OF appointment", wish["instead_of_id"]
    )
    clinicians = [row["clinician_id"], *([later["clinician_id"]] if later else [])]
    await queue(work.connection, clinicians, row["patient_id"])
    if later and APPOINTMENT.allows("cancel", later["status"]):
        await work.connection.execute(
            "UPDATE appointment SET status = $2, change_reason = NULL, version = version + 1 WHERE id = $1",
            later["id"],
            APPOINTMENT.after("cancel"),
        )
        called_off = await by_id(work.connection, later["id"])
        await keep_change(work, by, called_off, EventKind.APPOINTMENT_CANCELLED, "acceptOffer")
        await offer(work, later)
    try:
        await work.connection.execute(
            "UPDATE appointment SET status = $2, version = 1 WHERE id = $1",
            appointment_id,
            OFFER.after("accept"),
        )
    except asyncpg.ExclusionViolationError:
        raise Conflict("You are at another appointment at this time.") from None
    await work.connection.execute("UPDATE waiting_wish SET status = $2 WHERE id = $1", wish["id"], WishStatus.BOOKED)
    booked = await by_id(work.connection, appointment_id)
    await keep_change(work, by, booked, EventKind.APPOINTMENT_BOOKED, "acceptOffer")
    return booked


async def decline(work: UnitOfWork, by: Actor, appointment_id: UUID) -> Mapping[str, Any]:
    """Let the offer go on to the next; the wish, which is given back, stays.

    Raises:
        NotFound: no such offer for `by`.
        Conflict: it was accepted.
    """
    row, wish = await _offered(work, by, appointment_id)
    if OFFER.allows("lapse", row["status"]):
        await _lapse(work, row, "declineOffer")
    elif row["status"] != OFFER.after("lapse"):
        raise Conflict("This offer was accepted.")
    return wish


async def _lapse(work: UnitOfWork, offered: Mapping[str, Any], action: str) -> None:
    """End an offer whose wish and row are locked, and offer the slot to the next."""
    await queue(work.connection, [offered["clinician_id"]], None)
    await work.connection.execute(
        "UPDATE appointment SET status = $2 WHERE id = $1", offered["id"], OFFER.after("lapse")
    )
    _tell(work, EventKind.OFFER_LAPSED, offered["patient_id"], offered["id"], action)
    await reminders.cancel(work, [offered["id"]])
    await offer(work, offered)


async def ended_offers(connection: Connection, at: datetime) -> Sequence[UUID]:
    """Offers whose time is over, the first first."""
    rows = await connection.fetch(
        "SELECT id FROM appointment WHERE status = 'OFFERED' AND offer_ends_at <= $1 ORDER BY offer_ends_at", at
    )
    return [row["id"] for row in rows]


async def pass_on(work: UnitOfWork, appointment_id: UUID) -> None:
    """Let an offer whose time is over go on to the next; one that was answered meanwhile stays as it is."""
    wish_id = await work.connection.fetchval("SELECT wish_id FROM appointment WHERE id = $1", appointment_id)
    await _wish(work.connection, wish_id, lock=True)
    row = await work.connection.fetchrow(
        SELECT + " WHERE appointment.id = $1 AND status = 'OFFERED' AND offer_ends_at <= $2 FOR UPDATE OF appointment",
        appointment_id,
        work.at,
    )
    if row is not None:
        await _lapse(work, row, "passOffer")


async def wishes_of(connection: Connection, patient_ids: Sequence[UUID], at: datetime) -> Sequence[Mapping[str, Any]]:
    """What these patients wait for, the oldest first, each with what is offered now."""
    return await connection.fetch(
        "SELECT wish.*, account.display_name AS clinician_name, offered.id AS offer_id, offered.starts_at,"  # noqa: S608 - no value in it
        " offered.ends_at, offered.offer_ends_at, offered.clinician_id AS offer_clinician_id,"
        " whose.display_name AS offer_clinician_name FROM waiting_wish AS wish"
        " LEFT JOIN account ON account.id = wish.clinician_id"
        " LEFT JOIN appointment AS offered ON offered.wish_id = wish.id AND offered.status = 'OFFERED'"
        " AND offered.offer_ends_at > $2 LEFT JOIN account AS whose ON whose.id = offered.clinician_id"
        f" WHERE wish.patient_id = ANY($1::uuid[]) AND {_WAITS} ORDER BY wish.asked_at, wish.id",
        list(patient_ids),
        at,
    )
