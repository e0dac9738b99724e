"""The plot itself: bands and gaps behind, grid, limits, lines, then the readings on top of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike

from adapters.charts.axes import Tick, day_ticks, in_words, spread, value_ticks
from adapters.charts.drawn import DrawnEvent, DrawnLine, DrawnTrend
from adapters.charts.palette import (
    FRAME,
    GREY,
    GRID,
    HATCH,
    INK,
    PAPER,
    PERSONAL,
    PERSONAL_EDGE,
    SERIES,
    SERIES_LINES,
)
from adapters.charts.readings import Floats, Gap, medians, thinned, unbroken
from adapters.charts.shapes import Area, Marks, Points, Shape, Stroke, Words, points
from adapters.charts.typeface import width_of, wrapped
from adapters.charts.units import unit_of, value_range

LINE_WIDTH = 2.0
_LABEL = 12.0
_SMALL = 11.0
_EMPTY = 16.0
_TAG_RADIUS, _TAG_ROOM = 7.0, 15.0
_HEAD = 20.0  # room for the unit and the numbers of changes
_TICK_HEIGHT = 32.0
_MARK_RADIUS = 2.75
_COLUMN = 0.5  # one pixel of the PNG
_HATCH_STEP = 7.0
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Found:
    """What of the data lies in the window: readings by series, gaps of all, events by time.

    Where there are too many readings for a mark each, `median_hours` is how many hours share one; otherwise nought.
    """

    readings: Sequence[tuple[Floats, Floats]]
    gaps: Sequence[Gap]
    events: Sequence[DrawnEvent]
    median_hours: int

    @property
    def count(self) -> int:
        """A pressure is one reading with two numbers."""
        return max(len(times) for times, _ in self.readings)


@dataclass(frozen=True)
class Frame:
    """The rectangle of the plot, and what its edges stand for."""

    left: float
    top: float
    right: float
    bottom: float
    start: float
    end: float
    low: float
    high: float
    ticks: Sequence[Tick]

    def across(self, seconds: ArrayLike) -> Floats:
        share = (np.asarray(seconds, dtype=np.float64) - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)

    def up(self, values: ArrayLike) -> Floats:
        share = (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def places(self, seconds: Floats, values: Floats) -> Points:
        return points(np.column_stack([self.across(seconds), self.up(values)]))


def _limits(trend: DrawnTrend) -> list[float]:
    limits = (limit for series in trend.series for limit in (series.limit_low, series.limit_high))
    return sorted((limit for limit in limits if limit is not None), reverse=True)


def _shown(trend: DrawnTrend, found: Found) -> list[float]:
    """Every value that must be within the axis."""
    shown = _limits(trend)
    for series, (_, values) in zip(trend.series, found.readings, strict=True):
        shown += [bound for bound in (series.personal_low, series.personal_high) if bound is not None]
        if series.line:
            shown += [*series.line.low.tolist(), *series.line.high.tolist()]
        if len(values):
            shown += [values.min(), values.max()]
    return shown


def frame(trend: DrawnTrend, found: Found, right: float, top: float, height: float) -> Frame:
    """A plot of that height below `top`, with room for the words on its left, right and upper side."""
    shown = _shown(trend, found)
    low, high = value_range(unit_of(trend.unit, trend.language), shown) if shown else (0.0, 1.0)
    ticks = value_ticks(low, high, max(2, int(height / _TICK_HEIGHT)), trend.language) if shown else []
    left = 10 + max((width_of(tick.words, _LABEL) for tick in ticks), default=0.0) + 6
    limits = [width_of(in_words(limit, trend.language), _LABEL) for limit in _limits(trend)]
    right -= max(limits) + 4 if limits else 0
    top += _HEAD
    return Frame(left, top, right, top + height, trend.from_seconds, trend.to_seconds, low, high, ticks)


def band(left: float, top: float, right: float, bottom: float) -> list[Shape]:
    """The personal range: a tint, and edges that a grey printer shows, too."""
    edges = [Stroke(points([(left, at), (right, at)]), PERSONAL_EDGE, 0.75) for at in (top, bottom)]
    return [Area(points([(left, top), (right, top), (right, bottom), (left, bottom)]), PERSONAL), *edges]


def hatch(left: float, top: float, right: float, bottom: float) -> list[Shape]:
    """Slanting lines in that rectangle."""
    strokes: list[Shape] = []
    height = bottom - top
    for foot in np.arange(left - height + _HATCH_STEP, right, _HATCH_STEP).tolist():
        near, far = max(foot, left), min(foot + height, right)
        strokes.append(Stroke(points([(near, bottom - (near - foot)), (far, bottom - (far - foot))]), HATCH, 0.75))
    return strokes


def marks(at: int, centres: ArrayLike, radius: float) -> Marks:
    """The first series has full discs, the second hollow squares."""
    if at == 0:
        return Marks(points(centres), "circle", radius, SERIES[0], PAPER, 0.5)
    return Marks(points(centres), "square", radius * 0.85, PAPER, SERIES[1], 1.25)


def limit_line(left: float, right: float, at: float) -> Stroke:
    return Stroke(points([(left, at), (right, at)]), INK, 1.25, (6, 3))


def tag(across: float, middle: float, number: int) -> list[Shape]:
    """A number in a dark disc, as it stands over the plot and before the words of the change."""
    disc = Marks(points([(across, middle)]), "circle", _TAG_RADIUS, INK, INK, 0)
    return [disc, Words(across, middle + 3.8, _SMALL, str(number), "middle", PAPER, bold=True)]


def _gaps(found: Found, frame: Frame) -> list[Shape]:
    shapes: list[Shape] = []
    for start, end in found.gaps if found.count else ():
        left, right = frame.across([start, end]).tolist()
        shapes += hatch(left, frame.top, right, frame.bottom)
    return shapes


def _on_paper(middle: float, baseline: float, size: float, words: str, *, bold: bool = False) -> list[Shape]:
    """Words in the middle of a sheet of their own, which keeps what lies behind from crossing them."""
    half = width_of(words, size, bold=bold) / 2 + 3
    top, bottom = baseline - size * 1.1, baseline + size * 0.35
    sheet = [(middle - half, top), (middle - half, bottom), (middle + half, bottom), (middle + half, top)]
    return [Area(points(sheet), PAPER), Words(middle, baseline, size, words, "middle", INK, bold=bold)]


def _gap_words(trend: DrawnTrend, found: Found, frame: Frame) -> list[Shape]:
    """How long each gap is, as far down as no line is in the way."""
    shapes: list[Shape] = []
    for start, end in found.gaps if found.count else ():
        left, right = frame.across([start, end]).tolist()
        words = trend.language.time_span(24 * round((end - start) / _SECONDS_PER_DAY))
        if width_of(words, _SMALL) + 6 > right - left:
            continue
        crossing = _limits(trend)
        for series in trend.series:
            if series.line:
                edges = (series.line.low, series.line.values, series.line.high)
                crossing += [float(np.interp((start + end) / 2, series.line.times_seconds, edge)) for edge in edges]
        lines = frame.up(crossing)
        lowest = frame.bottom - 10
        free = (up for up in np.arange(lowest, frame.top + _SMALL, -4) if not (abs(lines - up + 4) < _SMALL).any())
        shapes += _on_paper((left + right) / 2, float(next(free, lowest)), _SMALL, words)
    return shapes


def _grid(trend: DrawnTrend, frame: Frame, zone: ZoneInfo) -> list[Shape]:
    shapes: list[Shape] = []
    for tick, up in zip(frame.ticks, frame.up([tick.at for tick in frame.ticks]).tolist(), strict=True):
        shapes.append(Stroke(points([(frame.left, up), (frame.right, up)]), GRID, 0.75))
        shapes.append(Words(frame.left - 6, up + 4.2, _LABEL, tick.words, "end", GREY))
    if frame.ticks:
        shapes.append(Words(10, frame.top - 10, _LABEL, unit_of(trend.unit, trend.language).words, colour=GREY))
    room = max(width_of(trend.language.day.format(day=30, month=month), _LABEL) for month in trend.language.months) + 8
    days = day_ticks(frame.start, frame.end, zone, int((frame.right - frame.left) / room), trend.language)
    for day in days:
        across = float(frame.across(day.at))
        half = width_of(day.words, _LABEL) / 2
        is_inside = half <= across <= frame.right + 10 - half
        shapes.append(Stroke(points([(across, frame.bottom), (across, frame.bottom + 4)]), FRAME, 1))
        if is_inside:
            shapes.append(Words(across, frame.bottom + 17, _LABEL, day.words, "middle", GREY))
    shapes.append(Stroke(points([(frame.left, frame.bottom), (frame.right, frame.bottom)]), FRAME, 1))
    return shapes


def _limit_lines(trend: DrawnTrend, frame: Frame) -> list[Shape]:
    limits = _limits(trend)
    places = frame.up(limits).tolist()
    labels = spread(places, 13, frame.top, frame.bottom)
    shapes: list[Shape] = [limit_line(frame.left, frame.right, up) for up in places]
    shapes += [
        Words(frame.right + 4, up + 4.2, _LABEL, in_words(limit, trend.language), colour=INK)
        for limit, up in zip(limits, labels, strict=True)
    ]
    return shapes


def _events(trend: DrawnTrend, found: Found, frame: Frame) -> list[Shape]:
    places = frame.across([event.at_seconds for event in found.events]).tolist()
    # The unit stands in the same row.
    first = 10 + width_of(unit_of(trend.unit, trend.language).words, _LABEL) + _TAG_RADIUS + 4
    tags = spread(places, _TAG_ROOM, max(frame.left, first), frame.right)
    middle = frame.top - _TAG_RADIUS - 2
    shapes: list[Shape] = [
        Stroke(points([(across, frame.bottom), (across, frame.top), (over, middle)]), GREY, 0.75)
        for across, over in zip(places, tags, strict=True)
    ]
    for at, across in enumerate(tags):
        shapes += tag(across, middle, at + 1)
    return shapes


def _fitted(line: DrawnLine, frame: Frame) -> list[Shape]:
    edges: list[Shape] = [
        Stroke(frame.places(line.times_seconds, edge), INK, 1, (1.5, 2.5)) for edge in (line.low, line.high)
    ]
    middle = frame.places(line.times_seconds, line.values)
    return [*edges, Stroke(middle, PAPER, LINE_WIDTH + 2), Stroke(middle, INK, LINE_WIDTH)]


def _lines(at: int, times: Floats, values: Floats, frame: Frame, most_seconds: float) -> list[Shape]:
    """Readings joined where there is no gap, with every extreme; few points are left, however many there were."""
    columns = np.floor((frame.across(times) - frame.left) / _COLUMN).astype(np.int64)
    shapes: list[Shape] = []
    for run in unbroken(times, most_seconds):
        kept = run.start + thinned(columns[run], values[run])
        line = frame.places(times[kept], values[kept])
        # A lone reading among many has no mark of its own.
        line = line if len(line) > 1 else np.vstack([line, line + np.array([_COLUMN, 0])])
        shapes.append(Stroke(line, SERIES_LINES[at], 1.25))
    return shapes


def _medians(at: int, times: Floats, values: Floats, frame: Frame, seconds: float, most_seconds: float) -> list[Shape]:
    middles, levels = medians(times, values, frame.start, frame.end, seconds)
    runs = unbroken(middles, max(most_seconds, 1.5 * seconds))
    middles = np.minimum(middles, frame.end)
    lines: list[Shape] = [Stroke(frame.places(middles[run], levels[run]), SERIES[at], 1.5) for run in runs]
    return [*lines, marks(at, frame.places(middles, levels), _MARK_RADIUS)]


def _empty(trend: DrawnTrend, frame: Frame) -> list[Shape]:
    """Said in words, where otherwise readings would be."""
    lines = wrapped(trend.language.empty, _EMPTY, frame.right - frame.left - 16, 2, bold=True)
    middle = (frame.left + frame.right) / 2
    baseline = (frame.top + frame.bottom) / 2 - (len(lines) - 1) * _EMPTY * 0.75
    return [
        shape
        for at, line in enumerate(lines)
        for shape in _on_paper(middle, baseline + at * _EMPTY * 1.5, _EMPTY, line, bold=True)
    ]


def draw(trend: DrawnTrend, found: Found, frame: Frame, zone: ZoneInfo) -> list[Shape]:
    """All of the plot, from the back to the front."""
    shapes: list[Shape] = []
    for series in trend.series:
        if series.personal_low is not None and series.personal_high is not None:
            bottom, top = frame.up([series.personal_low, series.personal_high]).tolist()
            shapes += band(frame.left, top, frame.right, bottom)
    # Where two overlap, neither hides an edge of the other.
    shapes.sort(key=lambda shape: isinstance(shape, Stroke))
    shapes += [*_gaps(found, frame), *_grid(trend, frame, zone)]
    most_seconds = trend.gap_days * _SECONDS_PER_DAY
    for at, (times, values) in enumerate(found.readings):
        shapes += _lines(at, times, values, frame, most_seconds)
    shapes += [*_limit_lines(trend, frame), *_events(trend, found, frame)]
    for series in trend.series:
        if series.line and found.count:
            shapes += _fitted(series.line, frame)
    shapes += _gap_words(trend, found, frame)
    for at, (times, values) in enumerate(found.readings):
        if found.median_hours and len(times):
            shapes += _medians(at, times, values, frame, found.median_hours * 3600.0, most_seconds)
        elif len(times):
            shapes.append(marks(at, frame.places(times, values), _MARK_RADIUS))
    return shapes if found.count else shapes + _empty(trend, frame)
