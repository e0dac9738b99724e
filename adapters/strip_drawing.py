"""A strip on ECG paper, as a cardiologist reads it: 25 mm/s, 10 mm/mV, rows of ten seconds; SVG and PNG.

Both pictures come from one layout in hundredths of a millimetre (1 microvolt is one), so they cannot differ.
Nothing is filtered; each row is centred on its own median, and what would leave its row is cut and said to be.
"""

import io
import math
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROW_SECONDS = 10
MOST_ROWS = 60
_MM = 100  # layout units in a millimetre
_UNITS_PER_SECOND = 25 * _MM
_BIG_SQUARE = 5 * _MM
_GRID_LEFT, _GRID_TOP = 5 * _MM, 19 * _MM
_LEAD_IN, _LEAD_OUT = 15 * _MM, 5 * _MM  # room for the calibration mark, and a margin behind the trace
_GRID_WIDTH = _LEAD_IN + ROW_SECONDS * _UNITS_PER_SECOND + _LEAD_OUT
_PAGE_WIDTH = _GRID_LEFT + _GRID_WIDTH + _GRID_LEFT
_FOOTER = 10 * _MM
# The calibration mark of 1 mV for 0.2 s, from the left edge of the grid and the baseline.
_MARK = np.array([(1, 0), (3, 0), (3, -10), (8, -10), (8, 0), (10, 0)], dtype=np.int64) * _MM
_LEAST_UP, _MOST_UP, _LEAST_DOWN, _MOST_DOWN = (millimetres * _MM for millimetres in (15, 40, 10, 30))
_CLEARANCE = 2 * _MM
_MOST_POINTS_OF_A_ROW = 6000
_MOST_CHARACTERS = 80
# Light enough to see the trace, dark enough to count the squares.
_PAPER, _MINOR, _MAJOR, _INK, _GREY = "#ffffff", "#f8dada", "#e9a3a3", "#101010", "#555555"
_MINOR_WIDTH, _MAJOR_WIDTH, _TRACE_WIDTH = 10, 18, 28
# 152.4 dpi: a millimetre is exactly six pixels, so that every square of the grid is equally large.
_PIXELS_PER_MM = 6
_OVERSAMPLING = 4

Points = NDArray[np.int64]
_Row = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class DrawnStrip:
    """One lead and the words around it; the texts are plain, any markup in them is shown as text."""

    lead: str
    sample_rate_hertz: float
    samples_microvolts: NDArray[np.float64]
    recorded_at_text: str
    rate_text: str
    note: str = ""


@dataclass(frozen=True)
class _Text:
    left: int
    baseline: int
    size: int
    words: str
    anchor: str = "start"
    colour: str = _INK


@dataclass(frozen=True)
class _Layout:
    """Everything that is drawn: lines of the grid, polylines (n, 2) of ink, words."""

    height: int
    grid_height: int
    lines: list[Points]
    texts: list[_Text]


def _plain(words: str) -> str:
    """One line of printable characters; control characters would make the SVG no XML."""
    line = "".join(character if character.isprintable() else " " for character in words)
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def _thinned(times: NDArray[np.float64], heights: NDArray[np.float64]) -> _Row:
    """At most about 6000 points that keep every peak: lowest and highest of each short run, in order of time."""
    run = math.ceil(2 * len(heights) / _MOST_POINTS_OF_A_ROW)
    if run <= 2:  # noqa: PLR2004 - a run of two keeps both
        return times, heights
    runs = heights[: len(heights) // run * run].reshape(-1, run)
    starts = np.arange(len(runs)) * run
    kept = np.unique(np.concatenate([starts + runs.argmin(axis=1), starts + runs.argmax(axis=1), [len(heights) - 1]]))
    return times[kept], heights[kept]


def _rows(strip: DrawnStrip) -> list[_Row]:
    """Seconds from the start of the row, and microvolts from the row's median."""
    per_row = ROW_SECONDS * strip.sample_rate_hertz
    microvolts = np.nan_to_num(strip.samples_microvolts, posinf=0.0, neginf=0.0)
    rows = []
    for row in range(min(MOST_ROWS, max(1, math.ceil(len(microvolts) / per_row - 1e-9)))):
        first, last = math.ceil(row * per_row), math.ceil((row + 1) * per_row)
        heights = microvolts[first : last + 1]  # one more, so that a row ends where the next begins
        times = np.arange(first, first + len(heights)) / strip.sample_rate_hertz - row * ROW_SECONDS
        rows.append(_thinned(times, heights - np.median(heights) if len(heights) else heights))
    return rows


def _room(furthest: float, least: int, most: int) -> int:
    """The distance between a row's baseline and its edge, in whole big squares."""
    return int(np.clip(math.ceil(min(furthest + _CLEARANCE, most) / _BIG_SQUARE) * _BIG_SQUARE, least, most))


def _visible(points: Points, is_inside: NDArray[np.bool_]) -> list[Points]:
    """The parts of a trace that its row can show, each up to the edge where it leaves.

    A line along the edge in between would look like a heart that stands still.
    """
    changes = np.flatnonzero(np.diff(is_inside.astype(np.int8), prepend=0, append=0))
    return [points[max(first - 1, 0) : last + 1] for first, last in changes.reshape(-1, 2)]


def _layout(strip: DrawnStrip) -> _Layout:
    rows = _rows(strip)
    up = _room(max(heights.max(initial=0) for _, heights in rows), _LEAST_UP, _MOST_UP)
    down = _room(-min(heights.min(initial=0) for _, heights in rows), _LEAST_DOWN, _MOST_DOWN)
    lead = _plain(strip.lead)
    lines: list[Points] = []
    texts: list[_Text] = []
    cut = False
    for row, (times, heights) in enumerate(rows):
        baseline = _GRID_TOP + row * (up + down) + up
        lines.append(np.array([_GRID_LEFT, baseline]) + _MARK)
        within = heights.clip(-down + _MM // 5, up - _MM // 5)
        cut = cut or bool((within != heights).any())
        across = _GRID_LEFT + _LEAD_IN + times * _UNITS_PER_SECOND
        points = np.column_stack([across, baseline - within]).round().astype(np.int64)
        lines += _visible(points, within == heights)
        words = f"{lead}   {row * ROW_SECONDS} s"
        texts.append(_Text(_GRID_LEFT + _MM, baseline + down - _MM, _MM * 5 // 2, words))
    grid_height = len(rows) * (up + down)
    height = _GRID_TOP + grid_height + _FOOTER
    right = _PAGE_WIDTH - _GRID_LEFT
    note = _plain(strip.note)
    if cut:
        note = f"{note}   Trace cut where it leaves its row".strip()
    texts += [
        _Text(_GRID_LEFT, 9 * _MM, 5 * _MM, f"ECG   {lead if lead.startswith('Channel') else f'Lead {lead}'}"),
        _Text(right, 9 * _MM, 4 * _MM, f"Recorded {_plain(strip.recorded_at_text)}", "end"),
        _Text(_GRID_LEFT, 16 * _MM, 4 * _MM, _plain(strip.rate_text)),
        _Text(right, 16 * _MM, 3 * _MM + _MM // 2, note, "end", _GREY),
        _Text(
            _GRID_LEFT,
            height - 4 * _MM,
            3 * _MM + _MM // 2,
            f"25 mm/s   10 mm/mV   Filter: none added   {strip.sample_rate_hertz:g} Hz",
        ),
        _Text(right, height - 4 * _MM, 3 * _MM + _MM // 2, "Not a diagnosis", "end"),
    ]
    return _Layout(height, grid_height, lines, texts)


def _svg_grid(step: int, colour: str, width: int, grid_height: int) -> str:
    """Plain lines: nested patterns blur in some renderers."""
    bottom, right = _GRID_TOP + grid_height, _GRID_LEFT + _GRID_WIDTH
    upright = "".join(f"M{left} {_GRID_TOP}V{bottom}" for left in range(_GRID_LEFT, right + 1, step))
    level = "".join(f"M{_GRID_LEFT} {top}H{right}" for top in range(_GRID_TOP, bottom + 1, step))
    return f'<path stroke="{colour}" stroke-width="{width}" d="{upright}{level}"/>'


def _svg_line(points: Points) -> str:
    if not len(points):
        return ""
    steps = " ".join(map(str, np.diff(points, axis=0).ravel().tolist()))
    return f"M{points[0, 0]} {points[0, 1]}" + (f"l{steps}" if steps else "l0 0")


def draw_svg(strip: DrawnStrip) -> str:
    """The strip as one self-contained SVG document, sized in millimetres for printing at true scale."""
    layout = _layout(strip)
    words = "".join(
        f'<text x="{text.left}" y="{text.baseline}" font-size="{text.size}" text-anchor="{text.anchor}"'
        f' fill="{text.colour}" xml:space="preserve">{escape(text.words)}</text>'
        for text in layout.texts
    )
    title = escape(f"ECG, lead {_plain(strip.lead)}, {_plain(strip.recorded_at_text)}. {_plain(strip.rate_text)}.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_PAGE_WIDTH / _MM:g}mm" height="{layout.height / _MM:g}mm"'
        f' viewBox="0 0 {_PAGE_WIDTH} {layout.height}" role="img"><title>{title}</title>'
        f'<rect width="{_PAGE_WIDTH}" height="{layout.height}" fill="{_PAPER}"/>'
        f'<g fill="none">{_svg_grid(_MM, _MINOR, _MINOR_WIDTH, layout.grid_height)}'
        f"{_svg_grid(_BIG_SQUARE, _MAJOR, _MAJOR_WIDTH, layout.grid_height)}"
        f'<path stroke="{_INK}" stroke-width="{_TRACE_WIDTH}" stroke-linejoin="round" stroke-linecap="round"'
        f' d="{"".join(map(_svg_line, layout.lines))}"/></g>'
        f'<g font-family="Helvetica, Arial, sans-serif">{words}</g></svg>'
    )


@lru_cache(maxsize=8)
def _font(size_pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_pixels)


def _pixels(units: float) -> int:
    return round(units * _PIXELS_PER_MM / _MM)


def _ink(image: Image.Image, points: Points) -> None:
    """One line, drawn four times too large as a mask and scaled down, so that its edges are smooth."""
    scale = _PIXELS_PER_MM / _MM
    edge = 3 * _MM
    left, top = (np.floor((points.min(axis=0) - edge) * scale)).astype(int).tolist()
    right, bottom = (np.ceil((points.max(axis=0) + edge) * scale)).astype(int).tolist()
    mask = Image.new("L", ((right - left) * _OVERSAMPLING, (bottom - top) * _OVERSAMPLING))
    fine = (points * scale - (left, top)) * _OVERSAMPLING
    width = round(_TRACE_WIDTH * scale * _OVERSAMPLING)
    ImageDraw.Draw(mask).line([(x, y) for x, y in fine.tolist()], fill=255, width=width, joint="curve")
    image.paste(_INK, (left, top), mask.reduce(_OVERSAMPLING))


def draw_png(strip: DrawnStrip) -> bytes:
    """The same picture as a PNG of 152.4 dpi, six pixels to the millimetre."""
    layout = _layout(strip)
    image = Image.new("RGB", (_pixels(_PAGE_WIDTH), _pixels(layout.height)), _PAPER)
    draw = ImageDraw.Draw(image)
    left, top = _pixels(_GRID_LEFT), _pixels(_GRID_TOP)
    right, bottom = left + _pixels(_GRID_WIDTH), top + _pixels(layout.grid_height)
    for step, colour in ((_PIXELS_PER_MM, _MINOR), (5 * _PIXELS_PER_MM, _MAJOR)):
        for across in range(left, right + 1, step):
            draw.line([(across, top), (across, bottom)], fill=colour)
        for along in range(top, bottom + 1, step):
            draw.line([(left, along), (right, along)], fill=colour)
    for line in layout.lines:
        if len(line):
            _ink(image, line)
    for text in layout.texts:
        anchor = "ls" if text.anchor == "start" else "rs"
        position = (_pixels(text.left), _pixels(text.baseline))
        draw.text(position, text.words, fill=text.colour, font=_font(_pixels(text.size)), anchor=anchor)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", dpi=(_PIXELS_PER_MM * 25.4, _PIXELS_PER_MM * 25.4))
    return buffer.getvalue()
