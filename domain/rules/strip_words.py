"""What is said of a strip in sentences: the numbers behind its rhythm, and why something is not said."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.kinds import RateFinding, RhythmLabel, StripStatus, StripUsability

_LABELS = {
    RhythmLabel.FIBRILLATION_SUSPECTED: "Atrial fibrillation is suspected",
    RhythmLabel.NO_FIBRILLATION_FOUND: "No atrial fibrillation was found",
    RhythmLabel.INCONCLUSIVE: "Whether the atria fibrillate cannot be said",
}
_RATES = {
    RateFinding.BRADYCARDIA: "the heart is slow",
    RateFinding.TACHYCARDIA: "the heart is fast",
    RateFinding.PAUSE: "there is a pause of 2 s or more",
}
# What a clinician would ask for first, by the analysis's own names.
_EVIDENCE = {
    "rr coefficient_of_entropy": "entropy of the intervals (CoSEn)",
    "rr median_step": "median change from beat to beat as a share of the interval",
    "fibrillation from intervals": "probability from the intervals alone",
    "p_consistency": "likeness of the P waves",
    "share odd": "share of odd beats",
}
_FOR_RHYTHM = (StripUsability.GOOD, StripUsability.USABLE_FOR_RHYTHM)
_MOST_ECTOPY = 0.10


def rhythm_explanation(row: Mapping[str, Any], evidence: Mapping[str, float]) -> str:
    """The label, what the rate does and the numbers behind it."""
    said = [f"{_LABELS[RhythmLabel(row['rhythm_label'])]} (confidence {row['rhythm_confidence']:.2f})"]
    said += [_RATES[RateFinding(one)] for one in row["rate_findings"] or ()]
    numbers = [f"{words} {evidence[name]:.2f}" for name, words in _EVIDENCE.items() if name in evidence]
    behind = f" Behind it: {'; '.join(numbers)}." if numbers else ""
    return f"{', '.join(said)}.{behind} A hint for a clinician, no diagnosis."


def gaps(row: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields that are null, each with the reason; `measured` are the intervals that are there."""
    everything = ("heartRate", "quality", "rhythm", "variability", "intervals", "beats", "samples")
    unread = {
        StripStatus.UPLOADING: "The recording has not arrived yet.",
        StripStatus.RECEIVED: "The recording is being read.",
        StripStatus.UNREADABLE: row["unreadable_reason"],
    }.get(StripStatus(row["status"]))
    if unread is not None:
        yield from ((field, unread) for field in everything)
        return
    if row["heart_rate_mean"] is None:
        yield "heartRate", "Fewer than three beats were found."
    if row["analysis_version"] is None:
        before = "The strip was read before this was told of strips."
        yield from ((field, before) for field in ("quality", "rhythm", "variability", "intervals", "samples"))
        return
    reason = _no_variability(row)
    if row["rmssd_milliseconds"] is None:
        yield "variability", reason or "There are too few beats in a row that look normal."
    if not measured:
        poor = row["quality_usability"] not in _FOR_RHYTHM
        yield "intervals", "The quality is too poor." if poor else "The beats do not agree on where their waves end."


def _no_variability(row: Mapping[str, Any]) -> str | None:
    if row["quality_usability"] not in _FOR_RHYTHM:
        return "The quality is too poor."
    if row["rhythm_label"] != RhythmLabel.NO_FIBRILLATION_FOUND:
        return "It is told of a regular rhythm only."
    kinds = row["beat_kinds"] or ()
    if kinds and sum(kind != "NORMAL_LIKE" for kind in kinds) > _MOST_ECTOPY * len(kinds):
        return "More than a tenth of the beats do not look like the others."
    return None
