"""What is done with a strip's bytes in a process of its own, which loads this and no more: decode, analyse, draw."""

from dataclasses import dataclass

from adapters.strip_drawing import DrawnStrip, draw_png, draw_svg
from adapters.strip_formats import UnreadableStrip, decode_strip
from adapters.strip_words import quality, rate_and_rhythm
from analytics.strip_analysis import analyse_strip


@dataclass(frozen=True)
class Findings:
    """What the child process sends back: numbers and two pictures, or why there are none."""

    sample_rate_hertz: float = 0.0
    duration_seconds: float = 0.0
    leads: tuple[str, ...] = ()
    beat_seconds: tuple[float, ...] = ()
    heart_rate: tuple[float, float, float] | None = None
    svg: bytes = b""
    png: bytes = b""
    unreadable: tuple[str, str] | None = None


def examine(data: bytes, recorded_at_text: str) -> Findings:
    """Everything that costs time, in one call for a child process."""
    try:
        decoded = decode_strip(data)
    except UnreadableStrip as unreadable:
        return Findings(unreadable=(unreadable.code, str(unreadable)))
    lead, samples = next(iter(decoded.leads.items()))
    found = analyse_strip(samples, decoded.sample_rate_hertz)
    drawn = DrawnStrip(
        lead=lead,
        sample_rate_hertz=decoded.sample_rate_hertz,
        samples_microvolts=samples,
        recorded_at_text=recorded_at_text,
        rate_text=rate_and_rhythm(found),
        note=quality(found),
    )
    rate = found.heart_rate
    return Findings(
        sample_rate_hertz=decoded.sample_rate_hertz,
        duration_seconds=found.duration_seconds,
        leads=tuple(decoded.leads),
        beat_seconds=found.beat_seconds,
        heart_rate=(rate.mean, rate.minimum, rate.maximum) if rate else None,
        svg=draw_svg(drawn).encode(),
        png=draw_png(drawn),
    )
