"""The doctor's page: who, when, the home protocol's result, and the charts, on one sheet of A4 as PDF.

Vectors and real words throughout, in Open Sans with the letters of all European Union languages; the same report
gives the same bytes. What is too long for one page is shortened and shown to be.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from adapters.charts.drawn import DrawnTrend
from adapters.charts.layout import trend_picture
from adapters.charts.palette import FRAME, GREY, INK
from adapters.charts.pdf import draw, write
from adapters.charts.typeface import plain, shortened, wrapped

_WIDTH, _HEIGHT = A4
_MARGIN = 36.0
_INNER = _WIDTH - 2 * _MARGIN
_BETWEEN = 12.0
# A chart's words of 13 units become 9 points.
_SCALE = 9 / 13
_TITLE, _BODY, _SMALL = 17.0, 10.0, 8.0
_FOOT = 40.0
_LEAST_PLOT, _MOST_PLOT = 60.0, 260.0
_MOST_LINES = 5


@dataclass(frozen=True)
class DoctorReport:
    """What the page says; all texts are plain and come from the caller, the patient's name among them.

    `facts` are short lines below the title (name, birth date, time of the report), `findings` pairs of a heading and
    its paragraphs (the home protocol's result, how regularly was measured). The first chart has the whole width,
    the next two stand beside each other.
    """

    title: str
    facts: Sequence[str]
    blood_pressure: DrawnTrend
    others: Sequence[DrawnTrend] = field(default=())
    findings: Sequence[tuple[str, Sequence[str]]] = field(default=())
    footer: str = ""

    def __post_init__(self) -> None:
        """Refuse what one page cannot hold."""
        if len(self.others) > 2 or len(self.facts) > 4 or len(self.findings) > 4:  # noqa: PLR2004
            raise ValueError("A page holds two more charts, four facts and four findings.")


def _chart(canvas: Canvas, trend: DrawnTrend, left: float, top: float, width: float, height: float) -> float:
    """The chart in so many points of the page; its plot takes what the words leave, and very many words shrink all."""
    bare = trend_picture(trend, width / _SCALE, 0.0)
    plot_height = min(max(height / _SCALE - bare.height, _LEAST_PLOT), _MOST_PLOT)
    picture = trend_picture(trend, width / _SCALE, plot_height)
    scale = min(_SCALE, height / picture.height)
    draw(canvas, picture, left, top, scale)
    return picture.height * scale


def _head(canvas: Canvas, report: DoctorReport) -> float:
    """Title, facts and findings from the top down; where they end."""
    baseline = _HEIGHT - _MARGIN - 14
    write(canvas, _MARGIN, baseline, _TITLE, shortened(report.title, _TITLE, _INNER, bold=True), colour=INK, bold=True)
    baseline -= 4
    for line in (line for fact in report.facts for line in wrapped(fact, _BODY, _INNER, 2)):
        baseline -= 14
        write(canvas, _MARGIN, baseline, _BODY, line, colour=INK)
    baseline -= 10
    canvas.setStrokeColor(FRAME)
    canvas.setLineWidth(0.75)
    canvas.line(_MARGIN, baseline, _WIDTH - _MARGIN, baseline)
    baseline -= 4
    for heading, paragraphs in report.findings:
        baseline -= 17
        write(canvas, _MARGIN, baseline, _BODY, shortened(heading, _BODY, _INNER, bold=True), colour=INK, bold=True)
        for line in [line for words in paragraphs for line in wrapped(words, _BODY, _INNER, 3)][:_MOST_LINES]:
            baseline -= 14
            write(canvas, _MARGIN, baseline, _BODY, line, colour=INK)
    return baseline - 8


def draw_report(report: DoctorReport) -> bytes:
    """The page as PDF."""
    buffer = io.BytesIO()
    # Without the time of writing and random ids, so that the same report is the same file.
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(plain(report.title))
    canvas.setAuthor("Cuore")
    top = _head(canvas, report)
    room = top - _FOOT
    top -= 4 + _chart(canvas, report.blood_pressure, _MARGIN, top, _INNER, room * (0.55 if report.others else 1))
    half = (_INNER - _BETWEEN) / 2
    for at, trend in enumerate(report.others):
        _chart(canvas, trend, _MARGIN + at * (half + _BETWEEN), top, half, top - _FOOT)
    foot = shortened(report.footer, _SMALL, _INNER)
    write(canvas, _MARGIN, 26, _SMALL, foot, colour=GREY)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
