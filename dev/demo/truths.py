"""What is the matter with a demo patient: the labels, from which all measurements are made."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

DAYS = 90
# The last day but one, so that what happens on it has a day after it.
LATELY = DAYS - 2


class Archetype(StrEnum):
    """What is the matter, and so what the numbers must show."""

    TREATED_HYPERTENSION = "TREATED_HYPERTENSION"
    WHITE_COAT = "WHITE_COAT"
    DECOMPENSATING_HEART_FAILURE = "DECOMPENSATING_HEART_FAILURE"
    PAROXYSMAL_ATRIAL_FIBRILLATION = "PAROXYSMAL_ATRIAL_FIBRILLATION"
    POOR_ADHERENCE = "POOR_ADHERENCE"
    DEVICE_GAP = "DEVICE_GAP"
    HEALTHY = "HEALTHY"


CONDITIONS = {
    Archetype.TREATED_HYPERTENSION: ("HYPERTENSION",),
    Archetype.WHITE_COAT: ("WHITE_COAT_HYPERTENSION",),
    Archetype.DECOMPENSATING_HEART_FAILURE: ("HEART_FAILURE", "HYPERTENSION"),
    Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION: ("PAROXYSMAL_ATRIAL_FIBRILLATION",),
    Archetype.POOR_ADHERENCE: ("HYPERTENSION",),
    Archetype.DEVICE_GAP: ("HYPERTENSION", "TYPE_2_DIABETES"),
    Archetype.HEALTHY: (),
}


@dataclass(frozen=True)
class Numbers:
    """One value, or one change a week, of each measure: mm[Hg], /min, kg, %, steps a day."""

    systolic: float = 0.0
    pulse: float = 0.0
    weight: float = 0.0
    oxygen: float = 0.0
    steps: float = 0.0


@dataclass(frozen=True)
class Truth:
    """What is really so; days are counted from the first of the series.

    `usual` holds the person's level at home, which from `onset_day` on changes by `weekly`; from `surge_day` on
    the weight rises by `surge_kg_per_day` besides. On `missing_days` nothing is measured; where tablets are
    forgotten with it, the pressure of the day after is higher by `missed_dose_rise`. On `clinic_days` there is one
    pressure of the clinic's cuff, on `fibrillation_days` the atria fibrillate.
    """

    archetype: Archetype
    usual: Numbers
    weekly: Numbers = Numbers()
    onset_day: int = 0
    surge_day: int | None = None
    surge_kg_per_day: float = 0.0
    missing_days: frozenset[int] = frozenset()
    missed_dose_rise: float = 0.0
    clinic_days: frozenset[int] = frozenset()
    fibrillation_days: frozenset[int] = frozenset()


def _days(chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> frozenset[int]:
    return frozenset(int(day) for day in np.flatnonzero(chosen))


def _on_a_weekday(day: int, first_day: date) -> int:
    """That day of the series, or the Monday after it."""
    weekday = (first_day + timedelta(days=day)).weekday()
    return day + max(0, 7 - weekday) if weekday > 4 else day


def make_truth(archetype: Archetype, first_day: date, random: np.random.Generator) -> Truth:
    """The truth of one more person of that kind."""
    raised = {Archetype.TREATED_HYPERTENSION: 32.0, Archetype.POOR_ADHERENCE: 20.0, Archetype.DEVICE_GAP: 14.0}
    is_weak = archetype is Archetype.DECOMPENSATING_HEART_FAILURE
    usual = Numbers(
        systolic=float(random.uniform(116, 126)) + raised.get(archetype, 0.0),
        pulse=float(random.uniform(62, 74)),
        weight=float(random.uniform(60, 96)),
        oxygen=float(random.uniform(96.5, 97.5)),
        steps=float(random.uniform(3000, 4500) if is_weak else random.uniform(5500, 8500)),
    )
    # Everybody forgets a day now and then.
    missing = _days(random.random(DAYS) < 0.06)
    truth = Truth(archetype, usual, missing_days=missing)
    match archetype:
        case Archetype.TREATED_HYPERTENSION:
            truth = replace(truth, weekly=Numbers(systolic=-1.6), onset_day=14)
        case Archetype.WHITE_COAT:
            truth = replace(truth, clinic_days=frozenset(_on_a_weekday(day, first_day) for day in (10, 40, 70)))
        case Archetype.DECOMPENSATING_HEART_FAILURE:
            # Three weeks of slow retention, then the days before the ambulance.
            truth = replace(
                truth,
                weekly=Numbers(pulse=3.0, weight=1.2, oxygen=-0.9, steps=-500.0),
                onset_day=DAYS - 21,
                surge_day=DAYS - 4,
                surge_kg_per_day=0.9,
                missing_days=missing - frozenset(range(DAYS - 4, DAYS)),
            )
        case Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION:
            fibrillating = frozenset(int(day) for day in random.choice(DAYS - 5, 6, replace=False)) | {LATELY}
            truth = replace(truth, missing_days=missing - fibrillating, fibrillation_days=fibrillating)
        case Archetype.POOR_ADHERENCE:
            truth = replace(truth, missing_days=_days(random.random(DAYS) < 0.45), missed_dose_rise=12.0)
        case Archetype.DEVICE_GAP:
            truth = replace(truth, missing_days=missing | frozenset(range(50, 64)))
        case Archetype.HEALTHY:
            pass
    return truth
