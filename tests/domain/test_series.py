"""A thinned series keeps its ends and its extremes, and never more points than were asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.series import FEWEST_POINTS, thinned


@given(st.integers(0, 2000), st.integers(FEWEST_POINTS, 300), st.integers(0, 2**32 - 1))
def test_ends_and_extremes_stay_and_the_limit_holds(count: int, most: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(120, 10, count)
    kept = thinned(values, most)
    assert len(kept) <= most or count <= most
    assert (np.diff(kept) > 0).all()
    if count:
        assert {0, count - 1, int(values.argmin()), int(values.argmax())} <= set(kept.tolist())
    if count <= most:
        assert kept.tolist() == list(range(count))


def test_one_spike_among_ten_thousand_is_seen() -> None:
    values = np.full(10_000, 120.0)
    values[7_777] = 200.0
    values[3_333] = 60.0
    kept = values[thinned(values, 100)]
    assert (len(kept) <= 100, kept.max(), kept.min()) == (True, 200.0, 60.0)


@pytest.mark.parametrize("most", [10, 11, 99, 100])
def test_a_constant_series_is_thinned_too(most: int) -> None:
    assert 4 <= len(thinned(np.full(5_000, 120.0), most)) <= most
