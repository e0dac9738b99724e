"""Where the ticks go: round numbers upward, the patient's own midnights along."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.charts.languages import Language

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_A_MONDAY = date(2024, 1, 1).toordinal()


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the axis' own unit, and what stands there."""

    at: float
    words: str


def _decimals(value: float) -> int:
    return next((places for places in (0, 1) if math.isclose(value, round(value, places), abs_tol=1e-9)), 2)


def in_words(value: float, language: Language, decimals: int | None = None) -> str:
    """A number for people; with as many decimals as it needs, two at most, unless they are given."""
    return language.number(value, _decimals(value) if decimals is None else decimals)


def round_step(span: float, most_ticks: int) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that needs no more ticks than that."""
    power = 10.0 ** math.floor(math.log10(span / most_ticks))
    return next(step * power for step in _STEPS if step * power * most_ticks >= span * (1 - 1e-9))


def value_ticks(low: float, high: float, most_ticks: int, language: Language) -> list[Tick]:
    """Multiples of a round step from `low` to `high`."""
    step = round_step(high - low, most_ticks)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(step * count, in_words(step * count, language, _decimals(step))) for count in range(first, last + 1)]


def _every_days(days: int) -> Callable[[date], bool]:
    """Counted from a Monday, so that whole weeks begin on one."""
    return lambda day: (day.toordinal() - _A_MONDAY) % days == 0


def _every_months(months: int) -> Callable[[date], bool]:
    return lambda day: day.day == 1 and (day.month - 1) % months == 0


_CALENDARS = (
    *((days, _every_days(days), "day") for days in (1, 2, 7, 14)),
    *((30 * months, _every_months(months), "month") for months in (1, 2, 3, 6, 12)),
)


def _midnights(start: float, end: float, zone: ZoneInfo) -> Iterator[tuple[date, float]]:
    """Each day that begins in the window; the clock's midnight, whatever the day's length in hours."""
    day = datetime.fromtimestamp(start, UTC).astimezone(zone).date()
    while True:
        at = datetime.combine(day, time(), zone).timestamp()
        if at > end:
            return
        if at >= start:
            yield day, at
        day += timedelta(days=1)


def day_ticks(start: float, end: float, zone: ZoneInfo, most_ticks: int, language: Language) -> list[Tick]:
    """As many days, Mondays or firsts of a month as there is room for, at their midnights."""
    days = (end - start) / 86_400
    fitting = (calendar for calendar in _CALENDARS if days / calendar[0] <= most_ticks)
    _, is_marked, kind = next(fitting, _CALENDARS[-1])
    return [
        Tick(at, language.months[day.month - 1] if kind == "month" else language.date(at, zone))
        for day, at in _midnights(start, end, zone)
        if is_marked(day)
    ]


def spread(places: list[float], room: float, low: float, high: float) -> list[float]:
    """Places in rising order moved apart until each has its room, none outside where all can fit."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + room if moved else low))
    limit = high
    for at in range(len(moved) - 1, -1, -1):
        moved[at] = min(moved[at], limit)
        limit = moved[at] - room
    return moved
