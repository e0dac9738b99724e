"""Everything that is said of one strip, from its samples: quality, beats, rate, rhythm, variability, intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.beat_intervals import NO_INTERVALS, BeatIntervals, measure_intervals
from analytics.beat_shapes import BeatKind, BeatShapes, shape_beats
from analytics.ecg_signal import Lead, Series, prepare
from analytics.heart_rate import HeartRate, heart_rate
from analytics.rhythm import (
    FEWEST_BEATS,
    Rhythm,
    RhythmLabel,
    class_probabilities,
    fibrillation_from_intervals,
    judge_rhythm,
    unreadable_rhythm,
)
from analytics.rpeaks import Beats, detect_beats
from analytics.strip_features import strip_features
from analytics.strip_quality import Reason, SecondBySecond, StripQuality, Usability, judge_seconds, judge_strip
from analytics.variability import Variability, variability

METHOD, VERSION = "cuore strip analysis", "2"

# The rhythm was learned on strips of 9 to 61 s; a longer one is looked at in parts.
_LONGEST_WINDOW_SECONDS, _WINDOW_SECONDS = 65.0, 30.0
_SEVERAL = 4


@dataclass(frozen=True)
class StripAnalysis:
    """What one lead shows; times in seconds from its first sample, `beat_kinds` one for each of `beat_seconds`."""

    duration_seconds: float
    quality: StripQuality
    beat_seconds: tuple[float, ...]
    beat_kinds: tuple[BeatKind, ...]
    heart_rate: HeartRate | None
    rhythm: Rhythm
    variability: Variability | None
    intervals: BeatIntervals
    method: str = METHOD
    version: str = VERSION


@dataclass(frozen=True)
class _Window:
    """One part that the rhythm model can judge."""

    lead: Lead
    beats: Beats
    shapes: BeatShapes | None
    seconds: SecondBySecond
    features: dict[str, float]


def _look(microvolts: NDArray[np.float64], rate_hertz: float) -> _Window | None:
    lead = prepare(microvolts, rate_hertz)
    if lead is None:
        return None
    beats = detect_beats(lead)
    shapes = shape_beats(lead, beats.seconds) if len(beats.seconds) else None
    seconds = judge_seconds(microvolts, rate_hertz, lead, shapes, beats.certainty)
    features: dict[str, float] = {}
    if shapes is not None and len(beats.seconds) >= FEWEST_BEATS:
        features = strip_features(lead, beats, shapes, seconds)
        features["fibrillation from intervals"] = fibrillation_from_intervals(features)
    return _Window(lead, beats, shapes, seconds, features)


def strip_numbers(microvolts: NDArray[np.float64], rate_hertz: float) -> dict[str, float] | None:
    """The features that the rhythm model is asked with, or None where there are too few beats."""
    window = _look(microvolts, rate_hertz)
    return window.features or None if window is not None else None


def _probabilities(whole: _Window, microvolts: NDArray[np.float64], rate_hertz: float) -> dict[str, float]:
    """Of a longer strip, the part that looks most like fibrillation; of four parts or more, the second one.

    A paroxysm is seen so, and a single odd part among many is not taken for one.
    """
    if not whole.features:
        return {}
    if whole.lead.seconds <= _LONGEST_WINDOW_SECONDS:
        return class_probabilities(whole.features)
    count = int(whole.lead.seconds // _WINDOW_SECONDS)
    parts = [strip_numbers(part, rate_hertz) for part in np.array_split(microvolts, count)]
    judged = [class_probabilities(part) for part in parts if part]
    if 2 * len(judged) < count:
        return {}
    judged.sort(key=lambda one: one["A"], reverse=True)
    return judged[1 if len(judged) >= _SEVERAL else 0]


def _variability(quality: StripQuality, rhythm: Rhythm, seconds: Series, shapes: BeatShapes) -> Variability | None:
    usable = quality.usability in {Usability.GOOD, Usability.USABLE_FOR_RHYTHM}
    is_sinus = rhythm.label is RhythmLabel.NO_FIBRILLATION_FOUND
    return variability(seconds, shapes.kinds) if usable and is_sinus else None


def analyse_strip(samples_uv: NDArray[np.float64], rate_hz: float) -> StripAnalysis:
    """The one entry: microvolts of one lead (n,) and its true rate in hertz.

    Any numbers are accepted; what cannot be read gets a quality that says so.

    Raises:
        ValueError: below 50 Hz, where a QRS is not sampled any more.
    """
    duration = len(samples_uv) / rate_hz
    whole = _look(samples_uv, rate_hz)
    if whole is None:
        quality = StripQuality(Usability.UNUSABLE, 0.0, (Reason.TOO_SHORT,), (), ())
        return StripAnalysis(duration, quality, (), (), None, unreadable_rhythm(), None, NO_INTERVALS)
    probabilities = _probabilities(whole, samples_uv, rate_hz)
    quality = judge_strip(whole.seconds, probabilities.get("~", 1.0))
    seconds, shapes = whole.beats.seconds, whole.shapes
    rhythm = (
        judge_rhythm(probabilities, whole.features, seconds, is_readable=quality.usability is not Usability.UNUSABLE)
        if probabilities
        else unreadable_rhythm()
    )
    is_poor = quality.usability is Usability.USABLE_FOR_RATE
    intervals = NO_INTERVALS
    if shapes is not None and len(seconds) > 1 and quality.usability in {Usability.GOOD, Usability.USABLE_FOR_RHYTHM}:
        atria_beat = rhythm.label is not RhythmLabel.FIBRILLATION_SUSPECTED
        intervals = measure_intervals(shapes, float(np.median(np.diff(seconds))), atria_beat=atria_beat)
    return StripAnalysis(
        duration_seconds=duration,
        quality=quality,
        beat_seconds=tuple(seconds.tolist()),
        beat_kinds=shapes.kinds if shapes is not None else (),
        heart_rate=heart_rate(seconds, by_median=is_poor) if quality.is_usable else None,
        rhythm=rhythm,
        variability=_variability(quality, rhythm, seconds, shapes) if shapes is not None else None,
        intervals=intervals,
    )
