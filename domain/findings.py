"""Findings of the analysis: explained, kept each once, withdrawn when the readings show them no more, read back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from analytics.vital_findings import Finding
from analytics.vital_population import POPULATIONS
from domain import vital_series
from domain.kinds import FindingKind
from domain.unit_of_work import UnitOfWork
from domain.vital_filters import Analysed, Key, moment

CLOSING_DAYS = 3
MEDICATION_DAYS = 14
MOST_READINGS_TOLD = 100
_MINUTE = timedelta(minutes=1)
_TYPED = (
    "id uuid, patient_id uuid, measure text, kind text, direction text, score double precision, onset_at timestamptz,"
    " raised_at timestamptz, reading_id uuid, observed double precision, expected_low double precision,"
    " expected_high double precision, is_explained boolean, method text, version text, explanation jsonb,"
    " found_at timestamptz"
)
_NAMES = ", ".join(column.split()[0] for column in _TYPED.split(", "))


@dataclass(frozen=True)
class Explanation:
    """What a clinician needs to believe a finding, or not; numbers in `unit` (UCUM).

    What was seen and expected, when it began and which reading raised it stand in the finding's own columns.
    """

    unit: str
    # How far what was seen lies from the middle of what was expected at those hours.
    size: float
    window_days: int
    readings: int
    # The newest of them, oldest first.
    reading_ids: Sequence[UUID]
    # Days of the window on which nothing was measured.
    missing_days: int
    # What changed in or shortly before the window: `at` and `label`.
    medication_changes: Sequence[Mapping[str, str]]
    # It is over when readings have been within what is expected for so many days.
    closing_days: int


Row = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """Rows that were not known before, with `source` and `received_at` of the reading that raised each; all in all."""

    new: Sequence[Row]
    count: int


async def write(work: UnitOfWork, analysed: Mapping[Key, Analysed]) -> Written:
    """Keep what was found in series that were taken on, and withdraw what they do not show any more."""
    found = [(key, finding) for key, one in analysed.items() for finding in one.taken.findings]
    rows = await _explained(work, found)
    again = {key: one for key, one in analysed.items() if not one.only_went_further}
    if again:
        await work.connection.execute(
            "UPDATE finding SET withdrawn_at = $1 FROM unnest($2::uuid[], $3::text[], $4::timestamptz[])"
            " AS anew (patient_id, measure, since) WHERE finding.patient_id = anew.patient_id"
            " AND finding.measure = anew.measure AND raised_at >= anew.since AND withdrawn_at IS NULL"
            " AND NOT (finding.id = ANY($5::uuid[]))",
            work.at,
            [key.patient_id for key in again],
            [key.measure for key in again],
            [moment(one.base_minute + 1) for one in again.values()],
            [row["id"] for row in rows],
        )
    if not rows:
        return Written([], 0)
    kept = await work.connection.fetch(
        f"INSERT INTO finding ({_NAMES}) SELECT {_NAMES} FROM json_to_recordset($1::text::json) AS found ({_TYPED})"  # noqa: S608 - no value in it
        " ON CONFLICT (id) DO UPDATE SET score = excluded.score, reading_id = excluded.reading_id,"
        " observed = excluded.observed, expected_low = excluded.expected_low, expected_high = excluded.expected_high,"
        " is_explained = excluded.is_explained, explanation = excluded.explanation, withdrawn_at = NULL"
        " RETURNING id, old.id IS NULL AS is_new",
        orjson.dumps(rows, default=str).decode(),
    )
    new = {row["id"] for row in kept if row["is_new"]}
    return Written([row for row in rows if row["id"] in new], len(rows))


async def _explained(work: UnitOfWork, found: Sequence[tuple[Key, Finding]]) -> list[Row]:
    """The rows of findings, with what the database knows of their windows."""
    if not found:
        return []
    about = await work.connection.fetch(
        "SELECT raising.*, seen.*, changed.* FROM unnest($1::uuid[], $2::text[], $3::timestamptz[],"  # noqa: S608 - a number of ours
        " $4::timestamptz[],"
        " $5::float8[]) WITH ORDINALITY AS one (patient_id, kind, onset, raised, observed, number)"
        " CROSS JOIN LATERAL (SELECT id, measured_at, received_at, source::text AS source FROM reading"
        " WHERE reading.patient_id = one.patient_id AND reading.kind = one.kind::vital_kind AND superseded_by IS NULL"
        " AND measured_at >= one.raised AND measured_at < one.raised + interval '1 minute'"
        " ORDER BY one.observed IN (value, diastolic) DESC, measured_at, id LIMIT 1) AS raising"
        " CROSS JOIN LATERAL (SELECT count(*) AS readings, count(DISTINCT local_day) AS days,"
        " max(local_day) - min(local_day) + 1 AS window_days,"
        f" (array_agg(id ORDER BY measured_at DESC, id))[1:{MOST_READINGS_TOLD}] AS reading_ids FROM reading"
        " WHERE reading.patient_id = one.patient_id AND reading.kind = one.kind::vital_kind AND superseded_by IS NULL"
        " AND measured_at >= one.onset AND measured_at < one.raised + interval '1 minute') AS seen"
        " CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('at', at, 'label', label) ORDER BY at), '[]')"
        " AS changes FROM vital_event WHERE vital_event.patient_id = one.patient_id AND kind = 'MEDICATION_CHANGE'"
        " AND at >= one.onset - $6::interval AND at <= one.raised) AS changed ORDER BY number",
        [key.patient_id for key, _ in found],
        [vital_series.kind_of(key.measure).value for key, _ in found],
        [moment(finding.onset_minute) for _, finding in found],
        [moment(finding.minute) for _, finding in found],
        [finding.observed for _, finding in found],
        timedelta(days=MEDICATION_DAYS),
    )
    return [_row(work.at, *one, about_it) for one, about_it in zip(found, about, strict=True)]


def _row(at: datetime, key: Key, finding: Finding, about: Mapping[str, Any]) -> Row:
    explanation = Explanation(
        unit=POPULATIONS[key.measure].unit,
        size=finding.observed - (finding.expected_low + finding.expected_high) / 2,
        window_days=about["window_days"],
        readings=about["readings"],
        reading_ids=about["reading_ids"][::-1],
        missing_days=about["window_days"] - about["days"],
        medication_changes=orjson.loads(about["changes"]),
        closing_days=CLOSING_DAYS,
    )
    # Two findings of one series say different things if any of these differs.
    says = (key.measure, finding.kind, finding.direction, finding.minute, finding.onset_minute, finding.version)
    return {
        "id": uuid5(key.patient_id, "/".join(map(str, says))),
        "patient_id": key.patient_id,
        "measure": key.measure,
        "kind": FindingKind(finding.kind.value),
        "direction": finding.direction.value,
        "score": finding.score,
        "onset_at": moment(finding.onset_minute),
        "raised_at": about["measured_at"],
        "reading_id": about["id"],
        "observed": finding.observed,
        "expected_low": finding.expected_low,
        "expected_high": finding.expected_high,
        "is_explained": finding.explained,
        "method": finding.method,
        "version": finding.version,
        "explanation": asdict(explanation),
        "found_at": at,
        "source": about["source"],
        "received_at": about["received_at"],
    }


async def page(
    work: UnitOfWork, patient_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """What was found in the vitals of a patient who is visible to the caller, newest first; nothing withdrawn."""
    work.audit("anomalies", patient_id=patient_id)
    return await work.connection.fetch(
        "SELECT * FROM finding WHERE patient_id = $1 AND withdrawn_at IS NULL"
        " AND ($2::timestamptz IS NULL OR (raised_at, id) < ($2, $3::uuid)) ORDER BY raised_at DESC, id DESC LIMIT $4",
        patient_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
