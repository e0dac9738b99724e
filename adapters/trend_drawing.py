"""A trend chart as a patient and a cardiologist read it: readings, usual range, limits, changes, gaps; SVG and PNG.

Both pictures come from one layout of plain shapes, so they cannot differ. The standard width is that of a phone, where
a unit is a CSS pixel; a page takes a wider one.
"""

from adapters.charts.drawn import DrawnEvent, DrawnLine, DrawnSeries, DrawnTrend
from adapters.charts.layout import trend_picture
from adapters.charts.png import png
from adapters.charts.shapes import Picture
from adapters.charts.svg import svg

__all__ = ["DrawnEvent", "DrawnLine", "DrawnSeries", "DrawnTrend", "draw_png", "draw_svg"]

PHONE_WIDTH = 360.0
PHONE_PLOT_HEIGHT = 210.0


def _picture(trend: DrawnTrend, width: float) -> Picture:
    # A wider chart grows in height, too, but not as much: it shows longer times, not larger numbers.
    return trend_picture(trend, width, PHONE_PLOT_HEIGHT * (width / PHONE_WIDTH) ** 0.5)


def draw_svg(trend: DrawnTrend, width: float = PHONE_WIDTH) -> str:
    """The chart as one self-contained SVG document."""
    return svg(_picture(trend, width))


def draw_png(trend: DrawnTrend, width: float = PHONE_WIDTH) -> bytes:
    """The same chart as a PNG of two pixels to the unit."""
    return png(_picture(trend, width))
