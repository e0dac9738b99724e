"""What is done with a strip's bytes in a process of its own, which loads this and no more: decode, find beats, draw."""

from dataclasses import dataclass

from adapters.strip_drawing import DrawnStrip, draw_png, draw_svg
from adapters.strip_formats import UnreadableStrip, decode_strip
from analytics.heart_rate import heart_rate
from analytics.rpeaks import find_r_peaks


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
    beats = find_r_peaks(samples, decoded.sample_rate_hertz)
    rate = heart_rate(beats)
    drawn = DrawnStrip(
        lead=lead,
        sample_rate_hertz=decoded.sample_rate_hertz,
        samples_microvolts=samples,
        recorded_at_text=recorded_at_text,
        rate_text=f"Heart rate {rate.mean:.0f}/min" if rate else "Heart rate not measurable",
        note="",
    )
    return Findings(
        sample_rate_hertz=decoded.sample_rate_hertz,
        duration_seconds=len(samples) / decoded.sample_rate_hertz,
        leads=tuple(decoded.leads),
        beat_seconds=tuple(float(second) for second in beats),
        heart_rate=(rate.mean, rate.minimum, rate.maximum) if rate else None,
        svg=draw_svg(drawn).encode(),
        png=draw_png(drawn),
    )
