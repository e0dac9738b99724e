"""A strip on ECG paper as SVG, for screens and print at true scale, and as PNG."""

import io
from functools import lru_cache
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

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
    PAPER,
    TRACE_WIDTH,
    DrawnStrip,
    Points,
    layout_of,
    plain,
)

__all__ = ["DrawnStrip", "draw_png", "draw_svg"]

# 152.4 dpi: a millimetre is exactly six pixels, so that every square of the grid is equally large.
_PIXELS_PER_MM = 6
_OVERSAMPLING = 4


def _svg_grid(step: int, colour: str, width: int, grid_height: int) -> str:
    """Plain lines: nested patterns blur in some renderers."""
    bottom, right = GRID_TOP + grid_height, GRID_LEFT + GRID_WIDTH
    upright = "".join(f"M{left} {GRID_TOP}V{bottom}" for left in range(GRID_LEFT, right + 1, step))
    level = "".join(f"M{GRID_LEFT} {top}H{right}" for top in range(GRID_TOP, bottom + 1, step))
    return f'<path stroke="{colour}" stroke-width="{width}" d="{upright}{level}"/>'


def _svg_line(points: Points) -> str:
    if not len(points):
        return ""
    steps = " ".join(map(str, np.diff(points, axis=0).ravel().tolist()))
    return f"M{points[0, 0]} {points[0, 1]}" + (f"l{steps}" if steps else "l0 0")


def draw_svg(strip: DrawnStrip) -> str:
    """The strip as one self-contained SVG document, sized in millimetres for printing at true scale."""
    layout = layout_of(strip)
    words = "".join(
        f'<text x="{text.left}" y="{text.baseline}" font-size="{text.size}" text-anchor="{text.anchor}"'
        f' fill="{text.colour}" xml:space="preserve">{escape(text.words)}</text>'
        for text in layout.texts
    )
    title = escape(f"ECG, lead {plain(strip.lead)}, {plain(strip.recorded_at_text)}. {plain(strip.rate_text)}.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PAGE_WIDTH / MM:g}mm" height="{layout.height / MM:g}mm"'
        f' viewBox="0 0 {PAGE_WIDTH} {layout.height}" role="img"><title>{title}</title>'
        f'<rect width="{PAGE_WIDTH}" height="{layout.height}" fill="{PAPER}"/>'
        f'<g fill="none">{_svg_grid(MM, MINOR, MINOR_WIDTH, layout.grid_height)}'
        f"{_svg_grid(BIG_SQUARE, MAJOR, MAJOR_WIDTH, layout.grid_height)}"
        f'<path stroke="{INK}" stroke-width="{TRACE_WIDTH}" stroke-linejoin="round" stroke-linecap="round"'
        f' d="{"".join(map(_svg_line, layout.lines))}"/></g>'
        f'<g font-family="Helvetica, Arial, sans-serif">{words}</g></svg>'
    )


@lru_cache(maxsize=8)
def _font(size_pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_pixels)


def _pixels(units: float) -> int:
    return round(units * _PIXELS_PER_MM / MM)


def _ink(image: Image.Image, points: Points) -> None:
    """One line, drawn four times too large as a mask and scaled down, so that its edges are smooth."""
    scale = _PIXELS_PER_MM / MM
    edge = 3 * MM
    left, top = (np.floor((points.min(axis=0) - edge) * scale)).astype(int).tolist()
    right, bottom = (np.ceil((points.max(axis=0) + edge) * scale)).astype(int).tolist()
    mask = Image.new("L", ((right - left) * _OVERSAMPLING, (bottom - top) * _OVERSAMPLING))
    fine = (points * scale - (left, top)) * _OVERSAMPLING
    width = round(TRACE_WIDTH * scale * _OVERSAMPLING)
    ImageDraw.Draw(mask).line([(x, y) for x, y in fine.tolist()], fill=255, width=width, joint="curve")
    image.paste(INK, (left, top), mask.reduce(_OVERSAMPLING))


def draw_png(strip: DrawnStrip) -> bytes:
    """The same picture as a PNG of 152.4 dpi, six pixels to the millimetre."""
    layout = layout_of(strip)
    image = Image.new("RGB", (_pixels(PAGE_WIDTH), _pixels(layout.height)), PAPER)
    draw = ImageDraw.Draw(image)
    left, top = _pixels(GRID_LEFT), _pixels(GRID_TOP)
    right, bottom = left + _pixels(GRID_WIDTH), top + _pixels(layout.grid_height)
    for step, colour in ((_PIXELS_PER_MM, MINOR), (5 * _PIXELS_PER_MM, MAJOR)):
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
