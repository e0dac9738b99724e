"""What is said of an ECG strip: quality, rate, rhythm, variability, intervals, beats, samples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import strawberry

from domain.kinds import BeatKind, QualityReason, RateFinding, RhythmLabel, StripUsability
from domain.rules.strip_words import gaps, rhythm_explanation
from domain.strip_signals import Samples
from schema.series import Column


@strawberry.type(description="Heart rate over a strip, from the distances of its R peaks.")
class StripHeartRate:
    mean: float = strawberry.field(description="Mean in /min.")
    minimum: float = strawberry.field(description="Lowest in /min.")
    maximum: float = strawberry.field(description="Highest in /min.")
    unit: str = strawberry.field(default="/min", description="UCUM unit.")


@strawberry.type(description="Something that disturbs a stretch of a strip.")
class StripDisturbance:
    reason: QualityReason = strawberry.field(description="What it is.")
    from_seconds: float = strawberry.field(description="Where it begins, in seconds from the first sample.")
    to_seconds: float = strawberry.field(description="Where it ends.")


@strawberry.type(description="How far a strip can be trusted.")
class StripQuality:
    usable: bool = strawberry.field(description="Whether anything may be taken from it.")
    usability: StripUsability = strawberry.field(description="What may be taken from it.")
    score: float = strawberry.field(description="How good it is, 0 to 1.")
    reasons: list[QualityReason] = strawberry.field(description="What disturbs a good part of it.")
    disturbances: list[StripDisturbance] = strawberry.field(description="All that disturbs it, with the times.")


@strawberry.type(description="What the analysis says of the rhythm: a hint for a clinician, never a diagnosis.")
class StripRhythm:
    label: RhythmLabel = strawberry.field(description="What can be said of fibrillation.")
    confidence: float = strawberry.field(description="How sure that is, 0 to 1.")
    explanation: str = strawberry.field(description="The same in words, with the numbers behind it.")
    rate_findings: list[RateFinding] = strawberry.field(description="What the rate does.")
    method: str = strawberry.field(description="How it was found.")
    version: str = strawberry.field(description="Version of the method and its model.")


@strawberry.type(
    description="Variability of the heart rate in one strip: ultra-short, not that of five minutes or a day."
)
class StripVariability:
    rmssd: float = strawberry.field(description="Root mean square of successive differences.")
    sdnn: float = strawberry.field(description="Standard deviation of normal intervals.")
    pnn50: float = strawberry.field(description="Share of successive differences over 50 ms, 0 to 1.")
    unit: str = strawberry.field(default="ms", description="UCUM unit of rmssd and sdnn.")


@strawberry.type(description="One interval of the median beat.")
class StripInterval:
    milliseconds: float = strawberry.field(description="Its length in ms.")
    uncertainty: float = strawberry.field(description="One standard deviation of its error in ms.")


@strawberry.type(description="Intervals of the median beat; null where a wave is missing or the beats disagree.")
class StripIntervals:
    pr: StripInterval | None = strawberry.field(description="From the onset of P to the onset of QRS.")
    qrs: StripInterval | None = strawberry.field(description="The QRS complex.")
    qt: StripInterval | None = strawberry.field(description="From the onset of QRS to the end of T.")
    qtc: StripInterval | None = strawberry.field(description="QT corrected for the rate after Fridericia.")


@strawberry.type(description="The beats of a strip as columns of equal length.")
class StripBeats:
    seconds: Column = strawberry.field(description="R peaks in seconds from the first sample.")
    kinds: list[BeatKind] | None = strawberry.field(description="What each beat is beside the others; no diagnosis.")


@strawberry.type(description="A stretch of one lead at even distances.")
class StripSamples:
    unit: str = strawberry.field(default="uV", description="UCUM unit of the values.")
    start_seconds: float = strawberry.field(description="Where the first value lies, from the first sample.")
    interval_seconds: float = strawberry.field(description="From one value to the next.")
    values: Column = strawberry.field(
        description="In `unit`; where it was thinned, the lowest and the highest of each two distances in their order."
    )


@strawberry.type(description="Something that is null of a strip, and why.")
class StripGap:
    field: str = strawberry.field(description="The field's name.")
    reason: str = strawberry.field(description="Why it is null.")


def details_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an analysis as JSON; empty where there is none."""
    return orjson.loads(row["details"]) if row["details"] else {}


def heart_rate_of(row: Mapping[str, Any]) -> StripHeartRate | None:
    if row["heart_rate_mean"] is None:
        return None
    # A tenth of a beat is already more than a strip of half a minute can tell.
    return StripHeartRate(**{name: round(row[f"heart_rate_{name}"], 1) for name in ("mean", "minimum", "maximum")})


def quality_of(row: Mapping[str, Any]) -> StripQuality | None:
    if row["quality_usability"] is None:
        return None
    usability = StripUsability(row["quality_usability"])
    return StripQuality(
        usable=usability is not StripUsability.UNUSABLE,
        usability=usability,
        score=round(row["quality_score"], 3),
        reasons=[QualityReason(one) for one in row["quality_reasons"] or ()],
        disturbances=[
            StripDisturbance(reason=QualityReason(reason), from_seconds=since, to_seconds=until)
            for reason, since, until in details_of(row).get("disturbances", ())
        ],
    )


def rhythm_of(row: Mapping[str, Any]) -> StripRhythm | None:
    if row["rhythm_label"] is None:
        return None
    return StripRhythm(
        label=RhythmLabel(row["rhythm_label"]),
        confidence=round(row["rhythm_confidence"], 3),
        explanation=rhythm_explanation(row, details_of(row).get("evidence", {})),
        rate_findings=[RateFinding(one) for one in row["rate_findings"] or ()],
        method=row["rhythm_method"],
        version=row["rhythm_version"],
    )


def variability_of(row: Mapping[str, Any]) -> StripVariability | None:
    if row["rmssd_milliseconds"] is None:
        return None
    return StripVariability(
        rmssd=round(row["rmssd_milliseconds"], 1),
        sdnn=round(row["sdnn_milliseconds"], 1),
        pnn50=round(row["pnn50"], 3),
    )


def intervals_of(row: Mapping[str, Any]) -> StripIntervals | None:
    measured = {
        name: StripInterval(milliseconds=round(length, 1), uncertainty=round(error, 1))
        for name, (length, error) in details_of(row).get("intervals", {}).items()
    }
    if not measured:
        return None
    return StripIntervals(
        pr=measured.get("PR"), qrs=measured.get("QRS"), qt=measured.get("QT"), qtc=measured.get("QT_FRIDERICIA")
    )


def beats_of(row: Mapping[str, Any]) -> StripBeats | None:
    if row["beat_seconds"] is None:
        return None
    kinds = row["beat_kinds"]
    return StripBeats(
        seconds=Column(np.round(np.array(row["beat_seconds"], dtype=np.float64), 4)),
        kinds=None if kinds is None else [BeatKind(one) for one in kinds],
    )


def samples_of(found: Samples | None) -> StripSamples | None:
    if found is None:
        return None
    return StripSamples(
        start_seconds=found.start_seconds, interval_seconds=found.interval_seconds, values=Column(found.values)
    )


def gaps_of(row: Mapping[str, Any]) -> list[StripGap]:
    measured = details_of(row).get("intervals", {})
    return [StripGap(field=field, reason=reason) for field, reason in gaps(row, measured)]
