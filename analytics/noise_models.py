"""How home measurements scatter around a patient's level, per measure, before anything is known of the patient.

A reading is level + day effect + noise. The noise is independent from reading to reading (cuff, posture, rounding,
the minute); the day effect is shared by neighbouring readings and fades with the days between them (sleep, salt,
weather, a cold). Leaving the day effect out is what makes ordinary trend intervals too narrow on home series.

Where the numbers come from, and how far to trust them:

- SYSTOLIC, DIASTOLIC: noise and day effect by restricted maximum likelihood with a line per person and window, on
  314 home readings of 5 people in 9 windows of 28 days (Welltory hrv-covid19, CC0): 6.2 and 4.9, 4.5 and 3.6 mm[Hg],
  rounded. Five people are few, and least of all can they tell how fast a day effect fades: it depends on which windows
  are taken. The correlation is the one with which the intervals of simulated series hold the truth as often as they say
  (`bench.vitals_analysis`); over all 14 windows it is likelier than the 0.83 and 0.88 that the nine gave.
- STEPS, RESTING_HEART_RATE: the same fit on one value a day of 33 and 26 people: steps 2,400 noise, 900 day effect,
  0.54; resting pulse 4.7 /min with 0.48 from day to day. One value a day cannot tell noise from a fast day effect: the
  split of the pulse is assumed.
- All others are assumed, such that the intervals of simulated series are as wide as they should be: 28 daily weighings
  can tell 0.35 kg a week. Symptoms are grades, of which no straight line is made.

All are version 2 and to be fitted again on a clinic's own readings; a patient's own scatter corrects them in part
(see `analytics.trend`).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NoiseModel:
    """Scatter of one measure: standard deviations in `unit` (UCUM), correlation of day effects one day apart."""

    noise_sd: float
    day_effect_sd: float
    day_correlation: float
    unit: str
    basis: str
    version: int = 2

    def __post_init__(self) -> None:
        """Refuse numbers that are no scatter, so that no covariance is ever singular."""
        if not (self.noise_sd > 0 and self.day_effect_sd >= 0 and 0 < self.day_correlation < 1):
            raise ValueError("A noise model needs noise_sd > 0, day_effect_sd >= 0 and 0 < day_correlation < 1.")


NOISE_MODELS: Mapping[str, NoiseModel] = {
    "SYSTOLIC": NoiseModel(6.2, 4.5, 0.7, "mm[Hg]", "scatter fitted, 5 people; correlation calibrated"),
    "DIASTOLIC": NoiseModel(4.8, 3.3, 0.68, "mm[Hg]", "scatter fitted, 5 people; correlation calibrated"),
    "HEART_RATE": NoiseModel(4.0, 3.1, 0.6, "/min", "calibrated on simulated series"),
    "WEIGHT": NoiseModel(0.4, 0.48, 0.72, "kg", "calibrated on simulated series"),
    "OXYGEN_SATURATION": NoiseModel(0.95, 0.45, 0.65, "%", "calibrated on simulated series"),
    "BODY_TEMPERATURE": NoiseModel(0.2, 0.13, 0.65, "Cel", "calibrated on simulated series"),
    "STEPS": NoiseModel(2400.0, 900.0, 0.54, "{steps}", "fitted, 33 people"),
    "RESTING_HEART_RATE": NoiseModel(2.5, 4.0, 0.5, "/min", "day effect fitted, 26 people; noise assumed"),
    "RESPIRATORY_RATE": NoiseModel(1.3, 0.9, 0.6, "/min", "calibrated on simulated series"),
    "HEART_RATE_VARIABILITY_RMSSD": NoiseModel(10.0, 6.5, 0.5, "ms", "calibrated on simulated series"),
    "HEART_RATE_VARIABILITY_SDNN": NoiseModel(12.0, 7.5, 0.5, "ms", "calibrated on simulated series"),
    "SLEEP_DURATION": NoiseModel(57.0, 26.0, 0.45, "min", "calibrated on simulated series"),
}
