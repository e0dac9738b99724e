"""The analysis of a strip as JSON, in the words of the GraphQL API."""

from collections.abc import Mapping
from typing import Any

from domain.kinds import StripUsability
from domain.strip_analyses import StripAnalysis

NO_DIAGNOSIS = "A hint for a clinician, no diagnosis."
_INTERVALS = {"PR": "pr", "QRS": "qrs", "QT": "qt", "QT_FRIDERICIA": "qtc"}


def analysis_json(found: StripAnalysis) -> Mapping[str, Any]:
    """What was found; null where something cannot be said."""
    quality, rhythm, varied = found.quality, found.rhythm, found.variability
    rate = None
    if found.heart_rate is not None:
        mean, minimum, maximum = (round(one, 1) for one in found.heart_rate)
        rate = {"mean": mean, "minimum": minimum, "maximum": maximum, "unit": "/min"}
    intervals = {name: found.intervals.get(key) for key, name in _INTERVALS.items()}
    return {
        "sampleRateHertz": found.sample_rate_hertz,
        "durationSeconds": round(found.duration_seconds, 3),
        "leads": [*found.leads],
        "quality": {
            "usable": quality.usability is not StripUsability.UNUSABLE,
            "usability": quality.usability,
            "score": round(quality.score, 3),
            "reasons": [*quality.reasons],
            "disturbances": [
                {"reason": one.reason, "fromSeconds": one.start_seconds, "toSeconds": one.end_seconds}
                for one in quality.disturbances
            ],
        },
        "beats": {"seconds": [round(one, 4) for one in found.beat_seconds], "kinds": [*found.beat_kinds]},
        "heartRate": rate,
        "rhythm": {
            "label": rhythm.label,
            "confidence": round(rhythm.confidence, 3),
            "rateFindings": [*rhythm.rate_findings],
            "method": rhythm.method,
            "version": rhythm.version,
        },
        "variability": varied
        and {
            "rmssd": round(varied.rmssd_milliseconds, 1),
            "sdnn": round(varied.sdnn_milliseconds, 1),
            "pnn50": round(varied.pnn50, 3),
            "unit": "ms",
        },
        "intervals": {
            name: one
            and {
                "milliseconds": round(one.milliseconds, 1),
                "uncertainty": round(one.uncertainty_milliseconds, 1),
            }
            for name, one in intervals.items()
        },
        "method": found.method,
        "version": found.version,
        "note": NO_DIAGNOSIS,
    }
