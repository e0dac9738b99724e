"""A strip on ECG paper as one page of PDF, at true scale when it is printed without fitting."""

import io
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from adapters.charts.pdf import write
from adapters.charts.shapes import Anchor
from adapters.strip_paper import (
    BIG_SQUARE,
    GRID_LEFT,
    GRID_TOP,
    GRID_WIDTH,
    INK,
    MAJOR,
    MAJOR_WIDTH,
    MINOR,
    MINOR_WIDTH,
    MM,
    PAGE_WIDTH,
    TRACE_WIDTH,
    DrawnStrip,
    Layout,
    Points,
    layout_of,
    plain,
)

_POINTS = mm / MM
_LINE, _WORDS = 6 * MM, 4 * MM


def _grid(canvas: Canvas, layout: Layout, step: int, colour: str, width: int) -> None:
    bottom, right = GRID_TOP + layout.grid_height, GRID_LEFT + GRID_WIDTH
    canvas.setStrokeColor(HexColor(colour))
    canvas.setLineWidth(width)
    upright = [(left, -GRID_TOP, left, -bottom) for left in range(GRID_LEFT, right + 1, step)]
    canvas.lines(upright + [(GRID_LEFT, -top, right, -top) for top in range(GRID_TOP, bottom + 1, step)])


def _trace(canvas: Canvas, points: Points) -> None:
    path = canvas.beginPath()
    (left, top), *rest = points.tolist()
    path.moveTo(left, -top)
    for across, down in rest:
        path.lineTo(across, -down)
    canvas.drawPath(path)


def draw_pdf(strip: DrawnStrip, findings: Sequence[str] = ()) -> bytes:
    """One sheet of A4 on its side, or as much higher as a long strip needs; the same strip gives the same bytes.

    Findings are plain lines below the paper.
    """
    layout = layout_of(strip)
    width, least_height = landscape(A4)
    height = max(least_height, (layout.height + _LINE * (len(findings) + 1)) * _POINTS)
    buffer = io.BytesIO()
    # Without the time of writing and random ids, so that the same strip is the same file.
    canvas = Canvas(buffer, pagesize=(width, height), invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(plain(f"ECG, lead {strip.lead}, {strip.recorded_at_text}"))
    canvas.setAuthor("Cuore")
    # From here on in hundredths of a millimetre below the upper edge, centred.
    canvas.translate((width - PAGE_WIDTH * _POINTS) / 2, height)
    canvas.scale(_POINTS, _POINTS)
    _grid(canvas, layout, MM, MINOR, MINOR_WIDTH)
    _grid(canvas, layout, BIG_SQUARE, MAJOR, MAJOR_WIDTH)
    canvas.setStrokeColor(HexColor(INK))
    canvas.setLineWidth(TRACE_WIDTH)
    canvas.setLineJoin(1)
    canvas.setLineCap(1)
    for line in layout.lines:
        if len(line):
            _trace(canvas, line)
    for text in layout.texts:
        anchor: Anchor = "end" if text.anchor == "end" else "start"
        write(canvas, text.left, -text.baseline, text.size, text.words, anchor=anchor, colour=text.colour)
    for at, finding in enumerate(findings):
        write(canvas, GRID_LEFT, -(layout.height + _LINE * (at + 1)), _WORDS, plain(finding), colour=INK)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
