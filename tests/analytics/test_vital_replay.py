"""Readings in whatever order they come, corrected or doubled, end where those in order end."""

import json

import numpy as np

from analytics.vital_findings import THRESHOLDS
from analytics.vital_online import Watch, begin, watch
from analytics.vital_population import POPULATIONS
from analytics.vital_replay import Reading, checkpoint_before, replay, restore
from bench.vitals_worlds import MINUTES_A_DAY, World, population


def readings_of(seed: int) -> tuple[list[Reading], int, Watch]:
    series = population(seed, World(), 6, doses=True)[4]
    assert series.medication_minutes is not None
    readings = [
        Reading(minute, minute + 60, value)
        for minute, value in zip(series.minutes.tolist(), series.values.tolist(), strict=True)
    ]
    measure = series.vital.measure
    return readings, series.medication_minutes, watch(POPULATIONS[measure], THRESHOLDS[measure])


def test_late_corrected_and_doubled_readings_replay_from_a_checkpoint_to_the_same_answer() -> None:
    random = np.random.default_rng(6)
    for seed in range(8):
        true, change, by = readings_of(seed)
        direct = replay(begin(by), true, [change], by)
        assert direct.findings
        # What arrives: some readings days late, some first with a wrong value, some twice.
        arrivals: list[tuple[float, Reading | None, Reading]] = []
        for reading in true:
            late = float(random.choice([0, 0, 0, 2.5, 9])) * MINUTES_A_DAY
            at = reading.minute + late
            if random.random() < 0.1:
                wrong = reading._replace(value=reading.value * 1.5)
                arrivals += [(at, None, wrong), (at + 3 * MINUTES_A_DAY, wrong, reading)]
            else:
                arrivals += [(at, None, reading)] * int(random.choice([1, 1, 2]))
        kept: set[Reading] = set()
        memory = begin(by)
        checkpoints = [memory]
        knows_change = False
        for at, replaced, reading in sorted(arrivals, key=lambda one: (one[0], one[2])):
            kept -= {replaced} if replaced else set()
            kept.add(reading)
            new_change = not knows_change and at >= change
            knows_change |= new_change
            since = min(reading.minute, change) if new_change else reading.minute
            start = checkpoint_before(checkpoints, since) or begin(by)
            checkpoints = [one for one in checkpoints if one.sums.minute < since]
            after = [one for one in kept if one.minute > start.sums.minute]
            done = replay(start, after, [change] if knows_change else [], by)
            memory = done.memory
            checkpoints += done.checkpoints
        assert memory == direct.memory
        assert replay(begin(by), kept, [change], by).findings == direct.findings


def test_a_memory_kept_as_json_goes_on_as_if_it_had_not_been_put_away() -> None:
    readings, change, by = readings_of(9)
    half = len(readings) // 2
    before = replay(begin(by), readings[:half], [change], by)
    kept = restore(json.loads(json.dumps(before.memory)))
    assert kept == before.memory
    direct = replay(before.memory, readings[half:], [change], by)
    assert replay(kept, readings[half:], [change], by) == direct


def test_checkpoints_lie_a_week_apart_and_know_nothing_later() -> None:
    readings, _, by = readings_of(10)
    checkpoints = replay(begin(by), readings, [], by).checkpoints
    weeks = {reading.minute // (7 * MINUTES_A_DAY) for reading in readings}
    assert len(checkpoints) == len(weeks) - 1
    chosen = checkpoint_before(checkpoints, checkpoints[3].sums.minute)
    assert chosen == checkpoints[2]
    assert checkpoint_before(checkpoints, readings[0].minute) is None
