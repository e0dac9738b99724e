"""The trend's interval is true, its numbers are GLS, and one wrong reading does not make a trend."""

import csv
import os
from collections import defaultdict
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from analytics.noise_models import NOISE_MODELS, NoiseModel
from analytics.trend import Floats, Trend, fit_trend
from domain.kinds import Measure
from domain.rules.plausibility import SYMPTOMS
from tests.analytics.home_series import DAY, PRIOR_READINGS, simulate

RECORDINGS = Path(os.environ.get("CUORE_RECORDINGS", Path(__file__).parents[3] / "shared" / "data"))
SYSTOLIC = NOISE_MODELS["SYSTOLIC"]


def fitted(times_seconds: Floats, values: Floats, noise: NoiseModel = SYSTOLIC) -> Trend:
    """The trend of a series that has one, its numbers checked for sense."""
    trend = fit_trend(times_seconds, values, noise)
    assert trend is not None
    assert all(np.isfinite(number) for number in astuple(trend)[:5])
    assert trend.slope_low < trend.slope_per_week < trend.slope_high
    assert trend.expected_low < trend.expected_high
    spans_zero = trend.slope_low <= 0 <= trend.slope_high
    assert (trend.direction == "NO_RELIABLE_TREND") == spans_zero
    assert spans_zero or (trend.direction == "RISING") == (trend.slope_per_week > 0)
    return trend


@pytest.mark.parametrize("measure", ["SYSTOLIC", "WEIGHT"])
@pytest.mark.parametrize(("hard", "least", "most"), [(False, 0.93, 0.97), (True, 0.90, 0.97)])
def test_the_interval_holds_the_truth_as_often_as_it_says(
    measure: str, *, hard: bool, least: float, most: float
) -> None:
    random = np.random.default_rng(20260301)
    slopes, following = [], []
    for _ in range(800):
        series = simulate(random, NOISE_MODELS[measure], hard=hard)
        trend = fitted(series.times_seconds, series.values, NOISE_MODELS[measure])
        slopes.append(trend.slope_low <= series.slope_per_week <= trend.slope_high)
        following.append(trend.expected_low <= series.next_value <= trend.expected_high)
    assert least <= np.mean(slopes) <= most
    assert least <= np.mean(following) <= most


@pytest.mark.parametrize("measure", sorted(NOISE_MODELS))
def test_without_outliers_it_is_gls_written_by_hand(measure: str) -> None:
    noise = NOISE_MODELS[measure]
    random = np.random.default_rng(5)
    at = np.sort(random.uniform(0, 28, 40))
    # Sums of sines stay far from three standard deviations.
    values = 20 * noise.noise_sd + noise.noise_sd * (at / 14 + np.sin(3 * at) + np.cos(11 * at))
    trend = fitted(at * DAY, values, noise)

    apart = np.abs(at[:, None] - at)
    shared = noise.day_effect_sd**2 * noise.day_correlation**apart
    inverse = np.linalg.inv(shared + noise.noise_sd**2 * np.eye(40))
    design = np.stack([np.ones(40), at / 7], axis=1)
    uncertainty = np.linalg.inv(design.T @ inverse @ design)
    line = uncertainty @ design.T @ inverse @ values
    residuals = values - design @ line
    freedom = PRIOR_READINGS + 40 - 2
    scale = (PRIOR_READINGS + residuals @ inverse @ residuals) / freedom
    half = student.ppf(0.975, freedom) * np.sqrt(scale * uncertainty[1, 1])
    assert trend.slope_per_week == pytest.approx(line[1], rel=1e-9)
    assert trend.slope_low == pytest.approx(line[1] - half, rel=1e-9)
    assert trend.slope_high == pytest.approx(line[1] + half, rel=1e-9)

    asked = np.array([-5.0, 0, 13.7, 28, 40])
    there = np.stack([np.ones(5), (asked - at.mean()) / 7], axis=1)
    centred = np.stack([np.ones(40), (at - at.mean()) / 7], axis=1)
    spread = np.linalg.inv(centred.T @ inverse @ centred)
    half = student.ppf(0.975, freedom) * np.sqrt(scale * np.einsum("ij,jk,ik->i", there, spread, there))
    drawn, low, high = trend.line(asked * DAY)
    np.testing.assert_allclose(drawn, line[0] + line[1] * asked / 7, rtol=1e-9)
    np.testing.assert_allclose(low, drawn - half, rtol=1e-9)
    np.testing.assert_allclose(high, drawn + half, rtol=1e-9)

    # The next reading as the missing one of 41 that are jointly normal (kriging).
    weights = shared[-1] @ inverse
    there = design[-1]
    left = there - weights @ design
    expected = there @ line + weights @ residuals
    variance = noise.noise_sd**2 + noise.day_effect_sd**2 - weights @ shared[-1] + left @ uncertainty @ left
    half = student.ppf(0.975, freedom) * np.sqrt(scale * variance)
    assert trend.expected_low == pytest.approx(expected - half, rel=1e-9)
    assert trend.expected_high == pytest.approx(expected + half, rel=1e-9)


@pytest.mark.parametrize("measure", ["SYSTOLIC", "WEIGHT", "HEART_RATE"])
@pytest.mark.parametrize("place", [0, 15, -1])
@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_one_slip_of_the_decimal_point_changes_little(measure: str, place: int, factor: float) -> None:
    noise = NOISE_MODELS[measure]
    series = simulate(np.random.default_rng(7), noise)
    clean = fitted(series.times_seconds, series.values, noise)
    slipped = series.values.copy()
    slipped[place] *= factor
    trend = fitted(series.times_seconds, slipped, noise)
    half = (clean.slope_high - clean.slope_low) / 2
    assert abs(trend.slope_per_week - clean.slope_per_week) < 0.3 * half
    assert abs((trend.slope_high - trend.slope_low) / 2 - half) < 0.2 * half
    width = clean.expected_high - clean.expected_low
    assert abs(trend.expected_high - clean.expected_high) < 0.2 * width


def test_outliers_that_back_each_other_are_seen_through() -> None:
    series = simulate(np.random.default_rng(7), SYSTOLIC)
    clean = fitted(series.times_seconds, series.values)
    times = np.append(series.times_seconds, [series.times_seconds[-1]] * 2)
    trend = fitted(times, np.append(series.values, [290.0, 290.0]))
    half = (clean.slope_high - clean.slope_low) / 2
    assert abs(trend.slope_per_week - clean.slope_per_week) < 0.3 * half


def test_the_line_holds_the_true_level_as_often_as_it_says_in_the_middle_and_at_both_ends() -> None:
    random = np.random.default_rng(20260302)
    ends = np.array([0.0, 14, 28]) * DAY
    held = []
    for _ in range(600):
        slope = float(random.normal(0, 2))
        at = np.sort(random.uniform(0, 28, 45))
        apart = np.abs(at[:, None] - at)
        shared = SYSTOLIC.day_effect_sd**2 * SYSTOLIC.day_correlation**apart + SYSTOLIC.noise_sd**2 * np.eye(45)
        values = 130 + slope * at / 7 + np.linalg.cholesky(shared) @ random.normal(size=45)
        _, low, high = fitted(at * DAY, values).line(ends)
        truth = 130 + slope * ends / (7 * DAY)
        held.append((low <= truth) & (truth <= high))
    assert all(0.93 <= share <= 0.97 for share in np.mean(held, axis=0))


def test_a_noisier_patient_gets_a_wider_interval_and_a_quieter_one_a_narrower() -> None:
    series = simulate(np.random.default_rng(11), SYSTOLIC)
    level = series.values.mean()
    widths = []
    for scale in (0.3, 1.0, 3.0):
        trend = fitted(series.times_seconds, level + scale * (series.values - level))
        widths.append(trend.slope_high - trend.slope_low)
    assert widths[0] < widths[1] < widths[2]
    # Quiet as the patient may be, the population's 25 readings keep it from certainty.
    assert widths[0] > 0.4 * widths[1]


@pytest.mark.parametrize(("slope", "direction"), [(8.0, "RISING"), (-8.0, "FALLING"), (0.0, "NO_RELIABLE_TREND")])
def test_the_direction_is_named_only_when_it_is_sure(slope: float, direction: str) -> None:
    at = np.arange(28.0)
    trend = fitted(at * DAY, 120 + slope * at / 7 + np.sin(5 * at))
    assert trend.direction == direction
    assert trend.slope_low <= slope <= trend.slope_high


def test_the_order_of_input_changes_nothing() -> None:
    random = np.random.default_rng(13)
    series = simulate(random, SYSTOLIC, hard=True)
    times = np.append(series.times_seconds, series.times_seconds[:9])
    values = np.append(series.values, series.values[:9] + random.normal(0, 5, 9))
    trend = fitted(times, values)
    for _ in range(5):
        order = random.permutation(len(times))
        assert fit_trend(times[order], values[order], SYSTOLIC) == trend


def test_the_date_and_the_level_change_nothing_but_the_level() -> None:
    series = simulate(np.random.default_rng(17), SYSTOLIC)
    here = fitted(series.times_seconds, series.values)
    there = fitted(series.times_seconds + 1.8e9, series.values + 64)
    assert there.slope_per_week == pytest.approx(here.slope_per_week, rel=1e-6)
    assert there.expected_low == pytest.approx(here.expected_low + 64, rel=1e-6)


def test_too_few_readings_or_days_give_no_trend() -> None:
    at = np.linspace(0, 7, 10) * DAY
    values = 120 + np.sin(np.arange(10.0))
    assert fitted(at, values).readings == 10
    assert fit_trend(at[1:], values[1:], SYSTOLIC) is None
    assert fit_trend(np.linspace(0, 6.999, 10) * DAY, values, SYSTOLIC) is None
    assert fit_trend(np.array([]), np.array([]), SYSTOLIC) is None
    broken = np.where(np.arange(10) == 4, np.nan, values)
    assert fit_trend(at, broken, SYSTOLIC) is None
    with pytest.raises(ValueError, match="equal length"):
        fit_trend(at, values[1:], SYSTOLIC)


def test_values_that_are_not_finite_are_left_out() -> None:
    series = simulate(np.random.default_rng(19), SYSTOLIC)
    times = np.append(series.times_seconds, [np.nan, DAY, 2 * DAY])
    values = np.append(series.values, [120, np.nan, np.inf])
    assert fit_trend(times, values, SYSTOLIC) == fitted(series.times_seconds, series.values)


def test_thousands_of_readings_are_averaged_first_and_tell_the_same() -> None:
    random = np.random.default_rng(23)
    noise = NOISE_MODELS["HEART_RATE"]
    at = np.sort(random.uniform(0, 90, 2000))
    values = 70 + 1.0 * at / 7 + random.normal(0, noise.noise_sd, 2000)
    trend = fitted(at * DAY, values, noise)
    assert trend.readings == 2000
    assert trend.slope_low < 1.0 < trend.slope_high
    assert trend.slope_high - trend.slope_low < 1.0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 27), st.floats(0, 400)), min_size=8, max_size=40),
    st.sampled_from(sorted(NOISE_MODELS)),
)
def test_whatever_is_sent_there_is_never_a_number_that_is_none(readings: list[tuple[int, float]], measure: str) -> None:
    times = np.array([day * DAY for day, _ in readings] + [0.0, 27 * DAY])
    values = np.array([value for _, value in readings] + [100.0, 100.0])
    fitted(times, values, NOISE_MODELS[measure])


def test_two_outliers_that_alone_carry_the_slope_leave_numbers() -> None:
    times = np.array([0.0] * 9 + [27 * DAY, 27 * DAY, 0.0])
    for values in ([0.0] * 8 + [100.0] * 3 + [0.0], [0.0] * 9 + [400.0, -400.0, 0.0], [0.0] * 9 + [400.0] * 2 + [0.0]):
        for noise in NOISE_MODELS.values():
            fitted(times, np.array(values), noise)


def test_every_measure_has_a_noise_model_and_nonsense_is_refused() -> None:
    assert set(NOISE_MODELS) == set(Measure) - set(SYMPTOMS)
    assert all(model.basis and model.version == 2 for model in NOISE_MODELS.values())
    for noise_sd, day_effect_sd, day_correlation in ((0.0, 1.0, 0.5), (1.0, -1.0, 0.5), (1.0, 1.0, 1.0)):
        with pytest.raises(ValueError, match="noise_sd > 0"):
            NoiseModel(noise_sd, day_effect_sd, day_correlation, "kg", "nonsense")


def test_method_and_version_name_what_made_the_number() -> None:
    trend = fitted(np.arange(28.0) * DAY, np.full(28, 120.0))
    assert "statsmodels GLS" in trend.method
    assert trend.version == "trend-1/noise-2"
    assert trend.slope_per_week == 0


def test_real_home_pressures_with_their_gaps_and_copies() -> None:
    path = RECORDINGS / "vitals" / "blood_pressure.csv"
    if not path.exists():
        pytest.skip("the shared recordings are absent; set CUORE_RECORDINGS to their folder")
    people: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            text = " ".join(row["measurement_datetime"].split())
            at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            people[row["user_code"]].append((at.timestamp(), float(row["systolic"])))
    assert len(people) == 28
    directions = []
    for readings in people.values():
        times, values = np.array(readings).T
        if len(readings) >= 10 and np.ptp(times) >= 7 * DAY:
            directions.append(fitted(times, values).direction)
        else:
            assert fit_trend(times, values, SYSTOLIC) is None
    # One of the two fell from 150 to 118 within twelve days.
    assert sorted(directions) == ["FALLING"] * 2 + ["NO_RELIABLE_TREND"] * 6
