"""What the analysis newly found in a patient's vitals, as at most one item of the worklist."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from analytics.vital_findings import REFRACTORY_DAYS
from domain import alerts, finding_words
from domain.findings import Row
from domain.kinds import AlertSeverity, FindingDirection, FindingKind, Measure
from domain.rules.vital_changes import CHANGES, NewFinding, is_news, title
from domain.unit_of_work import UnitOfWork

LONGEST_TITLE = 200
REFRACTORY = timedelta(days=REFRACTORY_DAYS)


async def tell(work: UnitOfWork, patient_id: UUID, new: Sequence[Row]) -> None:
    """Raise one alert of whatever a clinician should look at, or join the one that is open; it is never pushed."""
    restless = await _restless_before(work, patient_id, new)
    news = [row for row in new if is_news(_as_new(row, restless), work.at)]
    if not news:
        return
    # The item tells all that is new in these days, not only what came last.
    shown = await work.connection.fetch(
        "SELECT finding.*, time_zone FROM finding JOIN patient ON patient.id = finding.patient_id"
        " WHERE patient_id = $1 AND withdrawn_at IS NULL AND NOT is_explained AND raised_at > $2"
        " AND kind = ANY($3::text[]) AND NOT (measure = ANY($4::text[])) ORDER BY raised_at DESC, measure",
        patient_id,
        work.at - REFRACTORY,
        list(CHANGES.kinds),
        list(CHANGES.context),
    )
    words = finding_words.ENGLISH
    told = [(words.name(Measure(row["measure"])), row["kind"], row["direction"]) for row in shown]
    sentences = [
        finding_words.sentence(row, orjson.loads(row["explanation"]), words, ZoneInfo(row["time_zone"]))
        for row in shown
    ]
    for reading_id in dict.fromkeys(row["reading_id"] for row in news):
        await alerts.raise_alert(
            work,
            patient_id=patient_id,
            rule=CHANGES.id,
            rule_version=CHANGES.version,
            severity=AlertSeverity(CHANGES.severity),
            title=title(told)[:LONGEST_TITLE],
            explanation=" ".join(sentences),
            reading_id=reading_id,
        )


def _as_new(row: Row, restless: set[str]) -> NewFinding:
    return NewFinding(
        measure=Measure(row["measure"]),
        kind=row["kind"],
        direction=FindingDirection(row["direction"]),
        is_explained=row["is_explained"],
        measured_at=row["raised_at"],
        received_at=row["received_at"],
        source=row["source"],
        reading_id=row["reading_id"],
        came_before=row["measure"] in restless,
    )


async def _restless_before(work: UnitOfWork, patient_id: UUID, new: Sequence[Row]) -> set[str]:
    """Measures that were restless before what was found now."""
    asked: list[Any] = [row for row in new if row["kind"] is FindingKind.VARIABILITY]
    if not asked:
        return set()
    rows = await work.connection.fetch(
        "SELECT DISTINCT finding.measure FROM finding JOIN unnest($2::text[], $3::timestamptz[]) AS now (measure, at)"
        " ON finding.measure = now.measure AND finding.raised_at < now.at"
        " AND finding.raised_at >= now.at - $4::interval"
        " WHERE patient_id = $1 AND kind = 'VARIABILITY' AND withdrawn_at IS NULL",
        patient_id,
        [row["measure"] for row in asked],
        [row["raised_at"] for row in asked],
        timedelta(days=CHANGES.variability_again_within_days),
    )
    return {row["measure"] for row in rows}
