"""Signs of decompensation of one patient taken together: weight up, pulse up, saturation down, steps down, symptoms up.

Each series by itself may stay below its threshold. The log-likelihood ratio of "everything moved the way of heart
failure by `SHIFT_SDS` standard deviations, so many days ago" against "nothing moved" adds up over the series; what
moved the other way counts against it. Standard deviations are the patient's own, as the robust filter foresees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.vital_online import Memory
from analytics.vital_scores import SHARED, WINDOWS_DAYS

METHOD = "signed log-likelihood ratios of the robust filter, summed over series"
VERSION = 1
SHIFT_SDS = 1.0
# Windows of up to two weeks: decompensation grows over days, and what is older was there before.
LONGEST_WINDOW_DAYS = 14
WINDOWS = tuple(days for days in WINDOWS_DAYS if days <= LONGEST_WINDOW_DAYS)
DIRECTIONS: Mapping[str, int] = {
    "WEIGHT": 1,
    "HEART_RATE": 1,
    "RESTING_HEART_RATE": 1,
    "RESPIRATORY_RATE": 1,
    "OXYGEN_SATURATION": -1,
    "STEPS": -1,
    "BREATHLESSNESS": 1,
    "SWELLING": 1,
}
# Odds of e to the fifth, about 150 to 1; to be calibrated on a clinic's own patients.
ALERT_FROM = 5.0


@dataclass(frozen=True)
class PatientScore:
    """The highest sum of all windows, its window in days, and each measure's part in it."""

    total: float
    window_days: int
    parts: Mapping[str, float]
    method: str = METHOD
    version: int = VERSION


def evidence(memory: Memory, day: int, window_days: int) -> tuple[float, int]:
    """Sum of innovations and number of readings of the last days up to a day (days since 1970, the patient's clock)."""
    place = memory.sums.place + day - memory.last_day
    inside = [one for one in memory.days if one.place > place - window_days]
    if not inside:
        return 0.0, 0
    return memory.sums.z - inside[0].z, memory.sums.readings - inside[0].readings


def likelihood_ratio(z_sum: float, readings: int, window_days: int, direction: int) -> float:
    """Logarithm, for a shift of `SHIFT_SDS` to one side of so many readings that share a part of their noise."""
    shared = 1.0 + SHARED / window_days * readings
    return (SHIFT_SDS * direction * z_sum - SHIFT_SDS**2 * readings / 2) / shared


def patient_score(memories: Mapping[str, Memory], day: int) -> PatientScore:
    """How clearly a patient's series together look like decompensation.

    Args:
        memories: by measure, the memory of its series; measures without a direction are left out.
        day: today, in days since 1970 by the patient's clock; no earlier than any reading.
    """
    best = PatientScore(0.0, WINDOWS[0], {})
    for window in WINDOWS:
        parts = {
            measure: likelihood_ratio(*evidence(memory, day, window), window, DIRECTIONS[measure])
            for measure, memory in memories.items()
            if measure in DIRECTIONS
        }
        total = sum(parts.values())
        if total > best.total:
            best = PatientScore(total, window, parts)
    return best
