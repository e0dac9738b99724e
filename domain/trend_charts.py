"""What a trend chart shows, as plain numbers for whoever draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import trends
from domain.kinds import Measure
from domain.ports import ObjectStore
from domain.rules.codes import MEASURE_CODES
from domain.unit_of_work import UnitOfWork

CHARTS = "charts/"
LINK_LIFETIME = timedelta(minutes=5)
KEPT = timedelta(hours=1)
MOST_SWEPT = 1000


@dataclass(frozen=True)
class ChartSeries:
    """One measure: times in seconds since 1970, values, and the range in which the next reading is expected."""

    name: str
    seconds: Sequence[float]
    numbers: Sequence[float]
    expected: tuple[float, float] | None


@dataclass(frozen=True)
class TrendChart:
    """One or two series of one unit (UCUM) over a window, for the days of one time zone; nobody's name."""

    title: str
    unit: str
    since: datetime
    until: datetime
    time_zone: str
    series: Sequence[ChartSeries]


async def trend_chart(work: UnitOfWork, patient_id: UUID, measure: Measure, days: int) -> TrendChart:
    """The chart of a patient who is visible to the caller; both pressures are drawn together.

    Raises:
        BadInput: `days` is out of range, or a trend is not made of this measure.
    """
    is_pressure = measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    measures = (Measure.SYSTOLIC, Measure.DIASTOLIC) if is_pressure else (measure,)
    found = [await trends.trend(work, patient_id, one, days) for one in measures]
    series = [
        ChartSeries(
            MEASURE_CODES[one.measure].display,
            one.seconds,
            one.numbers,
            (one.fit.expected_low, one.fit.expected_high) if one.fit else None,
        )
        for one in found
    ]
    zone = await work.connection.fetchval("SELECT time_zone FROM patient WHERE id = $1", patient_id)
    title = "Blood pressure" if is_pressure else series[0].name
    return TrendChart(title, found[0].unit, found[0].since, found[0].until, str(zone), series)


async def sweep(store: ObjectStore, at: datetime) -> int:
    """Delete pictures whose links have ended; how many there were."""
    keys = await store.written_before(CHARTS, at - KEPT, MOST_SWEPT)
    for key in keys:
        await store.delete(key)
    return len(keys)
