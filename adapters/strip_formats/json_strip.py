"""Recordings as JSON: {"sampleRateHertz": 300, "unit": "uV", "leads": {"I": [1, 2.5, …]}}."""

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    MOST_LEADS,
    MOST_SAMPLES,
    DecodedStrip,
    UnreadableStrip,
    checked,
    damaged,
    microvolts_of,
    named_leads,
    too_long,
    too_many_leads,
    unknown_unit,
)


def _numbers(values: Any) -> NDArray[np.float64]:
    """A list of plain numbers as an array; booleans, text and nested lists are not numbers."""
    if not isinstance(values, list) or not set(map(type, values)) <= {int, float}:
        raise damaged()
    return np.array(values, dtype=np.float64)


def read_json(data: bytes) -> DecodedStrip:
    """The recording of a JSON document; unknown keys are ignored and dropped.

    Raises:
        UnreadableStrip: when a part is missing, of another type or out of range.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise damaged() from None
    if not isinstance(document, dict):
        raise damaged()
    rate_hertz, unit, leads = (document.get(key) for key in ("sampleRateHertz", "unit", "leads"))
    if not isinstance(rate_hertz, int | float) or isinstance(rate_hertz, bool):
        raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")
    microvolts = microvolts_of(unit) if isinstance(unit, str) else None
    if microvolts is None:
        raise unknown_unit()
    if not isinstance(leads, dict):
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    if len(leads) > MOST_LEADS:
        raise too_many_leads()
    if sum(len(values) for values in leads.values() if isinstance(values, list)) > MOST_SAMPLES:
        raise too_long()
    with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused as such
        samples = [_numbers(values) * microvolts for values in leads.values()]
    return checked("JSON", rate_hertz, dict(zip(named_leads(leads), samples, strict=True)))
