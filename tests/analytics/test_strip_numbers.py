"""The numbers under a strip's analysis, one by one: trees, irregularity, variability."""

import numpy as np
import pytest

from analytics.beat_shapes import BeatKind
from analytics.boosted_trees import load_model, read_model
from analytics.ecg_signal import prepare, resampled, without_spikes
from analytics.irregularity import coefficient_of_sample_entropy, irregularity
from analytics.variability import variability

NORMAL, ODD = BeatKind.NORMAL_LIKE, BeatKind.WIDE_OR_EARLY

# Two trees: x0 <= 1 gives -1, else x1 <= 5 gives 2 or 3; and a lone leaf of 0.5.
DOCUMENT = {
    "method": "by hand",
    "version": "0",
    "classes": ["no", "yes"],
    "features": ["x0", "x1"],
    "limits": {},
    "baseline": [0.25],
    "depth": 2,
    "roots": [[0, 5]],
    "feature": [0, -1, 1, -1, -1, -1],
    "threshold": [1.0, 0, 5.0, 0, 0, 0],
    "left": [1, 0, 3, 0, 0, 0],
    "right": [2, 0, 4, 0, 0, 0],
    "value": [0, -1.0, 0, 2.0, 3.0, 0.5],
}


def test_trees_are_walked_to_their_leaves() -> None:
    model = read_model(DOCUMENT)
    rows = np.array([[1.0, 9.0], [1.1, 5.0], [1.1, 5.1]])
    np.testing.assert_array_equal(model.scores(rows)[:, 0], [-0.25, 2.75, 3.75])
    shares = model.probabilities(rows)
    np.testing.assert_allclose(shares[:, 1], 1 / (1 + np.exp(-np.array([-0.25, 2.75, 3.75]))))
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_four_classes_share_one() -> None:
    model = read_model(
        DOCUMENT | {"classes": ["A", "N", "O", "~"], "baseline": [0.0, 1.0, 2.0, 3.0], "roots": [[0], [5], [5], [5]]}
    )
    scores = np.array([-1.0, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(model.probabilities(np.zeros((1, 2)))[0], np.exp(scores) / np.exp(scores).sum())


@pytest.mark.parametrize("name", ["peaks", "intervals", "rhythm"])
def test_every_model_says_on_what_it_was_learned(name: str) -> None:
    model = load_model(name)
    assert model.version
    assert model.method
    assert len(set(model.features)) == len(model.features)
    shares = model.probabilities(np.zeros((3, len(model.features))))
    assert shares.shape == (3, len(model.classes))
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_a_clock_is_regular_and_chance_is_not() -> None:
    chance = np.random.default_rng(3)
    clock, wild = irregularity(np.full(35, 0.8)), irregularity(chance.uniform(0.4, 1.2, 35))
    assert clock is not None
    assert wild is not None
    assert (clock.median_step, clock.nn50, clock.rmssd_ratio, clock.short_long) == (0, 0, 0, 0)
    assert wild.median_step > 0.15
    # The threshold of Lake and Moorman lies between.
    assert clock.coefficient_of_entropy < -1.43 < wild.coefficient_of_entropy
    assert wild.lorenz_evidence > clock.lorenz_evidence
    assert irregularity(np.full(3, 0.8)) is None


def test_the_coefficient_of_entropy_of_a_known_series() -> None:
    """Of 0.6, 0.8 in turn, 1 match in each half; by hand: all templates of one that match go on matching."""
    rr = np.array([0.6, 0.8] * 6)
    assert coefficient_of_sample_entropy(rr) == pytest.approx(np.log(2 * 0.03) - np.log(0.7), abs=1e-6)


def test_variability_is_that_of_the_task_force() -> None:
    rr = np.array([0.80, 0.86, 0.80, 0.86] * 3)
    found = variability(np.append(0.0, np.cumsum(rr)), (NORMAL,) * 13)
    assert found is not None
    assert found.rmssd_milliseconds == pytest.approx(60)
    assert found.sdnn_milliseconds == pytest.approx(1000 * rr.std(ddof=1))
    assert found.pnn50 == 1
    assert found.seconds == pytest.approx(rr.sum())


def test_variability_leaves_out_the_intervals_beside_an_odd_beat() -> None:
    rr = np.full(20, 0.8)
    rr[9:11] = 0.5, 1.1
    kinds = [NORMAL] * 21
    kinds[10] = ODD
    found = variability(np.append(0.0, np.cumsum(rr)), tuple(kinds))
    assert found is not None
    assert found.rmssd_milliseconds == pytest.approx(0, abs=1e-6)
    kinds[3] = kinds[15] = ODD
    assert variability(np.append(0.0, np.cumsum(rr)), tuple(kinds)) is None
    assert variability(np.arange(5.0), (NORMAL,) * 5) is None


def test_spikes_go_and_sharp_beats_stay() -> None:
    seconds = np.arange(3000) / 500
    sharp = 1500 * np.exp(-((((seconds % 1) - 0.5) / 0.010) ** 2) / 2)
    np.testing.assert_array_equal(without_spikes(sharp, 500.0), sharp)
    spiked = sharp.copy()
    spiked[100::500] -= 800
    np.testing.assert_allclose(without_spikes(spiked, 500.0), sharp, atol=1)


def test_another_rate_is_the_same_curve() -> None:
    seconds = np.arange(3600) / 360
    wave = np.sin(2 * np.pi * 7 * seconds)
    at_250 = resampled(wave, 360.0)
    assert len(at_250) == 2500
    inner = slice(20, -20)
    np.testing.assert_allclose(at_250[inner], np.sin(2 * np.pi * 7 * np.arange(2500) / 250)[inner], atol=1e-3)


def test_too_coarse_is_refused_and_too_short_is_nothing() -> None:
    with pytest.raises(ValueError, match="sample_rate_hertz"):
        prepare(np.zeros(900), 49.0)
    assert prepare(np.zeros(299), 300.0) is None
