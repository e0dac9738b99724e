"""Whether a strip looks like fibrillation, and what its rate does; a hint for a clinician, never a diagnosis.

Boosted trees learned on hand-held strips (`dev.train_rhythm_model`) give four probabilities: normal, fibrillation,
other rhythm, noise. One of their features is itself learned: what the times between beats alone say, from ten-hour
records.
Every answer carries the numbers behind it, the method and the version.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analytics.boosted_trees import load_model
from analytics.ecg_signal import Series
from analytics.strip_features import as_row

FEWEST_BEATS = 5
_MODEL, _INTERVAL_MODEL = "rhythm", "intervals"
_SLOW_BPM, _FAST_BPM = 50.0, 100.0
_PAUSE_SECONDS = 2.0
# What a clinician would ask for first.
_EVIDENCE = (
    "rr coefficient_of_entropy",
    "rr median_step",
    "rr lorenz_evidence",
    "fibrillation from intervals",
    "p_consistency",
    "p_size",
    "restless_share",
    "share odd",
    "every other",
    "like 50",
)


class RhythmLabel(StrEnum):
    """What can be said of fibrillation."""

    FIBRILLATION_SUSPECTED = "FIBRILLATION_SUSPECTED"
    NO_FIBRILLATION_FOUND = "NO_FIBRILLATION_FOUND"
    INCONCLUSIVE = "INCONCLUSIVE"


class RateFinding(StrEnum):
    """What the rate does, straight from the times between beats."""

    BRADYCARDIA = "BRADYCARDIA"
    TACHYCARDIA = "TACHYCARDIA"
    PAUSE = "PAUSE"


@dataclass(frozen=True)
class Rhythm:
    """A label with its confidence (0 to 1), and one of the challenge's four classes N, A, O or ~.

    `probabilities` are of the classes; `evidence` are the numbers behind the label, by name.
    """

    label: RhythmLabel
    confidence: float
    challenge_class: str
    probabilities: dict[str, float]
    evidence: dict[str, float]
    rate_findings: tuple[RateFinding, ...]
    method: str
    version: str


def fibrillation_from_intervals(features: dict[str, float]) -> float:
    """How likely about 30 s of beats fibrillate, by `analytics.strip_features.interval_features` alone."""
    model = load_model(_INTERVAL_MODEL)
    return float(model.probabilities(as_row(features, model.features))[0, 1])


def class_probabilities(features: dict[str, float]) -> dict[str, float]:
    """Of N, A, O and ~, from the features of `analytics.strip_features` with what the intervals say."""
    model = load_model(_MODEL)
    row = model.probabilities(as_row(features, model.features))[0]
    return dict(zip(model.classes, row.tolist(), strict=True))


def rate_findings(r_seconds: Series) -> tuple[RateFinding, ...]:
    """Slow, fast and pausing hearts; none of fewer than three beats."""
    rr = np.diff(r_seconds)
    if len(rr) < 2:  # noqa: PLR2004
        return ()
    bpm = 60 / float(np.median(rr))
    found = []
    if bpm < _SLOW_BPM:
        found.append(RateFinding.BRADYCARDIA)
    if bpm > _FAST_BPM:
        found.append(RateFinding.TACHYCARDIA)
    if rr.max() >= _PAUSE_SECONDS:
        found.append(RateFinding.PAUSE)
    return tuple(found)


def judge_rhythm(
    probabilities: dict[str, float], features: dict[str, float], r_seconds: Series, *, is_readable: bool
) -> Rhythm:
    """The label from the class probabilities; a strip that cannot be read is inconclusive."""
    model = load_model(_MODEL)
    limits = model.limits
    weighted = {name: share * limits[f"weight {name}"] for name, share in probabilities.items()}
    challenge_class = max(weighted, key=lambda name: weighted[name])
    fibrillation, noise = probabilities["A"], probabilities["~"]
    readable = fibrillation / max(1 - noise, 1e-9)
    if not is_readable or noise > limits["noise"]:
        label, confidence = RhythmLabel.INCONCLUSIVE, max(noise, 0.5)
    elif readable >= limits["suspected"]:
        label, confidence = RhythmLabel.FIBRILLATION_SUSPECTED, readable
    elif readable <= limits["none"]:
        label, confidence = RhythmLabel.NO_FIBRILLATION_FOUND, 1 - readable
    else:
        label, confidence = RhythmLabel.INCONCLUSIVE, 1 - abs(2 * readable - 1)
    return Rhythm(
        label=label,
        confidence=float(confidence),
        challenge_class=challenge_class,
        probabilities=probabilities,
        evidence={name: features[name] for name in _EVIDENCE if name in features},
        rate_findings=rate_findings(r_seconds),
        method=model.method,
        version=model.version,
    )


def unreadable_rhythm() -> Rhythm:
    """Where there are too few beats to say anything."""
    model = load_model(_MODEL)
    probabilities = {name: float(name == "~") for name in model.classes}
    return Rhythm(RhythmLabel.INCONCLUSIVE, 1.0, "~", probabilities, {}, (), model.method, model.version)
