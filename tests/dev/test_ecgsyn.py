"""Synthetic strips as a cardiologist would measure them, and as our own detector sees them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.heart_rate import heart_rate
from analytics.rpeaks import find_r_peaks
from dev.demo.ecgsyn import SAMPLE_RATE_HERTZ, SyntheticStrip, synthetic_strip

Floats = NDArray[np.float64]
BEFORE_SECONDS, AFTER_SECONDS = 0.32, 0.45
# A beat so close to an end is cut, and not counted in any evaluation.
EDGE_SECONDS = 0.15
SINUS_RATES, FIBRILLATING_RATES = (48.0, 60.0, 75.0, 96.0, 120.0), (85.0, 105.0, 125.0)


def strip_of(rate_bpm: float, *, fibrillating: bool = False, seconds: float = 30, seed: int = 5) -> SyntheticStrip:
    return synthetic_strip(
        seconds=seconds, rate_bpm=rate_bpm, random=np.random.default_rng(seed), atrial_fibrillation=fibrillating
    )


def inner(seconds: Floats, length: float) -> Floats:
    return seconds[(seconds > EDGE_SECONDS) & (seconds < length - EDGE_SECONDS)]


def average_beat(strip: SyntheticStrip) -> tuple[Floats, Floats]:
    """Times from R and the mean of all beats, in which noise, breath and f waves are gone."""
    before, after = round(BEFORE_SECONDS * SAMPLE_RATE_HERTZ), round(AFTER_SECONDS * SAMPLE_RATE_HERTZ)
    centres = np.rint(strip.beat_seconds * SAMPLE_RATE_HERTZ).astype(np.intp)
    centres = centres[(centres >= before) & (centres < len(strip.microvolts) - after)]
    around = np.arange(-before, after)
    return around / SAMPLE_RATE_HERTZ, strip.microvolts[centres[:, None] + around].mean(axis=0)


def span(times: Floats, beat: Floats, start: float, end: float, rest: float) -> tuple[float, float, float]:
    """Begin, end and height of the wave between `start` and `end`: where it is beyond a tenth of itself."""
    inside = (times >= start) & (times <= end)
    height = beat - beat[np.abs(times - rest).argmin()]
    top = height[inside][np.abs(height[inside]).argmax()]
    beyond = times[inside & (height / top > 0.1)]
    return float(beyond.min()), float(beyond.max()), float(top)


@pytest.mark.parametrize("rate_bpm", [50.0, 75.0, 100.0])
def test_the_intervals_are_those_of_a_healthy_heart(rate_bpm: float) -> None:
    times, beat = average_beat(strip_of(rate_bpm, seconds=120))
    root = np.sqrt(60 / rate_bpm)
    p_begin, p_end, p_height = span(times, beat, -0.3, -0.07, rest=-0.065)
    q_begin, _, q_depth = span(times, beat, -0.06, -0.024, rest=-0.065)
    _, s_end, s_depth = span(times, beat, 0.02, 0.08, rest=0.08)
    t_begin, t_end, t_height = span(times, beat, 0.1, 0.42 * root, rest=0.44 * root)
    assert p_begin < p_end < q_begin < 0 < s_end < t_begin < t_end
    assert 0.12 <= q_begin - p_begin <= 0.20
    assert 0.07 <= s_end - q_begin <= 0.11
    # Bazett's correction, which is to give the same at every rate.
    assert 0.36 <= (t_end - q_begin) / root <= 0.44
    assert 0.08 <= p_end - p_begin <= 0.12
    assert 60 <= p_height <= 250
    assert q_depth < 0
    assert -350 <= s_depth < 0
    assert p_height < t_height < 500
    assert 700 <= beat.max() <= 1300
    assert times[beat.argmax()] == pytest.approx(0, abs=0.004)


def test_a_qrs_is_no_narrower_at_a_faster_rate() -> None:
    widths = set()
    for rate_bpm, fibrillating in [*((rate, False) for rate in SINUS_RATES), (110.0, True)]:
        times, beat = average_beat(strip_of(rate_bpm, fibrillating=fibrillating, seconds=120))
        inside = times[(beat > beat.max() / 2) & (np.abs(times) < 0.1)]
        widths.add(round(float(np.ptp(inside)) * SAMPLE_RATE_HERTZ))
    assert widths == {5}


@pytest.mark.parametrize(
    ("rate_bpm", "fibrillating"),
    [*((rate, False) for rate in SINUS_RATES), *((rate, True) for rate in FIBRILLATING_RATES)],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_detector_finds_exactly_the_models_beats(rate_bpm: float, seed: int, *, fibrillating: bool) -> None:
    strip = strip_of(rate_bpm, fibrillating=fibrillating, seed=seed)
    found = inner(find_r_peaks(strip.microvolts.astype(np.float64), SAMPLE_RATE_HERTZ), 30)
    beats = inner(strip.beat_seconds, 30)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() < 0.02
    rate = heart_rate(found)
    assert rate is not None
    assert rate.mean == pytest.approx(rate_bpm, rel=0.1 if fibrillating else 0.03)


@pytest.mark.parametrize("seed", range(5))
def test_sinus_rhythm_is_regular_and_fibrillation_is_not(seed: int) -> None:
    for rate_bpm, fibrillating, low, high in ((70.0, False, 0.01, 0.08), (110.0, True, 0.14, 0.3)):
        intervals = np.diff(strip_of(rate_bpm, fibrillating=fibrillating, seed=seed).beat_seconds)
        assert low < intervals.std() / intervals.mean() < high
        assert intervals.min() >= 0.299


def test_fibrillating_atria_make_no_p_wave_but_f_waves_all_the_time() -> None:
    heights = {}
    waviness = {}
    for fibrillating in (False, True):
        strip = strip_of(75.0, fibrillating=fibrillating, seconds=120)
        times, beat = average_beat(strip)
        before = (times > -0.2) & (times < -0.08)
        heights[fibrillating] = float(np.ptp(beat[before]))
        # Between the T wave and the next P, where in sinus rhythm nothing happens.
        at = np.rint((strip.beat_seconds[:-1] + 0.38) * SAMPLE_RATE_HERTZ).astype(np.intp)
        at = at[(np.diff(strip.beat_seconds) > 0.65)]
        rest = strip.microvolts[at[:, None] + np.arange(round(0.16 * SAMPLE_RATE_HERTZ))]
        waviness[fibrillating] = float(np.median(rest.std(axis=1)))
    assert heights[False] > 70
    assert heights[True] < 25
    assert waviness[True] > 1.5 * waviness[False]


def test_the_same_generator_gives_the_same_strip_of_the_right_length() -> None:
    one, again, other = strip_of(70), strip_of(70), strip_of(70, seed=6)
    assert len(one.microvolts) == 30 * SAMPLE_RATE_HERTZ
    assert np.array_equal(one.microvolts, again.microvolts)
    assert np.array_equal(one.beat_seconds, again.beat_seconds)
    assert not np.array_equal(one.microvolts, other.microvolts)
