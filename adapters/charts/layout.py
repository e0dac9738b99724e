"""The trend chart as shapes: title, legend, plot and the list of changes, below each other."""

import math
from zoneinfo import ZoneInfo

import numpy as np

from adapters.charts import plot
from adapters.charts.axes import in_words
from adapters.charts.drawn import DrawnTrend
from adapters.charts.legend import legend
from adapters.charts.palette import GREY, INK
from adapters.charts.readings import find_gaps, in_window
from adapters.charts.shapes import Picture, Shape, Words
from adapters.charts.typeface import plain, shortened, width_of, wrapped
from adapters.charts.units import unit_of

MARGIN = 10.0
_TITLE, _BODY, _SMALL = 18.0, 13.0, 11.0
_ROW = 18.0
_MOST_EVENTS, _MOST_NOTES = 9, 3
_MOST_MARKS_PER_UNIT, _MEDIAN_WIDTH = 0.7, 10.0
_SECONDS_PER_DAY = 86_400.0


def _window_words(trend: DrawnTrend, zone: ZoneInfo) -> str:
    """`24 Aug to 22 Nov 2026`; a window that ends at midnight ends with the day before."""
    first = trend.language.date(trend.from_seconds, zone, year=True)
    last = trend.language.date(trend.to_seconds - 1, zone, year=True)
    if first == last:
        return first
    return trend.language.window.format(first=first.removesuffix(last[-5:]), last=last)


def _described(trend: DrawnTrend, found: plot.Found, zone: ZoneInfo) -> str:
    """The chart for those who cannot see it."""
    language, unit = trend.language, unit_of(trend.unit, trend.language).words
    sentences = [f"{_window_words(trend, zone)}: {language.count(found.count)}."]
    for series, (times, values) in zip(trend.series, found.readings, strict=True):
        if len(values):
            low, high, last = (in_words(value, language) for value in (values.min(), values.max(), values[-1]))
            day = language.date(times[-1], zone)
            sentences.append(
                language.told_series.format(name=plain(series.name), low=low, high=high, last=last, unit=unit, day=day)
            )
    for start, end in found.gaps if found.count else ():
        first, last = language.date(start, zone), language.date(end, zone)
        sentences.append(language.told_gap.format(first=first, last=last))
    sentences += [f"{language.date(event.at_seconds, zone)}: {plain(event.label)}." for event in found.events]
    return " ".join([*sentences, *map(plain, trend.notes)])


def _find(trend: DrawnTrend, width: float) -> plot.Found:
    start, end = trend.from_seconds, trend.to_seconds
    readings = [in_window(series.times_seconds, series.values, start, end) for series in trend.series]
    gaps = find_gaps([times for times, _ in readings], start, end, trend.gap_days * _SECONDS_PER_DAY)
    events = sorted(
        (event for event in trend.events if start <= event.at_seconds <= end), key=lambda event: event.at_seconds
    )
    median_hours = 0
    if max(len(times) for times, _ in readings) > width * _MOST_MARKS_PER_UNIT:
        median_hours = math.ceil((end - start) / 3600 * _MEDIAN_WIDTH / width)
        median_hours = median_hours if median_hours <= 12 else 24 * math.ceil(median_hours / 24)  # noqa: PLR2004
    return plot.Found(readings, gaps, events[-_MOST_EVENTS:], median_hours)


def _event_rows(
    trend: DrawnTrend, found: plot.Found, zone: ZoneInfo, width: float, top: float
) -> tuple[list[Shape], float]:
    """Number, day and label of each change, and where they end."""
    shapes: list[Shape] = []
    dates = [trend.language.date(event.at_seconds, zone) for event in found.events]
    indent = MARGIN + 20
    labels = indent + max((width_of(words, _BODY) for words in dates), default=0) + 8
    baseline = top + 14
    for at, (event, words) in enumerate(zip(found.events, dates, strict=True)):
        shapes += plot.tag(MARGIN + 7, baseline - 4.5, at + 1)
        shapes.append(Words(indent, baseline, _BODY, words, colour=GREY))
        for line in wrapped(event.label, _BODY, width - MARGIN - labels, 2) or [""]:
            shapes.append(Words(labels, baseline, _BODY, line, colour=INK))
            baseline += _ROW
    return shapes, baseline - 14


def trend_picture(trend: DrawnTrend, width: float, plot_height: float) -> Picture:
    """The whole chart; its height follows from its words.

    Raises:
        ValueError: times and values of a series differ in length.
    """
    zone = ZoneInfo(trend.time_zone)
    inner = width - 2 * MARGIN
    found = _find(trend, inner)
    title = shortened(trend.title, _TITLE, inner, bold=True)
    subtitle = f"{_window_words(trend, zone)} · {trend.language.count(found.count)}"
    shapes: list[Shape] = [
        Words(MARGIN, 25, _TITLE, title, colour=INK, bold=True),
        Words(MARGIN, 44, _BODY, shortened(subtitle, _BODY, inner), colour=GREY),
    ]
    top = 52.0
    entries, rows = legend(trend, found, MARGIN, top, inner)
    shapes += entries
    frame = plot.frame(trend, found, width - MARGIN, top + rows * _ROW + 4, plot_height)
    shapes += plot.draw(trend, found, frame, zone)
    changes, top = _event_rows(trend, found, zone, width, frame.bottom + 26)
    shapes += changes
    for line in (line for note in trend.notes[:_MOST_NOTES] for line in wrapped(note, _BODY, inner, 2)):
        shapes.append(Words(MARGIN, top + 14, _BODY, line, colour=INK))
        top += _ROW
    shapes.append(Words(width - MARGIN, top + 14, _SMALL, trend.language.not_a_diagnosis, "end", GREY))
    described = _described(trend, found, zone)
    return Picture(width, float(np.ceil(top + 22)), title, described, shapes, trend.language.code)
