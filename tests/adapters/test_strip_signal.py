"""The signal that is kept: exact where a count can be, for any number of leads and any rate."""

import numpy as np
import pytest

from adapters.strip_signal import encode_signal, read_signal


@pytest.mark.parametrize(
    ("samples", "step"),
    [
        ([0, 1, -2, 32767], 1.0),
        ([0.5, 1.0, -2.5], 0.5),
        ([0.25, 1.0, 8000.0], 0.25),
        ([0.125, -4000.0], 0.125),
        ([0.0, 0.0], 1.0),
    ],
)
def test_values_that_a_count_can_be_are_exact(samples: list[float], step: float) -> None:
    file, found = encode_signal({"I": np.array(samples, dtype=np.float64)}, 512.508)
    length, counts = read_signal(file, 0, 1, 0, 99)
    assert (found, length, (counts * found).tolist()) == (step, len(samples), samples)


@pytest.mark.parametrize(("highest", "step"), [(1000.3, 0.5), (20_000.3, 1.0), (1e6 - 0.3, 31.0)])
def test_other_values_are_at_most_half_a_count_away(highest: float, step: float) -> None:
    samples = np.linspace(-highest, highest, 777)
    file, found = encode_signal({"I": samples}, 300.0)
    _, counts = read_signal(file, 0, 1, 0, 777)
    assert found == step
    assert np.abs(counts * found - samples).max() <= step / 2 + 1e-9


def test_each_of_sixteen_leads_is_read_by_its_place_and_stretch() -> None:
    leads = {f"Channel {place}": np.arange(1000.0) + 1000 * place for place in range(16)}
    file, step = encode_signal(leads, 500.0)
    for place in (0, 7, 15):
        length, counts = read_signal(file, place, 16, 990, 2000)
        assert length == 1000
        assert (counts * step).tolist() == [1000 * place + index for index in range(990, 1000)]
