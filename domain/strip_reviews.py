"""The over-read: a clinician looks at a strip, says what it shows, and amends what was said; nothing is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind, StripFinding, StripStatus
from domain.ports import Connection
from domain.rules.states import STRIP
from domain.rules.strip_findings import agreement
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class NewReview:
    """What a clinician read; without `expected_version` only a first review is taken."""

    strip_id: UUID
    client_id: UUID | None
    finding: StripFinding
    note: str | None
    expected_version: int | None


async def _lock(work: UnitOfWork, by: Actor, strip_id: UUID) -> Mapping[str, Any]:
    row = await work.connection.fetchrow(
        "SELECT ecg_strip.* FROM ecg_strip JOIN patient ON patient.id = ecg_strip.patient_id"  # noqa: S608 - no value in it
        f" WHERE ecg_strip.id = $3 AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " FOR UPDATE OF ecg_strip",
        work.at,
        visibility_key(by),
        strip_id,
    )
    if row is None:
        raise NotFound("There is no such strip.")
    return row


def _check_version(row: Mapping[str, Any], expected: int | None) -> None:
    if expected is not None and row["version"] != expected:
        raise Conflict("The strip has changed since you saw it.", currentVersion=row["version"])


async def begin(work: UnitOfWork, by: Actor, strip_id: UUID, expected_version: int) -> Mapping[str, Any]:
    """ANALYSED -> IN_REVIEW: tell others that `by` is looking at the strip.

    Raises:
        NotFound: no such strip for `by`.
        Conflict: another version than expected, or not waiting for a review.
    """
    row = await _lock(work, by, strip_id)
    _check_version(row, expected_version)
    if not STRIP.allows("begin review", row["status"]):
        raise Conflict("Only an analysed strip can be taken for review.", currentVersion=row["version"])
    return await _move(work, by, row, STRIP.after("begin review"), EventKind.STRIP_IN_REVIEW, "beginEcgReview")


async def review(work: UnitOfWork, by: Actor, new: NewReview) -> Mapping[str, Any]:
    """Keep what `by` read: the first review of a strip, or an amendment beside those before it; the strip's row.

    Raises:
        NotFound: no such strip for `by`.
        BadInput: the note is empty or too long.
        Conflict: another version than expected, an amendment that expects none, a strip that was not analysed, or a
            clientId that stands for another review.
    """
    if new.note is not None and not 1 <= len(new.note.strip()) <= LONGEST_NOTE:
        raise BadInput(f"note: write 1 to {LONGEST_NOTE} characters, or leave it out.")
    if new.note is not None and any(not (one.isprintable() or one in "\n\t") for one in new.note):
        raise BadInput("note: use printable characters.")
    row = await _lock(work, by, new.strip_id)
    known = await work.connection.fetchrow(
        "SELECT * FROM strip_review WHERE strip_id = $1 AND client_id = $2", new.strip_id, new.client_id
    )
    if known is not None:
        if (known["finding"], known["note"], known["clinician_id"]) != (new.finding, new.note, by.account_id):
            raise Conflict("This clientId was used before for another review.")
        return row
    _check_version(row, new.expected_version)
    is_amendment = row["status"] in (StripStatus.REVIEWED, StripStatus.AMENDED)
    if is_amendment and new.expected_version is None:
        # Nobody amends what they have not seen.
        raise Conflict("The strip is reviewed already; say its expectedVersion.", currentVersion=row["version"])
    if not is_amendment and not STRIP.allows("review", row["status"]):
        raise Conflict("Only an analysed strip can be reviewed.", currentVersion=row["version"])
    await work.connection.execute(
        "INSERT INTO strip_review (id, strip_id, number, client_id, finding, note, reviewed_at, clinician_id,"
        " rhythm_label, rhythm_version, agreement)"
        " SELECT $1, $2, 1 + count(*), $3, $4, $5, $6, $7, $8, $9, $10 FROM strip_review WHERE strip_id = $2",
        new_id(),
        new.strip_id,
        new.client_id,
        new.finding,
        new.note,
        work.at,
        by.account_id,
        row["rhythm_label"],
        row["rhythm_version"],
        agreement(row["rhythm_label"], new.finding),
    )
    target = STRIP.after("amend" if is_amendment else "review")
    kind = EventKind.STRIP_AMENDED if is_amendment else EventKind.STRIP_REVIEWED
    return await _move(work, by, row, target, kind, "reviewEcgStrip")


async def _move(
    work: UnitOfWork, by: Actor, row: Mapping[str, Any], target: StripStatus, kind: EventKind, action: str
) -> Mapping[str, Any]:
    changed = await work.connection.fetchrow(
        "UPDATE ecg_strip SET status = $2, reviewer_id = $3, version = version + 1 WHERE id = $1 RETURNING *",
        row["id"],
        target,
        by.account_id,
    )
    assert changed is not None
    work.tell(kind, patient_id=row["patient_id"], subject_id=row["id"])
    work.audit(action, patient_id=row["patient_id"], subject_id=row["id"])
    return changed


async def reviews_of(connection: Connection, strip_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The reviews of strips whose patients are visible to the caller, the newest first, with `clinician_name`."""
    return await connection.fetch(
        "SELECT strip_review.*, account.display_name AS clinician_name FROM strip_review"
        " JOIN account ON account.id = strip_review.clinician_id WHERE strip_id = ANY($1::uuid[])"
        " ORDER BY strip_id, number DESC",
        list(strip_ids),
    )


# The review that holds: the last of each strip.
_LAST = (
    " FROM ecg_strip JOIN patient ON patient.id = ecg_strip.patient_id"
    " JOIN LATERAL (SELECT * FROM strip_review WHERE strip_review.strip_id = ecg_strip.id"
    " ORDER BY number DESC LIMIT 1) AS review ON true WHERE ($1::timestamptz, $2::uuid) IS NOT NULL AND "
)


async def agreement_counts(
    work: UnitOfWork, by: Actor, since: datetime | None, until: datetime | None
) -> Sequence[Mapping[str, Any]]:
    """How many strips of the caller's patients the analysis and the clinician judge how; one row for each way.

    Of each strip the last review counts, if it was made from `since` to before `until`.
    """
    rows = await work.connection.fetch(
        "SELECT review.rhythm_label, review.rhythm_version, review.finding, review.agreement, count(*) AS strips"
        f"{_LAST}{visible_patients(by, '$1', '$2')} AND ($3::timestamptz IS NULL OR review.reviewed_at >= $3)"
        " AND ($4::timestamptz IS NULL OR review.reviewed_at < $4) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3",
        work.at,
        visibility_key(by),
        since,
        until,
    )
    work.audit("ecgAgreement")
    return rows


async def disagreements(
    work: UnitOfWork, by: Actor, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Strips of the caller's patients of which analysis and clinician say different things, the last read first."""
    rows = await work.connection.fetch(
        "SELECT ecg_strip.*, review.reviewed_at"
        f"{_LAST}{visible_patients(by, '$1', '$2')} AND review.agreement = 'DISAGREES'"
        " AND ($3::timestamptz IS NULL OR (review.reviewed_at, ecg_strip.id) < ($3, $4::uuid))"
        " ORDER BY review.reviewed_at DESC, ecg_strip.id DESC LIMIT $5",
        work.at,
        visibility_key(by),
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    for row in rows:
        work.audit("ecgDisagreements", patient_id=row["patient_id"], subject_id=row["id"])
    return rows
