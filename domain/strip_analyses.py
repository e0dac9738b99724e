"""What the analysis found in a strip, and keeping it: numbers, pictures, the signal and the bytes that stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from domain import alerts
from domain.kinds import (
    BeatKind,
    EventKind,
    QualityReason,
    RateFinding,
    RhythmLabel,
    StripUsability,
    WorkKind,
)
from domain.rules.states import STRIP
from domain.rules.strip_alerts import ReadStrip, concerns
from domain.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Disturbance:
    """A reason, and from which to which second it holds."""

    reason: QualityReason
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Quality:
    """What may be taken from the strip, how good it is from 0 to 1, and what disturbs it."""

    usability: StripUsability
    score: float
    reasons: Sequence[QualityReason]
    disturbances: Sequence[Disturbance]


@dataclass(frozen=True)
class Rhythm:
    """A label with its confidence from 0 to 1; `evidence` are the numbers behind it by name."""

    label: RhythmLabel
    confidence: float
    evidence: Mapping[str, float]
    rate_findings: Sequence[RateFinding]
    method: str
    version: str


@dataclass(frozen=True)
class Variability:
    """RMSSD and SDNN in milliseconds, and pNN50 as a share; ultra-short."""

    rmssd_milliseconds: float
    sdnn_milliseconds: float
    pnn50: float


@dataclass(frozen=True)
class Interval:
    """A length of the median beat, and one standard deviation of its error."""

    milliseconds: float
    uncertainty_milliseconds: float


@dataclass(frozen=True)
class StripAnalysis:
    """Everything that is said of a readable strip; times in seconds from its first sample.

    `intervals` has PR, QRS, QT and QT_FRIDERICIA, as far as they could be measured.
    """

    sample_rate_hertz: float
    duration_seconds: float
    leads: Sequence[str]
    beat_seconds: Sequence[float]
    beat_kinds: Sequence[BeatKind]
    heart_rate: tuple[float, float, float] | None
    quality: Quality
    rhythm: Rhythm
    variability: Variability | None
    intervals: Mapping[str, Interval]
    method: str
    version: str


@dataclass(frozen=True)
class StoredStrip:
    """Where a worker put what it made: pictures, the signal, and the upload without personal lines."""

    svg_key: str
    png_key: str
    signal_key: str
    signal_sha256: str
    signal_step_microvolts: float
    raw_key: str
    raw_sha256: str


def _columns(found: StripAnalysis) -> dict[str, object]:
    mean, minimum, maximum = found.heart_rate or (None, None, None)
    varied = found.variability
    details = {
        "disturbances": [[one.reason, one.start_seconds, one.end_seconds] for one in found.quality.disturbances],
        "evidence": found.rhythm.evidence,
        "intervals": {name: [one.milliseconds, one.uncertainty_milliseconds] for name, one in found.intervals.items()},
    }
    return {
        "sample_rate_hertz": found.sample_rate_hertz,
        "duration_seconds": found.duration_seconds,
        "leads": list(found.leads),
        "beat_seconds": list(found.beat_seconds),
        "beat_kinds": list(found.beat_kinds),
        "heart_rate_mean": mean,
        "heart_rate_minimum": minimum,
        "heart_rate_maximum": maximum,
        "quality_usability": found.quality.usability,
        "quality_score": found.quality.score,
        "quality_reasons": list(found.quality.reasons),
        "rhythm_label": found.rhythm.label,
        "rhythm_confidence": found.rhythm.confidence,
        "rhythm_method": found.rhythm.method,
        "rhythm_version": found.rhythm.version,
        "rate_findings": list(found.rhythm.rate_findings),
        "rmssd_milliseconds": varied.rmssd_milliseconds if varied else None,
        "sdnn_milliseconds": varied.sdnn_milliseconds if varied else None,
        "pnn50": varied.pnn50 if varied else None,
        "details": orjson.dumps(details).decode(),
        "analysis_method": found.method,
        "analysis_version": found.version,
    }


async def keep_analysis(work: UnitOfWork, strip_id: UUID, found: StripAnalysis, stored: StoredStrip) -> None:
    """RECEIVED -> ANALYSED; what is suspicious becomes an alert, and bytes that were replaced are forgotten."""
    changes = _columns(found) | vars(stored)
    # A replaced upload has another key than the one it was confirmed under, which is then forgotten.
    held = await work.connection.fetchval("SELECT raw_key FROM ecg_strip WHERE id = $1", strip_id)
    if held != stored.raw_key:
        changes["original_key"] = held
    row = await _settle(work, strip_id, "keep analysis", EventKind.STRIP_ANALYSED, changes)
    if row is None:
        return
    if row["original_key"] is not None:
        work.ask(WorkKind.FORGET_STRIP_ORIGINAL, strip_id)
    read = ReadStrip(
        row["recorded_at"],
        row["received_at"],
        row["symptoms"],
        found.quality.usability,
        found.rhythm.label,
        found.rhythm.confidence,
        found.heart_rate[0] if found.heart_rate else None,
        found.beat_seconds,
        interval.milliseconds if (interval := found.intervals.get("QT_FRIDERICIA")) else None,
    )
    for concern in concerns(read):
        await alerts.raise_alert(
            work,
            patient_id=row["patient_id"],
            rule=concern.rule.id,
            rule_version=concern.rule.version,
            severity=concern.severity,
            title=concern.rule.title,
            explanation=concern.explanation,
            # What an alert rang for is a reading or a strip; both have ids of their own.
            reading_id=strip_id,
        )


async def keep_unreadable(work: UnitOfWork, strip_id: UUID, code: str, reason: str) -> None:
    """RECEIVED -> UNREADABLE, with the reason; the bytes stay."""
    changes = {"unreadable_code": code, "unreadable_reason": reason}
    await _settle(work, strip_id, "keep reason", EventKind.STRIP_UNREADABLE, changes)


async def _settle(
    work: UnitOfWork,
    strip_id: UUID,
    verb: str,
    kind: EventKind,
    changes: Mapping[str, object],
) -> Mapping[str, Any] | None:
    """The row as it is now, or None where another worker was quicker."""
    allowed, target = STRIP.verbs[verb]
    assignments = "".join(f", {column} = ${place}" for place, column in enumerate(changes, start=4))
    row = await work.connection.fetchrow(
        f"UPDATE ecg_strip SET status = $3, version = version + 1{assignments}"  # noqa: S608 - columns of ours
        " WHERE id = $1 AND status = ANY($2::text[]) RETURNING *",
        strip_id,
        list(allowed),
        target,
        *changes.values(),
    )
    if row is not None:
        work.tell(kind, patient_id=row["patient_id"], subject_id=strip_id)
        work.audit("analyseEcgStrip", patient_id=row["patient_id"], subject_id=strip_id)
    return row


async def forget_original(work: UnitOfWork, strip_id: UUID) -> None:
    """The upload with its personal lines was deleted from the store."""
    await work.connection.execute("UPDATE ecg_strip SET original_key = NULL WHERE id = $1", strip_id)
