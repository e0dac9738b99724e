"""What the analysis of a strip is answered with, as the description of the routes tells it."""

from typing import Any

from api.messages.openapi_words import NUMBER, TEXT, array, record, schema
from domain.kinds import BeatKind, QualityReason, RateFinding, RhythmLabel, StripUsability


def _or_null(name: str) -> dict[str, Any]:
    return {"oneOf": [schema(name), {"type": "null"}]}


def _one_of(kind: type[Any]) -> dict[str, Any]:
    return {"enum": [one.value for one in kind]}


STRIP_SCHEMAS: dict[str, Any] = {
    "StripAnalysis": record(
        "What the first lead of a strip shows; times in seconds from its first sample.",
        {
            "format": TEXT | {"description": "The format that the bytes are of."},
            "sampleRateHertz": NUMBER,
            "durationSeconds": NUMBER,
            "leads": array(TEXT),
            "quality": record(
                "How far the strip can be trusted.",
                {
                    "usable": {"type": "boolean"},
                    "usability": _one_of(StripUsability),
                    "score": NUMBER | {"description": "0 to 1."},
                    "reasons": array(_one_of(QualityReason)),
                    "disturbances": array(
                        record(
                            "What disturbs which stretch.",
                            {"reason": _one_of(QualityReason), "fromSeconds": NUMBER, "toSeconds": NUMBER},
                        )
                    ),
                },
            ),
            "beats": record("R peaks.", {"seconds": array(NUMBER), "kinds": array(_one_of(BeatKind))}),
            "heartRate": _or_null("StripHeartRate"),
            "rhythm": record(
                "A hint for a clinician, no diagnosis.",
                {
                    "label": _one_of(RhythmLabel),
                    "confidence": NUMBER,
                    "rateFindings": array(_one_of(RateFinding)),
                    "method": TEXT,
                    "version": TEXT,
                },
            ),
            "variability": _or_null("StripVariability"),
            "intervals": record(
                "Of the median beat; null where a wave is missing or the beats disagree.",
                {name: _or_null("StripInterval") for name in ("pr", "qrs", "qt", "qtc")},
            ),
            "method": TEXT,
            "version": TEXT,
            "note": TEXT,
        },
    ),
    "StripHeartRate": record(
        "In /min; null where there are too few beats.",
        {"mean": NUMBER, "minimum": NUMBER, "maximum": NUMBER, "unit": TEXT},
    ),
    "StripVariability": record(
        "Ultra-short, in ms; null unless the rhythm is regular and the quality good.",
        {"rmssd": NUMBER, "sdnn": NUMBER, "pnn50": NUMBER, "unit": TEXT},
    ),
    "StripInterval": record(
        "In ms, with one standard deviation of its error.", {"milliseconds": NUMBER, "uncertainty": NUMBER}
    ),
}
