"""What is known of a home series before its patient is: the filter's parameters per measure, as versioned data.

A reading is level + day effect + circadian swing + noise. Levels differ between patients and wander slowly; a day
effect is shared by readings that lie close and fades; the swing has a period of 24 hours and a size and phase of the
patient's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True)
class Population:
    """One measure: seven parameters in `unit` (UCUM); standard deviations but for the mean and the correlation.

    `level_sd` is how far patients' levels lie apart, `wander_sd` how far a level moves in a day, `day_correlation` that
    of day effects one day apart, `swing_sd` that of the cosine's and the sine's coefficient each.
    """

    level_mean: float
    level_sd: float
    wander_sd: float
    day_effect_sd: float
    day_correlation: float
    swing_sd: float
    noise_sd: float
    unit: str

    def __post_init__(self) -> None:
        """Refuse numbers that are no population, so that no variance is ever zero or negative."""
        spreads = (self.level_sd, self.noise_sd, self.day_effect_sd, self.swing_sd)
        if not (min(spreads) > 0 and self.wander_sd >= 0 and 0 < self.day_correlation < 1):
            raise ValueError("A population needs positive spreads and 0 < day_correlation < 1.")


POPULATIONS: Mapping[str, Population] = {
    "SYSTOLIC": Population(134, 14, 0.17, 4.0, 0.5, 3.0, 6.0, "mm[Hg]"),
    "DIASTOLIC": Population(80, 9, 0.13, 3.0, 0.5, 2.3, 4.5, "mm[Hg]"),
    "HEART_RATE": Population(70, 9, 0.12, 3.0, 0.5, 3.0, 4.0, "/min"),
    "WEIGHT": Population(82, 15, 0.015, 0.45, 0.7, 0.2, 0.4, "kg"),
    "OXYGEN_SATURATION": Population(96.3, 1.2, 0.025, 0.45, 0.5, 0.25, 0.95, "%"),
    "BODY_TEMPERATURE": Population(36.6, 0.25, 0.006, 0.12, 0.5, 0.2, 0.2, "Cel"),
    "STEPS": Population(6000, 2500, 60, 900, 0.5, 100, 2300, "{steps}"),
    "RESTING_HEART_RATE": Population(64, 8, 0.09, 2.5, 0.5, 0.2, 2.5, "/min"),
    "RESPIRATORY_RATE": Population(15, 2, 0.035, 0.8, 0.5, 0.3, 1.2, "/min"),
    "HEART_RATE_VARIABILITY_RMSSD": Population(35, 12, 0.27, 6, 0.5, 2.3, 9, "ms"),
    "HEART_RATE_VARIABILITY_SDNN": Population(45, 15, 0.32, 7, 0.5, 2.3, 11, "ms"),
    "SLEEP_DURATION": Population(420, 45, 1.5, 25, 0.4, 5, 55, "min"),
    **dict.fromkeys(
        ("BREATHLESSNESS", "CHEST_PAIN", "DIZZINESS", "SWELLING"),
        Population(1.5, 1.5, 0.03, 0.5, 0.5, 0.2, 0.8, "{score}"),
    ),
}
