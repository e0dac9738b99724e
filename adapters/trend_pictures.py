"""A chart of the domain as its drawing: names, lines and sentences in the patient's language."""

import numpy as np

from adapters.charts.languages import Language, language_of
from adapters.charts.typeface import plain
from adapters.charts.units import unit_of
from adapters.trend_drawing import DrawnEvent, DrawnLine, DrawnSeries, DrawnTrend
from analytics.trend import LEAST_DAYS, LEAST_READINGS
from domain.trend_charts import ChartSeries, TrendChart
from domain.trends import Trend, TrendDirection

# The interval's edges are curves; so many points look round.
_LINE_POINTS = 25


def _line(trend: Trend) -> DrawnLine | None:
    if trend.fit is None:
        return None
    at = np.linspace(trend.seconds[0], trend.seconds[-1], _LINE_POINTS)
    return DrawnLine(at, *trend.fit.line(at))


def _series(one: ChartSeries, language: Language) -> DrawnSeries:
    low, high = one.trend.expected or (None, None)
    return DrawnSeries(
        name=language.measures[one.trend.measure],
        times_seconds=np.asarray(one.trend.seconds, dtype=np.float64),
        values=np.asarray(one.trend.numbers, dtype=np.float64),
        personal_low=low,
        personal_high=high,
        limit_low=one.limit_low,
        limit_high=one.limit_high,
        line=_line(one.trend),
    )


def _told(trend: Trend, language: Language) -> str:
    """Which way it goes and how sure that is, in one sentence."""
    if trend.fit is None:
        return language.too_few.format(least=LEAST_READINGS, days=round(LEAST_DAYS))
    unit = unit_of(trend.unit, language)
    sentence, sign = {
        TrendDirection.RISING: (language.rising, 1),
        TrendDirection.FALLING: (language.falling, -1),
    }.get(trend.direction, (language.no_reliable_trend, 1))
    # What falls by 2 falls by 1 to 3: the words say which way.
    edges = sorted(sign * edge for edge in (trend.fit.slope_low, trend.fit.slope_high))
    slope, low, high = (
        language.number(number, unit.slope_decimals) for number in (sign * trend.fit.slope_per_week, *edges)
    )
    name = language.measures[trend.measure]
    return sentence.format(name=name, slope=slope, low=low, high=high, unit=plain(unit.words))


def drawn(chart: TrendChart) -> DrawnTrend:
    """The drawing of a chart; its title says what was measured, not of whom."""
    language = language_of(chart.locale)
    first = chart.series[0].trend
    return DrawnTrend(
        title=language.blood_pressure if len(chart.series) > 1 else language.measures[first.measure],
        unit=first.unit,
        series=[_series(one, language) for one in chart.series],
        from_seconds=first.since.timestamp(),
        to_seconds=first.until.timestamp(),
        time_zone=chart.time_zone,
        events=[DrawnEvent(at, label) for at, label in chart.marks],
        # Both pressures may say the same: that there are too few.
        notes=list(dict.fromkeys(_told(one.trend, language) for one in chart.series if one.trend.readings)),
        language=language,
    )
