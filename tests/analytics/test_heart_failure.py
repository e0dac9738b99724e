"""Signs that are weak one by one and clear together."""

import numpy as np
import pytest

from analytics.heart_failure import ALERT_FROM, patient_score
from analytics.vital_findings import THRESHOLDS
from analytics.vital_online import Memory, begin, observe, watch
from analytics.vital_population import POPULATIONS

FIRST_DAY, DAYS, CHANGE = 20_000, 60, 54
SIGNS = {"WEIGHT": 1, "RESTING_HEART_RATE": 1, "OXYGEN_SATURATION": -1, "STEPS": -1, "BREATHLESSNESS": 1}


def memories(shift_sds: float, signs: dict[str, int]) -> dict[str, Memory]:
    """One reading a morning of each measure; for the last week shifted by so many standard deviations."""
    found = {}
    for number, (measure, sign) in enumerate(signs.items()):
        random = np.random.default_rng(number)
        population = POPULATIONS[measure]
        spread = float(np.hypot(population.noise_sd, population.day_effect_sd))
        by = watch(population, THRESHOLDS[measure])
        memory = begin(by)
        for day in range(DAYS):
            minute = (FIRST_DAY + day) * 1440 + 450
            value = population.level_mean + spread * (0.7 * random.normal() + (day >= CHANGE) * sign * shift_sds)
            memory, _ = observe(memory, minute, minute, value, by)
        found[measure] = memory
    return found


TODAY = FIRST_DAY + DAYS - 1


def test_weak_signs_of_one_week_add_up() -> None:
    patient = memories(1.0, SIGNS)
    together = patient_score(patient, TODAY)
    assert together.total > ALERT_FROM
    assert together.total == pytest.approx(sum(together.parts.values()))
    assert set(together.parts) == set(SIGNS)
    for measure, memory in patient.items():
        assert patient_score({measure: memory}, TODAY).total < ALERT_FROM


def test_a_steady_patient_and_one_who_moves_the_other_way_score_low() -> None:
    assert patient_score(memories(0.0, SIGNS), TODAY).total < 1
    assert patient_score(memories(1.0, {name: -sign for name, sign in SIGNS.items()}), TODAY).total < 1


def test_signs_against_count_against() -> None:
    mixed = SIGNS | {"STEPS": 1, "OXYGEN_SATURATION": 1}
    assert patient_score(memories(1.0, mixed), TODAY).total < patient_score(memories(1.0, SIGNS), TODAY).total


def test_what_has_no_readings_or_no_direction_says_nothing() -> None:
    patient = memories(1.0, SIGNS)
    assert patient_score(patient, TODAY + 40).total == 0
    assert patient_score({}, TODAY).total == 0
    chest = memories(3.0, {"CHEST_PAIN": 1})
    assert patient_score(chest, TODAY).total == 0
    never = {"WEIGHT": begin(watch(POPULATIONS["WEIGHT"], THRESHOLDS["WEIGHT"]))}
    assert patient_score(never, TODAY).total == 0
