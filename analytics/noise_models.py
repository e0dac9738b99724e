"""How home measurements scatter around a patient's level, per measure, before anything is known of the patient.

A reading is level + day effect + noise. The noise is independent from reading to reading (cuff, posture, rounding,
the minute); the day effect is shared by neighbouring readings and fades with the days between them (sleep, salt,
weather, a cold). Leaving the day effect out is what makes ordinary trend intervals too narrow on home series.

Where the numbers come from, and how far to trust them:

- SYSTOLIC, DIASTOLIC: restricted maximum likelihood with a line per person and window, on 314 home readings of 5
  people in 9 windows of 28 days (Welltory hrv-covid19, CC0): noise 6.2 and 4.9, day effect 4.5 and 3.6 mm[Hg],
  correlation 0.83 and 0.88 from day to day; rounded. Five people are few.
- HEART_RATE, STEPS: the same fit on one value a day of 26 and 33 people: resting pulse 4.7 /min with 0.48 from day to
  day; steps 2,400 noise, 900 day effect, 0.54. One value a day cannot tell noise from a fast day effect: the split of
  the heart rate is assumed.
- WEIGHT: assumed, so that 28 daily weighings can tell about 0.4 kg a week.
- RESTING_HEART_RATE: the day effect of the resting pulse above; RESPIRATORY_RATE, heart rate variability and
  SLEEP_DURATION: assumed. Symptoms are grades, of which no straight line is made.
- OXYGEN_SATURATION, BODY_TEMPERATURE: assumed; the data has one person each (temperature 0.2 Cel in all).

All are version 1 and to be fitted again on a clinic's own readings; a patient's own scatter corrects them in part
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
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers that are no scatter, so that no covariance is ever singular."""
        if not (self.noise_sd > 0 and self.day_effect_sd >= 0 and 0 < self.day_correlation < 1):
            raise ValueError("A noise model needs noise_sd > 0, day_effect_sd >= 0 and 0 < day_correlation < 1.")


NOISE_MODELS: Mapping[str, NoiseModel] = {
    "SYSTOLIC": NoiseModel(6.2, 4.5, 0.83, "mm[Hg]", "fitted, 5 people"),
    "DIASTOLIC": NoiseModel(4.9, 3.6, 0.88, "mm[Hg]", "fitted, 5 people"),
    "HEART_RATE": NoiseModel(4.0, 4.5, 0.5, "/min", "day effect fitted, 26 people; noise assumed"),
    "WEIGHT": NoiseModel(0.35, 0.5, 0.85, "kg", "assumed"),
    "OXYGEN_SATURATION": NoiseModel(1.0, 0.6, 0.7, "%", "assumed"),
    "BODY_TEMPERATURE": NoiseModel(0.2, 0.15, 0.7, "Cel", "assumed"),
    "STEPS": NoiseModel(2400.0, 900.0, 0.54, "{steps}", "fitted, 33 people"),
    "RESTING_HEART_RATE": NoiseModel(2.5, 4.0, 0.5, "/min", "day effect fitted, 26 people; noise assumed"),
    "RESPIRATORY_RATE": NoiseModel(1.5, 1.0, 0.7, "/min", "assumed"),
    "HEART_RATE_VARIABILITY_RMSSD": NoiseModel(12.0, 8.0, 0.5, "ms", "assumed"),
    "HEART_RATE_VARIABILITY_SDNN": NoiseModel(15.0, 10.0, 0.5, "ms", "assumed"),
    "SLEEP_DURATION": NoiseModel(60.0, 30.0, 0.5, "min", "assumed"),
}
