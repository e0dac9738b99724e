"""How the worker draws what was read of a strip."""

from adapters.strip_drawing import DrawnStrip
from adapters.strip_reading import ReadStrip
from adapters.strip_words import quality, rate_and_rhythm


def drawing_of(found: ReadStrip, recorded_at_text: str) -> DrawnStrip:
    """The first lead on paper, with what it shows in words."""
    lead, samples = next(iter(found.decoded.leads.items()))
    return DrawnStrip(
        lead=lead,
        sample_rate_hertz=found.decoded.sample_rate_hertz,
        samples_microvolts=samples,
        recorded_at_text=recorded_at_text,
        rate_text=rate_and_rhythm(found.numbers),
        note=quality(found.numbers),
    )
