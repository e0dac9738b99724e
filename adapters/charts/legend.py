"""Samples of what is drawn, with its words, in as many rows as the width asks for."""

from collections.abc import Callable, Iterator

from adapters.charts import plot
from adapters.charts.axes import in_words
from adapters.charts.drawn import DrawnTrend
from adapters.charts.languages import Language
from adapters.charts.palette import INK, SERIES_LINES
from adapters.charts.shapes import Shape, Stroke, Words, points
from adapters.charts.typeface import plain, shortened, width_of
from adapters.charts.units import unit_of

_SIZE = 13.0
_ROW = 18.0
_SAMPLE, _SPACE, _BETWEEN = 22.0, 6.0, 14.0
Sample = Callable[[float, float], list[Shape]]


def _bounds(low: float | None, high: float | None, language: Language, decimals: int | None = None) -> str:
    if low is not None and high is not None:
        return f"{in_words(low, language, decimals)}–{in_words(high, language, decimals)}"
    if high is not None:
        return language.up_to.format(high=in_words(high, language, decimals))
    return language.at_least.format(low=in_words(low, language, decimals)) if low is not None else ""


def _series(at: int) -> Sample:
    def sample(left: float, middle: float) -> list[Shape]:
        line = Stroke(points([(left, middle), (left + _SAMPLE, middle)]), SERIES_LINES[at], 1.5)
        return [line, plot.marks(at, [(left + _SAMPLE / 2, middle)], 4.0)]

    return sample


def _personal(left: float, middle: float) -> list[Shape]:
    return plot.band(left, middle - 6, left + _SAMPLE, middle + 6)


def _limit(left: float, middle: float) -> list[Shape]:
    return [plot.limit_line(left, left + _SAMPLE, middle)]


def _line(left: float, middle: float) -> list[Shape]:
    return [Stroke(points([(left, middle), (left + _SAMPLE, middle)]), INK, plot.LINE_WIDTH)]


def _gap(left: float, middle: float) -> list[Shape]:
    return plot.hatch(left, middle - 6, left + _SAMPLE, middle + 6)


def _medians(left: float, middle: float) -> list[Shape]:
    return [Stroke(points([(left, middle), (left + _SAMPLE, middle)]), SERIES_LINES[0], 1.25)]


def _entries(trend: DrawnTrend, found: plot.Found) -> Iterator[tuple[Sample, str]]:
    if len(trend.series) > 1:
        yield from ((_series(at), plain(series.name)) for at, series in enumerate(trend.series))
    language = trend.language
    decimals = unit_of(trend.unit, language).decimals
    personal = [_bounds(series.personal_low, series.personal_high, language, decimals) for series in trend.series]
    if any(personal):
        yield _personal, f"{language.personal_range} {' / '.join(filter(None, personal))}"
    limits = [_bounds(series.limit_low, series.limit_high, language) for series in trend.series]
    if any(limits):
        yield _limit, f"{language.limits} {' / '.join(filter(None, limits))}"
    if any(series.line for series in trend.series):
        yield _line, language.trend_line
    if found.gaps and found.count:
        yield _gap, language.gap
    if found.median_hours:
        yield _medians, language.medians.format(span=language.time_span(found.median_hours))


def legend(trend: DrawnTrend, found: plot.Found, left: float, top: float, width: float) -> tuple[list[Shape], int]:
    """The shapes, and how many rows they take."""
    shapes: list[Shape] = []
    across, row = 0.0, 0
    entries = list(_entries(trend, found))
    for sample, text in entries:
        words = shortened(text, _SIZE, width - _SAMPLE - _SPACE)
        needed = _SAMPLE + _SPACE + width_of(words, _SIZE)
        if across and across + needed > width:
            across, row = 0.0, row + 1
        baseline = top + row * _ROW + 13
        shapes += sample(left + across, baseline - 4.5)
        shapes.append(Words(left + across + _SAMPLE + _SPACE, baseline, _SIZE, words, colour=INK))
        across += needed + _BETWEEN
    return shapes, row + 1 if entries else 0
