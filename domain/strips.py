"""ECG strips: the ticket, the bytes' arrival, the analysis."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind, Role, StripFormat, WorkKind
from domain.patients import recorded_patient
from domain.ports import Connection, ObjectStore
from domain.rules.device_names import LONGEST_DEVICE_NAME, is_device_name
from domain.rules.states import STRIP
from domain.unit_of_work import UnitOfWork, new_id

MOST_BYTES = 8 * 2**20
OLDEST = timedelta(days=365 * 30)
MOST_SYMPTOMS = 20
# Words of any language, or codes such as CHEST_PAIN.
_SYMPTOM = re.compile(r"[\w \-]{1,60}")
TICKET_LIFETIME = timedelta(minutes=15)
LINK_LIFETIME = timedelta(minutes=5)


INCOMING = "incoming/"
# What was uploaded and confirmed is copied; what was never confirmed within a day is given up.
INCOMING_KEPT = timedelta(days=1)
MOST_SWEPT = 1000


def incoming_key(strip_id: UUID) -> str:
    """Where the phone puts the bytes; nothing reads them there but the confirmation."""
    return f"{INCOMING}{strip_id}"


def final_key(strip_id: UUID, at: datetime, ending: str) -> str:
    """Where an object of this strip stays; keys are never written twice."""
    return f"strips/{at:%Y/%m}/{strip_id}.{ending}"


@dataclass(frozen=True)
class NewStrip:
    """The phone's announcement of a recording."""

    client_id: UUID | None
    recorded_at: datetime
    format: StripFormat
    device: str | None
    symptoms: Sequence[str]
    size_bytes: int
    sha256: str


async def begin(work: UnitOfWork, by: Actor, patient_id: UUID | None, strip: NewStrip) -> Mapping[str, Any]:
    """Announce a strip; announcing the same bytes of the same moment again gives the same strip.

    Raises:
        BadInput: size or checksum cannot be.
        Conflict: the clientId stands for another strip.
        NotFound: the patient is not visible to `by`.
    """
    owner = await recorded_patient(work.connection, by, patient_id, work.at)
    if not 1 <= strip.size_bytes <= MOST_BYTES:
        raise BadInput(f"sizeBytes: a strip has 1 to {MOST_BYTES} bytes.")
    digest = strip.sha256.lower()
    if len(digest) != 64 or any(letter not in "0123456789abcdef" for letter in digest):  # noqa: PLR2004 - SHA-256
        raise BadInput("sha256: give the 64 hexadecimal digits of the bytes' SHA-256.")
    if strip.device is not None and not is_device_name(strip.device):
        raise BadInput(f"device: give at most {LONGEST_DEVICE_NAME} printable characters.")
    if len(strip.symptoms) > MOST_SYMPTOMS or not all(_SYMPTOM.fullmatch(one) for one in strip.symptoms):
        raise BadInput(f"symptoms: give at most {MOST_SYMPTOMS} of up to 60 letters, digits and spaces each.")
    if strip.recorded_at > work.at + timedelta(minutes=5):
        raise BadInput("recordedAt: a strip cannot be recorded in the future.")
    if strip.recorded_at < work.at - OLDEST:
        raise BadInput("recordedAt: a strip cannot be older than 30 years.")
    offset = strip.recorded_at.utcoffset() or timedelta()
    await work.connection.execute(
        "INSERT INTO ecg_strip (id, patient_id, client_id, status, recorded_at, offset_minutes, created_at, format,"
        " device, symptoms, size_bytes, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " ON CONFLICT DO NOTHING",
        new_id(),
        owner,
        strip.client_id,
        STRIP.begins[1],
        strip.recorded_at,
        round(offset.total_seconds() / 60),
        work.at,
        strip.format,
        strip.device,
        list(strip.symptoms),
        strip.size_bytes,
        digest,
    )
    row = await work.connection.fetchrow(
        "SELECT * FROM ecg_strip WHERE patient_id = $1 AND (client_id = $2 OR (sha256 = $3 AND recorded_at = $4))"
        " ORDER BY (client_id = $2) DESC NULLS LAST LIMIT 1",
        owner,
        strip.client_id,
        digest,
        strip.recorded_at,
    )
    assert row is not None
    if (row["sha256"], row["size_bytes"], row["recorded_at"]) != (
        digest,
        strip.size_bytes,
        strip.recorded_at,
    ):
        raise Conflict("This clientId was used before for another strip.")
    work.audit("beginEcgUpload", patient_id=owner, subject_id=row["id"])
    return row


async def _own(connection: Connection, by: Actor, strip_id: UUID, at: datetime, *, lock: bool) -> Mapping[str, Any]:
    # A device may finish the upload it began, though it reads nothing.
    condition = "patient.id = $2" if by.role is Role.DEVICE else visible_patients(by, "$1", "$2")
    row = await connection.fetchrow(
        "SELECT ecg_strip.* FROM ecg_strip JOIN patient ON patient.id = ecg_strip.patient_id"  # noqa: S608
        f" WHERE ecg_strip.id = $3 AND {condition} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        + (" FOR UPDATE OF ecg_strip" if lock else ""),
        at,
        visibility_key(by),
        strip_id,
    )
    if row is None:
        raise NotFound("There is no such strip.")
    return row


async def complete(
    open_work: Callable[[], AbstractAsyncContextManager[UnitOfWork]], by: Actor, strip_id: UUID, store: ObjectStore
) -> Mapping[str, Any]:
    """Confirm an upload: the bytes are copied out of the ticket's reach, checked, and given to a worker.

    In two transactions, because a store that hangs must hold no connection.

    Raises:
        BadInput: nothing was uploaded, or the size or SHA-256 is not what was announced; the ticket stays.
        NotFound: there is no such strip for `by`.
        Unavailable: the object store is away; try again.
    """
    async with open_work() as work:
        row = await _own(work.connection, by, strip_id, work.at, lock=False)
    if not STRIP.allows("complete", row["status"]):
        return row
    # A key of this attempt alone: one that is confirmed can never be written again, by whichever attempt.
    raw_key = final_key(strip_id, row["created_at"], f"{new_id().hex}.raw")
    try:
        await _take_upload(store, row, raw_key)
        async with open_work() as work:
            confirmed = await _confirm(work, by, strip_id, raw_key)
    except BadInput:
        await store.delete(raw_key)
        raise
    if confirmed["raw_key"] != raw_key:
        await store.delete(raw_key)
    return confirmed


async def _take_upload(store: ObjectStore, row: Mapping[str, Any], raw_key: str) -> None:
    wrong_size = BadInput("The upload's size is not the announced sizeBytes; upload the bytes again.")
    # Asked before anything is copied: nothing stops an upload from being far larger than announced.
    size = await store.size(incoming_key(row["id"]))
    if size not in (None, row["size_bytes"]):
        raise wrong_size
    if size is None or not await store.copy(incoming_key(row["id"]), raw_key):
        raise BadInput("Nothing has been uploaded for this strip yet.")
    # Looked at where no upload reaches any more.
    data = await store.get(raw_key, MOST_BYTES)
    if data is None or len(data) != row["size_bytes"]:
        raise wrong_size
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        raise BadInput("The upload's SHA-256 is not the announced one; upload the bytes again.")


async def _confirm(work: UnitOfWork, by: Actor, strip_id: UUID, raw_key: str) -> Mapping[str, Any]:
    row = await _own(work.connection, by, strip_id, work.at, lock=True)
    if not STRIP.allows("complete", row["status"]):
        return row  # another attempt was quicker; both looked at the same bytes
    changed = await work.connection.fetchrow(
        "UPDATE ecg_strip SET status = $2, received_at = $3, raw_key = $4 WHERE id = $1 RETURNING *",
        strip_id,
        STRIP.after("complete"),
        work.at,
        raw_key,
    )
    assert changed is not None
    work.tell(EventKind.STRIP_RECEIVED, patient_id=row["patient_id"], subject_id=strip_id)
    work.ask(WorkKind.ANALYSE_STRIP, strip_id)
    work.audit("completeEcgUpload", patient_id=row["patient_id"], subject_id=strip_id)
    return changed


async def sweep_incoming(store: ObjectStore, at: datetime) -> int:
    """Delete uploads that nobody needs any more; how many there were."""
    keys = await store.written_before(INCOMING, at - INCOMING_KEPT, MOST_SWEPT)
    for key in keys:
        await store.delete(key)
    return len(keys)


async def read(work: UnitOfWork, by: Actor, strip_id: UUID) -> Mapping[str, Any]:
    """One strip, as far as it exists for `by`."""
    row = await _own(work.connection, by, strip_id, work.at, lock=False)
    work.audit("ecgStrip", patient_id=row["patient_id"], subject_id=strip_id)
    return row


async def page(
    work: UnitOfWork, patient_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """The strips of a patient whom the caller may see, newest first, older than the `before` key, at most `limit`."""
    rows = await work.connection.fetch(
        "SELECT * FROM ecg_strip WHERE patient_id = $1"
        " AND ($2::timestamptz IS NULL OR (recorded_at, id) < ($2, $3::uuid))"
        " ORDER BY recorded_at DESC, id DESC LIMIT $4",
        patient_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    work.audit("ecgStrips", patient_id=patient_id)
    return rows
