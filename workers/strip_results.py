"""All that a child process makes of a strip's bytes: numbers, pictures, the signal, and the bytes that may be kept."""

from dataclasses import dataclass

from adapters.strip_drawing import draw_png, draw_svg
from adapters.strip_formats import UnreadableStrip
from adapters.strip_privacy import without_personal_lines
from adapters.strip_reading import TOO_COSTLY, limit_memory, read_strip
from adapters.strip_signal import encode_signal
from domain.strip_analyses import StripAnalysis
from workers.strip_drawings import drawing_of


@dataclass(frozen=True)
class StripResult:
    """What is sent back of a readable strip; `signal_step_microvolts` is what one count of the signal is."""

    analysis: StripAnalysis
    svg: bytes
    png: bytes
    signal: bytes
    signal_step_microvolts: float
    kept: bytes


@dataclass(frozen=True)
class Refusal:
    """Why there is none: a code for programs and a sentence for the patient."""

    code: str
    sentence: str


def work_out(data: bytes, recorded_at_text: str) -> StripResult | Refusal:
    """Everything that costs time or reads a stranger's bytes, in one call."""
    limit_memory()
    try:
        found = read_strip(data)
        drawing = drawing_of(found, recorded_at_text)
        svg, png = draw_svg(drawing).encode(), draw_png(drawing)
        signal, step = encode_signal(found.decoded.leads, found.decoded.sample_rate_hertz)
        kept = without_personal_lines(data, found.decoded)
    except UnreadableStrip as unreadable:
        return Refusal(unreadable.code, str(unreadable))
    except MemoryError:
        return Refusal(*TOO_COSTLY)
    return StripResult(found.analysis, svg, png, signal, step, kept)
