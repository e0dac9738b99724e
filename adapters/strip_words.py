"""What is said of a strip in words, above the paper: rate, rhythm, quality; hints, never a diagnosis."""

from analytics.beat_intervals import Measured
from analytics.beat_shapes import BeatKind
from analytics.rhythm import RateFinding, RhythmLabel
from analytics.strip_analysis import StripAnalysis
from analytics.strip_quality import Usability

_RHYTHM = {
    RhythmLabel.FIBRILLATION_SUSPECTED: "Atrial fibrillation suspected",
    RhythmLabel.NO_FIBRILLATION_FOUND: "No atrial fibrillation found",
    RhythmLabel.INCONCLUSIVE: "Rhythm inconclusive",
}
_RATE = {RateFinding.BRADYCARDIA: "slow", RateFinding.TACHYCARDIA: "fast", RateFinding.PAUSE: "with a pause"}
_QUALITY = {
    Usability.GOOD: "",
    Usability.USABLE_FOR_RHYTHM: "Quality fair",
    Usability.USABLE_FOR_RATE: "Quality poor: usable for the rate only",
    Usability.UNUSABLE: "Quality too poor to be used",
}
# More would not be read.
_MOST_DISTURBANCES = 4


def rate_and_rhythm(found: StripAnalysis) -> str:
    """Rate and rhythm in one line."""
    if found.heart_rate is None:
        return "Heart rate not measurable"
    hints = ", ".join(_RATE[finding] for finding in found.rhythm.rate_findings)
    rate = f"Heart rate {found.heart_rate.mean:.0f}/min" + (f" ({hints})" if hints else "")
    return f"{rate}   {_RHYTHM[found.rhythm.label]}"


def quality(found: StripAnalysis) -> str:
    """How far the strip can be trusted, empty where nothing is wrong with it."""
    return _QUALITY[found.quality.usability]


def _length(name: str, measured: Measured | None) -> str:
    if measured is None:
        return f"{name} not measured"
    return f"{name} {measured.milliseconds:.0f} ± {measured.uncertainty_milliseconds:.0f} ms"


def findings(found: StripAnalysis) -> tuple[str, ...]:
    """What stands below the paper of a report: beats, intervals, variability, quality, and who says it."""
    odd = sum(kind is BeatKind.WIDE_OR_EARLY for kind in found.beat_kinds)
    intervals = found.intervals
    lines = [
        f"Beats: {len(found.beat_seconds)}, of which wide or early: {odd}",
        "   ".join(
            (
                _length("PR", intervals.pr),
                _length("QRS", intervals.qrs),
                _length("QT", intervals.qt),
                _length("QTcF", intervals.qt_fridericia),
            )
        ),
    ]
    if found.variability is not None:
        rmssd, sdnn = found.variability.rmssd_milliseconds, found.variability.sdnn_milliseconds
        span = found.variability.seconds
        lines.append(f"Ultra-short variability ({span:.0f} s): RMSSD {rmssd:.0f} ms   SDNN {sdnn:.0f} ms")
    spans = [
        f"{one.reason.replace('_', ' ').lower()} {one.start_seconds:.0f} to {one.end_seconds:.0f} s"
        for one in found.quality.disturbances[:_MOST_DISTURBANCES]
    ]
    lines.append(f"Quality {found.quality.score:.2f} of 1" + (f": {', '.join(spans)}" if spans else ""))
    lines.append(f"Analysis: {found.method}, version {found.version}")
    lines.append(f"Rhythm: {found.rhythm.method}, version {found.rhythm.version}")
    return tuple(lines)
