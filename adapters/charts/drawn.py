"""What a trend chart shows: numbers and words, and nobody's name."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from adapters.charts.languages import ENGLISH, Language

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DrawnLine:
    """A fitted line and the edges of its interval, each through the same times (at least two, rising)."""

    times_seconds: Floats
    values: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class DrawnSeries:
    """One measure: times in seconds since 1970 in any order, values in the chart's unit; what is absent is not drawn.

    `personal_low` and `personal_high` are the patient's own expected range, the limits are those a clinician has set; a
    limit may be of one side.
    """

    name: str
    times_seconds: Floats
    values: Floats
    personal_low: float | None = None
    personal_high: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    line: DrawnLine | None = None


@dataclass(frozen=True)
class DrawnEvent:
    """Something that may have changed the readings, such as `Ramipril 5 mg to 10 mg`."""

    at_seconds: float
    label: str


@dataclass(frozen=True)
class DrawnTrend:
    """One chart of one or two series of the same unit (UCUM); times in seconds since 1970, days of the patient's zone.

    The texts are plain, any markup in them is shown as text. A time without any reading that is longer than
    `gap_days` is hatched, and no line crosses it.
    """

    title: str
    unit: str
    series: Sequence[DrawnSeries]
    from_seconds: float
    to_seconds: float
    time_zone: str
    events: Sequence[DrawnEvent] = field(default=())
    notes: Sequence[str] = field(default=())
    language: Language = ENGLISH
    gap_days: float = 4

    def __post_init__(self) -> None:
        """Refuse what is no chart."""
        if not self.from_seconds < self.to_seconds:
            raise ValueError("A chart needs a window that ends after it begins.")
        if not 1 <= len(self.series) <= 2:  # noqa: PLR2004 - a third would have neither mark nor colour
            raise ValueError("A chart has one or two series.")
