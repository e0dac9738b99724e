"""Findings: the same in a batch, in pieces and reading by reading; causal; quiet; explained where a record explains."""

import time
from itertools import pairwise

import numpy as np
import pytest

from analytics import vital_batch
from analytics.vital_batch import Batch, find
from analytics.vital_findings import REFRACTORY_DAYS, THRESHOLDS, Finding, FindingDirection, FindingKind
from analytics.vital_online import begin, note_change, observe, watch
from analytics.vital_population import POPULATIONS
from bench.vitals_findings import batches, findings
from bench.vitals_worlds import MINUTES_A_DAY, Series, World, population

BEGIN = 29_459_520
LASTING = {FindingKind.SHIFT, FindingKind.RAMP, FindingKind.DRIFT, FindingKind.VARIABILITY}


@pytest.fixture(scope="module")
def some() -> list[Series]:
    """Series of the hard world, a part of them with a dose that was recorded."""
    return population(2, World(), 160) + population(2, World(), 80, doses=True)


def one_by_one(series: Series) -> list[Finding]:
    by = watch(POPULATIONS[series.vital.measure], THRESHOLDS[series.vital.measure])
    memory = begin(by)
    found: list[Finding] = []
    changes = [] if series.medication_minutes is None else [series.medication_minutes]
    for minute, value in zip(series.minutes.tolist(), series.values.tolist(), strict=True):
        while changes and changes[0] <= minute:
            memory = note_change(memory, changes.pop(0))
        memory, new = observe(memory, minute, minute, value, by)
        found += new
    return found


def test_reading_by_reading_finds_exactly_what_a_batch_finds(some: list[Series]) -> None:
    together = findings(some)
    assert sum(map(len, together)) > 200
    assert [one_by_one(series) for series in some] == together


@pytest.mark.parametrize("pieces", [1, 2, 8])
def test_pieces_find_exactly_what_the_whole_finds(some: list[Series], pieces: int) -> None:
    together = findings(some)
    for piece in range(pieces):
        assert findings(some[piece::pieces]) == together[piece::pieces]


def test_the_size_of_a_block_changes_nothing(some: list[Series], monkeypatch: pytest.MonkeyPatch) -> None:
    together = findings(some)
    monkeypatch.setattr(vital_batch, "MOST_CELLS", 1000)
    assert findings(some) == together


def test_series_with_a_reading_a_minute_take_no_longer_than_their_readings() -> None:
    """Beside each other, two such series took a tenth of a millisecond for each reading."""
    minutes = np.tile(BEGIN + np.arange(30_000), 2)
    values = 70 + np.random.default_rng(8).normal(size=60_000)
    batch = Batch(minutes, minutes, values, np.array([0, 30_000, 60_000]), {})
    begun = time.process_time()
    find(POPULATIONS["HEART_RATE"], batch, THRESHOLDS["HEART_RATE"])
    assert time.process_time() - begun < 4


def test_what_comes_later_changes_no_finding_of_before(some: list[Series]) -> None:
    random = np.random.default_rng(3)
    for measure, _, batch in batches(some[:120]):
        whole = find(POPULATIONS[measure], batch, THRESHOLDS[measure])
        kept = [int(random.integers(1, count + 1)) for count in np.diff(batch.starts)]
        places = np.concatenate(
            [np.arange(start, start + count) for start, count in zip(batch.starts[:-1], kept, strict=True)]
        )
        cut = Batch(
            batch.minutes[places],
            batch.local_minutes[places],
            batch.values[places],
            np.cumsum([0, *kept]),
            batch.changes,
        )
        expected = [one for one in whole if one[1].reading < kept[one[0]]]
        assert find(POPULATIONS[measure], cut, THRESHOLDS[measure]) == expected


def made(days: np.ndarray, values: np.ndarray, measure: str = "WEIGHT", changes: tuple[int, ...] = ()) -> list[Finding]:
    minutes = BEGIN + np.round(np.asarray(days) * MINUTES_A_DAY).astype(np.int64)
    batch = Batch(minutes, minutes, np.asarray(values, dtype=float), np.array([0, len(minutes)]), {0: changes})
    return [finding for _, finding in find(POPULATIONS[measure], batch, THRESHOLDS[measure])]


def mornings(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Weighings of one that stay as they are."""
    random = np.random.default_rng(seed)
    return np.arange(count) + 0.3, 80 + 0.3 * random.normal(size=count)


def test_a_slip_is_told_when_it_comes_and_never_again() -> None:
    days, values = mornings(60)
    values[40] = 176.4
    (finding,) = made(days, values)
    assert (finding.kind, finding.direction, finding.reading, finding.onset_reading) == ("POINT", "UP", 40, 40)
    assert finding.observed == 176.4
    assert 78.5 < finding.expected_low < 80 < finding.expected_high < 81.5
    assert not finding.explained
    assert finding.version == "findings-1/population-1/thresholds-1"


@pytest.mark.parametrize("direction", [1, -1])
def test_a_shift_is_told_once_with_its_size_and_its_beginning(direction: int) -> None:
    days, values = mornings(90)
    values[50:] += direction * 1.4
    (finding,) = made(days, values)
    assert finding.kind == FindingKind.SHIFT
    assert finding.direction == (FindingDirection.UP if direction > 0 else FindingDirection.DOWN)
    assert 50 <= finding.reading <= 53
    assert finding.onset_reading == 50
    assert finding.onset_minute == BEGIN + round(50.3 * MINUTES_A_DAY)
    assert abs(finding.observed - 80 - 1.4 * direction) < 0.5
    assert finding.expected_low < finding.expected_high
    assert (finding.observed > finding.expected_high) if direction > 0 else (finding.observed < finding.expected_low)


def test_a_slow_drift_is_called_one() -> None:
    days, values = mornings(90, seed=4)
    values += np.clip((days - 45) / 28, 0, 1) * 1.6
    finding = made(days, values)[0]
    assert finding.kind == FindingKind.DRIFT
    assert finding.direction == "UP"
    assert 45 < (finding.minute - BEGIN) / MINUTES_A_DAY < 70


def test_restlessness_is_called_variability_in_units_of_a_standard_deviation() -> None:
    days, values = mornings(100, seed=5)
    values[60:] = 80 + 3.5 * (values[60:] - 80)
    finding = next(one for one in made(days, values) if one.kind in LASTING)
    assert finding.kind == FindingKind.VARIABILITY
    assert finding.direction == "UP"
    assert finding.observed > finding.expected_high > finding.expected_low > 0
    assert finding.expected_high < 2


def test_nothing_lasting_is_told_before_three_weeks_and_nothing_at_all_before_ten_readings() -> None:
    days, values = mornings(20)
    values[8] = 176.4
    values[12:] += 8
    assert [one for one in made(days, values) if one.kind in LASTING] == []
    assert [one.reading for one in made(days, values) if one.reading < 9] == []


def test_a_step_after_a_recorded_change_of_medication_is_explained_and_then_taken_for_granted() -> None:
    days, values = mornings(120)
    values[50:] -= 1.4
    change = BEGIN + round(49.5 * MINUTES_A_DAY)
    (explained,) = made(days, values, changes=(change,))
    assert (explained.kind, explained.direction, explained.explained) == ("SHIFT", "DOWN", True)
    (unexplained,) = made(days, values)
    assert unexplained == explained._replace(explained=False)
    # Coming back to the old level later is a change of its own, which nothing accounts for.
    values[90:] += 1.4
    _, back = made(days, values, changes=(change,))
    assert (back.direction, back.explained) == ("UP", False)
    assert 90 <= back.reading <= 93


def test_a_change_of_medication_explains_nothing_that_began_long_before_or_comes_long_after() -> None:
    days, values = mornings(90)
    values[50:] += 1.4
    for at in (20.0, 56.0):
        (finding,) = made(days, values, changes=(BEGIN + round(at * MINUTES_A_DAY),))
        assert not finding.explained


def test_a_single_slip_in_a_series_of_one_reading_a_week_is_nothing_lasting() -> None:
    """A window that held the slip alone raised VARIABILITY."""
    values = 80 + 0.3 * np.random.default_rng(9).normal(size=40)
    values[30] = 176.4
    for measure in ("WEIGHT", "HEART_RATE"):
        assert [one.kind for one in made(np.arange(40) * 8 + 0.3, values, measure)] == [FindingKind.POINT]


def test_lasting_findings_of_a_series_lie_a_week_apart() -> None:
    apart = [
        later.minute - earlier.minute
        for found in findings(population(4, World(point_errors=0.03), 400))
        for earlier, later in pairwise([one for one in found if one.kind in LASTING])
    ]
    assert len(apart) > 20
    assert min(apart) >= REFRACTORY_DAYS * MINUTES_A_DAY


def test_rounding_devices_hours_and_weekends_stay_within_the_alert_budget() -> None:
    """A month of a steady series of the hard world raises something lasting less than once in ten."""
    series = [one for one in population(5, World(), 1200) if one.change is None]
    raised = sum(one.kind in LASTING for found in findings(series) for one in found)
    assert raised / (len(series) * 69 / 30) < 0.1


def test_a_journey_to_another_clock_is_no_finding() -> None:
    """The patient's day goes back, the world's does not."""
    days, values = mornings(60)
    minutes = BEGIN + np.round(days * MINUTES_A_DAY).astype(np.int64)
    local = minutes + np.where(np.arange(60) < 30, 600, -600)
    batch = Batch(minutes, local, values, np.array([0, 60]), {})
    assert find(POPULATIONS["WEIGHT"], batch, THRESHOLDS["WEIGHT"]) == []
    by = watch(POPULATIONS["WEIGHT"], THRESHOLDS["WEIGHT"])
    memory = begin(by)
    for minute, clock, value in zip(minutes.tolist(), local.tolist(), values.tolist(), strict=True):
        memory, found = observe(memory, minute, clock, value, by)
        assert found == ()


def test_a_series_without_any_spread_is_no_trouble() -> None:
    days, _ = mornings(200)
    assert made(days, np.full(200, 97.0), "OXYGEN_SATURATION") == []
