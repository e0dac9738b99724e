"""A chart of the domain becomes its drawing: the fit's own line, the limits, and sentences in each language."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from adapters.trend_pictures import drawn
from analytics.noise_models import NOISE_MODELS
from analytics.trend import fit_trend
from domain.kinds import Measure
from domain.trend_charts import ChartSeries, TrendChart
from domain.trends import Trend

UNTIL = datetime(2026, 11, 25, 8, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=28)


def series(measure: Measure, per_week: float, readings: int = 28) -> ChartSeries:
    """One reading a day on a straight line with a little wave."""
    days = np.arange(float(readings))
    seconds = SINCE.timestamp() + days * 86_400
    values = 80 + per_week * days / 7 + 0.2 * np.sin(5 * days)
    fit = fit_trend(seconds, values, NOISE_MODELS[measure])
    unit = NOISE_MODELS[measure].unit
    return ChartSeries(Trend(measure, unit, SINCE, UNTIL, list(seconds), list(values), fit), 70, None)


def notes(locale: str, *parts: ChartSeries) -> list[str]:
    return list(drawn(TrendChart("Europe/Rome", locale, parts)).notes)


def test_the_line_that_is_drawn_is_the_fitted_one() -> None:
    one = series(Measure.WEIGHT, 1)
    (shown,) = drawn(TrendChart("Europe/Rome", "en", [one])).series
    fit = one.trend.fit
    assert fit is not None
    assert shown.line is not None
    assert (shown.line.times_seconds[0], shown.line.times_seconds[-1]) == (one.trend.seconds[0], one.trend.seconds[-1])
    for seen, expected in zip(
        (shown.line.values, shown.line.low, shown.line.high), fit.line(shown.line.times_seconds), strict=True
    ):
        np.testing.assert_array_equal(seen, expected)
    assert (shown.limit_low, shown.limit_high) == (70, None)
    assert (shown.personal_low, shown.personal_high) == (fit.expected_low, fit.expected_high)


@pytest.mark.parametrize(
    ("locale", "per_week", "begins"),
    [
        ("en-GB", 1, "Weight: rising by 1.00 kg a week (0."),
        ("en-GB", -1, "Weight: falling by 1.00 kg a week (0."),
        ("en-GB", 0, "Weight: no reliable trend, 0.00 kg a week (−0."),
        ("de-DE", -1, "Gewicht: fällt um 1,00 kg pro Woche (0,"),
        ("de-DE", 0, "Gewicht: kein verlässlicher Trend, 0,00 kg pro Woche (−0,"),
        ("it-IT", 1, "Peso: in aumento di 1,00 kg a settimana (da 0,"),
        ("it-IT", 0, "Peso: nessuna tendenza affidabile, 0,00 kg a settimana (da −0,"),
        ("fr-FR", 1, "Weight: rising"),
    ],
)
def test_which_way_it_goes_is_said_in_the_patient_s_language(locale: str, per_week: float, begins: str) -> None:
    (sentence,) = notes(locale, series(Measure.WEIGHT, per_week))
    assert sentence.startswith(begins)


def test_what_falls_is_told_with_the_smaller_number_first() -> None:
    one = series(Measure.WEIGHT, -1)
    assert one.trend.fit is not None
    least, most = -one.trend.fit.slope_high, -one.trend.fit.slope_low
    assert 0 < least < 1 < most
    assert notes("en", one) == [f"Weight: falling by 1.00 kg a week ({least:.2f} to {most:.2f})."]


def test_too_few_readings_are_told_once_for_both_pressures_and_none_not_at_all() -> None:
    few = [series(measure, 0, 9) for measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)]
    assert notes("en", *few) == ["Too few readings for a trend: it needs 10 over 7 days."]
    assert notes("de", series(Measure.STEPS, 0, 0)) == []
    both = drawn(TrendChart("Europe/Rome", "it", few))
    assert (both.title, [one.name for one in both.series]) == ("Pressione arteriosa", ["Sistolica", "Diastolica"])
