"""What is said of a strip: the same however it is scaled, turned or sampled, and nothing where nothing can be said."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from analytics.beat_shapes import BeatKind
from analytics.rhythm import RateFinding, RhythmLabel
from analytics.strip_analysis import StripAnalysis, analyse_strip
from analytics.strip_quality import Reason, Usability
from dev.demo.ecgsyn import SAMPLE_RATE_HERTZ, SyntheticStrip, synthetic_strip
from dev.ecg_noise import disturbed
from dev.ecg_recordings import read_arrhythmia_records, read_delineated
from tests.recordings import recording

Series = NDArray[np.float64]


def a_strip(rate_bpm: float = 70, *, fibrillating: bool = False, seconds: float = 30, seed: int = 5) -> SyntheticStrip:
    return synthetic_strip(
        seconds=seconds, rate_bpm=rate_bpm, random=np.random.default_rng(seed), atrial_fibrillation=fibrillating
    )


def analysed(strip: SyntheticStrip) -> StripAnalysis:
    return analyse_strip(strip.microvolts.astype(np.float64), SAMPLE_RATE_HERTZ)


def test_a_calm_strip_is_good_regular_and_measured() -> None:
    strip = a_strip()
    found = analysed(strip)
    assert found.quality.usability is Usability.GOOD
    assert found.quality.reasons == ()
    assert len(found.quality.seconds) == 30
    assert found.rhythm.label is RhythmLabel.NO_FIBRILLATION_FOUND
    assert found.rhythm.challenge_class == "N"
    assert found.rhythm.rate_findings == ()
    assert found.heart_rate is not None
    assert abs(found.heart_rate.mean - 70) < 2
    assert set(found.beat_kinds) == {BeatKind.NORMAL_LIKE}
    assert len(found.beat_kinds) == len(found.beat_seconds)
    intervals = found.intervals
    assert intervals.pr is not None
    assert intervals.qrs is not None
    assert intervals.qt is not None
    assert intervals.qt_fridericia is not None
    assert 120 < intervals.pr.milliseconds < 200
    assert 60 < intervals.qrs.milliseconds < 120
    assert 340 < intervals.qt.milliseconds < 440
    assert intervals.qt.uncertainty_milliseconds >= 13
    rr = 60 / found.heart_rate.mean
    assert intervals.qt_fridericia.milliseconds == pytest.approx(intervals.qt.milliseconds / rr ** (1 / 3), rel=0.02)


def test_fibrillation_is_suspected_and_gets_neither_variability_nor_pr() -> None:
    found = analysed(a_strip(95, fibrillating=True))
    assert found.rhythm.label is RhythmLabel.FIBRILLATION_SUSPECTED
    assert found.rhythm.challenge_class == "A"
    assert found.variability is None
    assert found.intervals.pr is None
    assert found.rhythm.evidence["rr median_step"] > 0.1
    assert found.rhythm.version
    assert sum(found.rhythm.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize(("rate_bpm", "said"), [(42, RateFinding.BRADYCARDIA), (125, RateFinding.TACHYCARDIA)])
def test_slow_and_fast_hearts_are_named(rate_bpm: float, said: RateFinding) -> None:
    assert analysed(a_strip(rate_bpm)).rhythm.rate_findings == (said,)


def test_a_pause_is_named() -> None:
    strip = a_strip(60)
    signal = strip.microvolts.astype(np.float64)
    first, last = (round((strip.beat_seconds[at] + 0.5) * SAMPLE_RATE_HERTZ) for at in (9, 11))
    signal[first:last] = np.linspace(signal[first], signal[last], last - first)
    found = analyse_strip(signal, SAMPLE_RATE_HERTZ)
    assert RateFinding.PAUSE in found.rhythm.rate_findings
    assert np.diff(found.beat_seconds).max() > 2


@pytest.mark.parametrize("factor", [-1.0, 0.3, 4.0])
def test_scale_and_polarity_change_neither_beats_nor_rhythm(factor: float) -> None:
    strip = a_strip(80, seed=8)
    microvolts = np.asarray(strip.microvolts * factor + 900, dtype=np.float64)
    as_it_is, changed = analysed(strip), analyse_strip(microvolts, SAMPLE_RATE_HERTZ)
    np.testing.assert_allclose(changed.beat_seconds, as_it_is.beat_seconds, rtol=0, atol=0.002)
    assert changed.rhythm.label is as_it_is.rhythm.label


@pytest.mark.parametrize("rate_hertz", [125, 250, 500, 1000])
def test_the_rate_of_sampling_changes_neither_beats_nor_rhythm(rate_hertz: int) -> None:
    for fibrillating in (False, True):
        strip = a_strip(90, fibrillating=fibrillating, seed=9)
        as_it_is = analysed(strip)
        other = resample_poly(strip.microvolts.astype(np.float64), rate_hertz, int(SAMPLE_RATE_HERTZ), padtype="line")
        changed = analyse_strip(other, float(rate_hertz))
        np.testing.assert_allclose(changed.beat_seconds, as_it_is.beat_seconds, rtol=0, atol=0.006)
        assert changed.rhythm.label is as_it_is.rhythm.label


def test_a_paroxysm_within_minutes_is_seen() -> None:
    calm, wild = a_strip(75, seconds=180, seed=2), a_strip(105, fibrillating=True, seconds=100, seed=3)
    signal = np.concatenate([calm.microvolts, wild.microvolts]).astype(np.float64)
    assert analysed(calm).rhythm.label is RhythmLabel.NO_FIBRILLATION_FOUND
    assert analyse_strip(signal, SAMPLE_RATE_HERTZ).rhythm.label is RhythmLabel.FIBRILLATION_SUSPECTED


def test_a_lost_electrode_is_told_with_its_time() -> None:
    signal = a_strip().microvolts.astype(np.float64)
    lost = slice(int(10 * SAMPLE_RATE_HERTZ), int(14 * SAMPLE_RATE_HERTZ))
    signal[lost] = signal[lost.start]
    quality = analyse_strip(signal, SAMPLE_RATE_HERTZ).quality
    flat = [one for one in quality.disturbances if one.reason is Reason.FLAT_LINE]
    assert [(one.start_seconds, one.end_seconds) for one in flat] == [(10.0, 14.0)]
    assert quality.seconds[10:14] == (Usability.UNUSABLE,) * 4
    assert quality.seconds[5] is Usability.GOOD


def test_hum_and_clipping_are_told() -> None:
    signal = a_strip().microvolts.astype(np.float64)
    hum = signal + 300 * np.sin(2 * np.pi * 50 * np.arange(len(signal)) / SAMPLE_RATE_HERTZ)
    assert Reason.MAINS_HUM in analyse_strip(hum, SAMPLE_RATE_HERTZ).quality.reasons
    clipped = (3 * signal).clip(-600, 600)
    told = analyse_strip(clipped, SAMPLE_RATE_HERTZ).quality.disturbances
    assert Reason.CLIPPED in {one.reason for one in told}


def test_heavy_muscle_noise_lowers_the_quality_but_not_the_rate() -> None:
    signal = a_strip().microvolts.astype(np.float64)
    calm = analyse_strip(signal, SAMPLE_RATE_HERTZ)
    noisy = disturbed(signal, SAMPLE_RATE_HERTZ, "muscle", 0, np.random.default_rng(4))
    found = analyse_strip(noisy, SAMPLE_RATE_HERTZ)
    assert found.quality.score < calm.quality.score - 0.1
    assert found.quality.usability is not Usability.GOOD
    assert found.heart_rate is not None
    assert abs(found.heart_rate.mean - 70) < 3


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros(9000),
        np.full(9000, np.nan),
        np.full(9000, 5e5),
        np.random.default_rng(1).normal(0, 300, 9000),
        np.cumsum(np.random.default_rng(2).normal(0, 50, 9000)),
        1000 * np.sin(2 * np.pi * 60 * np.arange(9000) / 300),
        np.tile([-1e6, 1e6], 4500),
    ],
    ids=["zero", "nan", "constant", "white noise", "wandering", "hum", "saturated"],
)
def test_what_is_no_ecg_is_unusable_and_inconclusive(signal: Series) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyse_strip(signal, 300.0)
    assert found.quality.usability is Usability.UNUSABLE
    assert found.quality.score == 0
    assert found.beat_seconds == ()
    assert found.heart_rate is None
    assert found.rhythm.label is RhythmLabel.INCONCLUSIVE
    assert found.rhythm.challenge_class == "~"
    assert found.variability is None
    assert found.intervals.qt is None


def test_less_than_a_second_is_too_short() -> None:
    for samples in (0, 1, 299):
        found = analyse_strip(np.zeros(samples), 300.0)
        assert found.quality.reasons == (Reason.TOO_SHORT,)
        assert found.duration_seconds == samples / 300


def test_variability_is_refused_with_ectopy() -> None:
    """Every fourth beat comes early and wide."""
    strip = a_strip(70)
    found = analysed(strip)
    assert found.variability is not None
    assert 10 < found.variability.rmssd_milliseconds < 120
    signal = strip.microvolts.astype(np.float64)
    times = np.arange(len(signal)) / SAMPLE_RATE_HERTZ
    for beat in strip.beat_seconds[2:-2:4]:
        signal += 1500 * np.exp(-(((times - beat - 0.50) / 0.035) ** 2) / 2)
    extra = analyse_strip(signal, SAMPLE_RATE_HERTZ)
    assert sum(kind is BeatKind.WIDE_OR_EARLY for kind in extra.beat_kinds) >= 5
    assert extra.variability is None


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_wide_beats_of_a_real_heart_are_told_from_its_own() -> None:
    """Record 119: normal beats and ventricular ones, each a shape of its own."""
    record = next(one for one in read_arrhythmia_records(recording("ecg")) if one.name == "119")
    right = beats = 0
    for strip in list(record.strips())[::6]:
        found = analyse_strip(strip.microvolts, strip.rate_hertz)
        at = np.array(found.beat_seconds)
        for second, symbol in zip(strip.beat_seconds, strip.beat_symbols, strict=True):
            nearest = int(np.abs(at - second).argmin())
            if abs(at[nearest] - second) < 0.15:
                beats += 1
                right += (found.beat_kinds[nearest] is BeatKind.WIDE_OR_EARLY) == (symbol == "V")
    assert beats > 300
    assert right / beats > 0.98


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("name", ["45", "104", "146"])
def test_a_paced_heart_gets_its_rate_or_none(name: str) -> None:
    """Of LUDB 45 the spikes and the wide beats behind them were counted, and a rate of both was told."""
    lead = next(one for one in read_delineated(recording("ecg")) if one.name == name)
    found = analyse_strip(lead.microvolts, lead.rate_hertz)
    true = 60 / np.median(np.diff(lead.marks[:, 2]))
    assert found.heart_rate is None or abs(found.heart_rate.mean - true) < 4
    assert found.quality.usability is Usability.UNUSABLE or found.heart_rate is not None
