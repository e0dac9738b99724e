"""The pen for PDF: a picture as vectors and words on a page of reportlab, anywhere and at any scale."""

from functools import lru_cache

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from adapters.charts.shapes import Anchor, Area, Marks, Picture, Points, Stroke, Words
from adapters.charts.typeface import font_file

_NAMES = {False: "OpenSans", True: "OpenSans-SemiBold"}


@lru_cache(maxsize=2)
def font_name(*, bold: bool) -> str:
    """The typeface's name in reportlab, which learns it at the first call; a page embeds just the letters it has."""
    pdfmetrics.registerFont(TTFont(_NAMES[bold], font_file(bold=bold)))
    return _NAMES[bold]


def write(
    canvas: Canvas,
    left: float,
    baseline: float,
    size: float,
    words: str,
    *,
    anchor: Anchor = "start",
    colour: str = "#000000",
    bold: bool = False,
) -> None:
    """One line of words on the canvas, in its own coordinates."""
    canvas.setFont(font_name(bold=bold), size)
    canvas.setFillColor(HexColor(colour))
    paint = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}[anchor]
    paint(left, baseline, words)


def _trace(canvas: Canvas, corners: Points, height: float, *, filled: bool) -> None:
    path = canvas.beginPath()
    (left, top), *rest = corners.tolist()
    path.moveTo(left, height - top)
    for across, down in rest:
        path.lineTo(across, height - down)
    if filled:
        path.close()
    canvas.drawPath(path, stroke=0 if filled else 1, fill=1 if filled else 0)


def _marks(canvas: Canvas, marks: Marks, height: float) -> None:
    canvas.setFillColor(HexColor(marks.fill))
    canvas.setStrokeColor(HexColor(marks.edge))
    canvas.setLineWidth(marks.edge_width)
    has_edge = 1 if marks.edge_width else 0
    for across, down in marks.centres.tolist():
        if marks.shape == "circle":
            canvas.circle(across, height - down, marks.radius, stroke=has_edge, fill=1)
        else:
            side = 2 * marks.radius
            canvas.rect(across - marks.radius, height - down - marks.radius, side, side, stroke=has_edge, fill=1)


def draw(canvas: Canvas, picture: Picture, left: float, top: float, scale: float) -> None:
    """The picture with its upper left corner at that place; PDF counts from the bottom of the page."""
    height = picture.height
    canvas.saveState()
    canvas.translate(left, top - height * scale)
    canvas.scale(scale, scale)
    canvas.setLineJoin(1)
    for shape in picture.shapes:
        match shape:
            case Area():
                canvas.setFillColor(HexColor(shape.colour))
                _trace(canvas, shape.corners, height, filled=True)
            case Stroke():
                canvas.setStrokeColor(HexColor(shape.colour))
                canvas.setLineWidth(shape.width)
                canvas.setDash(list(shape.dash or ()))
                _trace(canvas, shape.corners, height, filled=False)
                canvas.setDash([])
            case Marks():
                _marks(canvas, shape, height)
            case Words():
                write(
                    canvas,
                    shape.left,
                    height - shape.baseline,
                    shape.size,
                    shape.words,
                    anchor=shape.anchor,
                    colour=shape.colour,
                    bold=shape.bold,
                )
    canvas.restoreState()
