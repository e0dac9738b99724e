"""What is said of a strip in words, above the paper: rate, rhythm, quality; hints, never a diagnosis."""

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
