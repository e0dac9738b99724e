"""UCUM units as people write them, and how much of a measure a chart shows at least."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from adapters.charts.languages import Language
from adapters.charts.typeface import plain


@dataclass(frozen=True)
class Unit:
    """How a measure is told and shown; no axis goes below `floor` or above `ceiling`.

    `least_span` keeps mere noise from filling the picture; `decimals` is how fine a computed value is told, and
    `slope_decimals` how fine its change a week.
    """

    words: str
    least_span: float
    decimals: int = 0
    slope_decimals: int = 1
    floor: float | None = None
    ceiling: float | None = None


_UNITS = {
    "mm[Hg]": Unit("mmHg", 40, floor=0),
    "/min": Unit("/min", 30, floor=0),
    "kg": Unit("kg", 4, 1, 2, floor=0),
    "%": Unit("%", 8, floor=0, ceiling=100),
    "Cel": Unit("°C", 2, 1, 2),
    "{steps}": Unit("{steps}", 4000, slope_decimals=0, floor=0),
    "ms": Unit("ms", 20, floor=0),
    "min": Unit("min", 60, floor=0),
}
_MARGIN = 0.06


def unit_of(ucum: str, language: Language) -> Unit:
    """A unit nobody has listed is shown as it came."""
    unit = _UNITS.get(ucum) or Unit(plain(ucum), 1, 1)
    return replace(unit, words=language.units.get(ucum, unit.words))


def value_range(unit: Unit, values: Sequence[float]) -> tuple[float, float]:
    """The part of the axis that shows all these values with some room around them."""
    low, high = float(np.min(values)), float(np.max(values))
    widen = max(unit.least_span - (high - low), 0) / 2 + _MARGIN * max(unit.least_span, high - low)
    low, high = low - widen, high + widen
    # What a bound takes away on one side is given to the other, so that the span stays.
    if unit.ceiling is not None and high > unit.ceiling:
        low, high = low - (high - unit.ceiling), unit.ceiling
    if unit.floor is not None and low < unit.floor:
        low, high = unit.floor, high + (unit.floor - low)
    return low, high
