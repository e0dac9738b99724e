"""What a trend chart shows, as plain numbers for whoever draws it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain import trends, vital_events, vital_limits
from domain.errors import BadInput
from domain.kinds import Measure
from domain.ports import ObjectStore
from domain.trends import Trend
from domain.unit_of_work import UnitOfWork

CHARTS = "charts/"
LINK_LIFETIME = timedelta(minutes=5)
KEPT = timedelta(hours=1)
MOST_SWEPT = 1000
PRESSURES = (Measure.SYSTOLIC, Measure.DIASTOLIC)
# A phone's width, and the least and most that still make a chart; in CSS pixels.
WIDTH = 360
LEAST_WIDTH = 320
MOST_WIDTH = 1200


class PictureFormat(StrEnum):
    """As what a chart is drawn."""

    SVG = "SVG"
    PNG = "PNG"


@dataclass(frozen=True)
class ChartSeries:
    """One measure with its trend, and the limits that a clinician has set for this patient, if any."""

    trend: Trend
    limit_low: float | None
    limit_high: float | None


@dataclass(frozen=True)
class TrendChart:
    """One or two series of one unit over a window, for the days and the language of one patient; nobody's name.

    `marks` are moments (seconds since 1970) with what then changed that may account for changes of the readings.
    """

    time_zone: str
    locale: str
    series: Sequence[ChartSeries]
    marks: Sequence[tuple[float, str]] = ()


def check_width(width: int | None) -> int:
    """The width itself, or a phone's.

    Raises:
        BadInput: it is no width that a chart can have.
    """
    if width is not None and not LEAST_WIDTH <= width <= MOST_WIDTH:
        raise BadInput(f"width: ask for {LEAST_WIDTH} to {MOST_WIDTH}.")
    return width or WIDTH


async def measured(work: UnitOfWork, patient_id: UUID, measures: Sequence[Measure], days: int) -> Sequence[TrendChart]:
    """A chart of each of these measures of a patient who is visible to the caller, as yet without the fits.

    Both pressures are drawn together, whichever is asked for.

    Raises:
        BadInput: `days` is out of range, or a trend is not made of such a measure.
    """
    groups = [PRESSURES if measure in PRESSURES else (measure,) for measure in measures]
    found = [[await trends.measured(work, patient_id, measure, days) for measure in group] for group in groups]
    limits = {row["measure"]: row for row in await vital_limits.limits_of(work.connection, [patient_id])}
    work.audit("vitalLimits", patient_id=patient_id)
    patient = await work.connection.fetchrow("SELECT time_zone, locale FROM patient WHERE id = $1", patient_id)
    assert patient is not None
    marks = await vital_events.marks(work, patient_id, work.at - timedelta(days=days))
    none = {"low": None, "high": None}
    return [
        TrendChart(
            patient["time_zone"],
            patient["locale"],
            [
                ChartSeries(trend, held["low"], held["high"])
                for trend in group
                for held in (limits.get(trend.measure, none),)
            ],
            marks,
        )
        for group in found
    ]


async def fitted(chart: TrendChart) -> TrendChart:
    """The same with the fits of its trends."""
    return replace(chart, series=[replace(one, trend=await trends.fitted(one.trend)) for one in chart.series])


async def trend_chart(work: UnitOfWork, patient_id: UUID, measure: Measure, days: int) -> TrendChart:
    """The chart of a patient who is visible to the caller; no connection waits for the fits, nor for the drawing.

    Raises:
        BadInput: `days` is out of range, or a trend is not made of this measure.
    """
    (chart,) = await measured(work, patient_id, [measure], days)
    await work.connection.rest()
    return await fitted(chart)


async def sweep(store: ObjectStore, at: datetime) -> int:
    """Delete pictures whose links have ended; how many there were."""
    keys = await store.written_before(CHARTS, at - KEPT, MOST_SWEPT)
    for key in keys:
        await store.delete(key)
    return len(keys)
