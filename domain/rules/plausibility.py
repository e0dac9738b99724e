"""What a body can show: outside the hard limits a value is refused, outside the soft ones kept with a flag.

Hard limits: published quality-control code (systolic 40-300, diastolic 20-200, heart rate 20-300, SpO2 50-100,
temperature 30-45) and, for weight, Chan & Raffa 2017 (22.7-340.2 kg). Pulse pressure and soft limits are our
own and to be confirmed by a clinician.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Both ranges of one number in `unit` (UCUM), ends included, and where the hard one comes from."""

    hard: tuple[float, float]
    soft: tuple[float, float]
    unit: str
    source: str


_QUALITY_CONTROL = "published quality-control code [V]"
_CLEANING = "Chan & Raffa 2017, cleaning of veterans' weights [V]; the soft limit is personal and not checked here"

SYMPTOMS = ("BREATHLESSNESS", "CHEST_PAIN", "DIZZINESS", "SWELLING")

LIMITS: Mapping[str, Limits] = {
    "systolic": Limits((40, 300), (70, 220), "mm[Hg]", _QUALITY_CONTROL),
    "diastolic": Limits((20, 200), (40, 130), "mm[Hg]", _QUALITY_CONTROL),
    "pulse": Limits((20, 300), (35, 180), "/min", _QUALITY_CONTROL),
    "HEART_RATE": Limits((20, 300), (35, 180), "/min", _QUALITY_CONTROL),
    "WEIGHT": Limits((22.7, 340.2), (22.7, 340.2), "kg", _CLEANING),
    "OXYGEN_SATURATION": Limits((50, 100), (80, 100), "%", _QUALITY_CONTROL),
    "BODY_TEMPERATURE": Limits((30, 45), (34, 41.5), "Cel", _QUALITY_CONTROL),
    "STEPS": Limits((0, 100_000), (0, 40_000), "{steps}", "own, from memory [M]"),
    "RESTING_HEART_RATE": Limits((20, 300), (35, 120), "/min", _QUALITY_CONTROL),
    "RESPIRATORY_RATE": Limits((4, 60), (8, 40), "/min", _QUALITY_CONTROL),
    "HEART_RATE_VARIABILITY_RMSSD": Limits((1, 500), (5, 200), "ms", "own, to be confirmed by a clinician"),
    "HEART_RATE_VARIABILITY_SDNN": Limits((1, 500), (5, 250), "ms", "own, to be confirmed by a clinician"),
    "SLEEP_DURATION": Limits((0, 1440), (120, 840), "min", "a day has 1440 minutes; the soft limit is our own"),
    **dict.fromkeys(SYMPTOMS, Limits((0, 10), (0, 10), "{score}", "numeric rating scale from 0 to 10")),
}
_USUAL_FRACTION = (0.8, 1.0)
# 30 to 45 Cel.
_USUAL_FAHRENHEIT = (86.0, 113.0)
POUNDS_A_KILOGRAM = 2.205
UNIT_SLIP_TOLERANCE = 0.03
# More than this away from what the patient usually weighs is kept with a flag; own, to be confirmed by a clinician.
USUAL_WEIGHT_CHANGE = 0.08
LEAST_PULSE_PRESSURE = 10
USUAL_PULSE_PRESSURE = (20, 100)


@dataclass(frozen=True)
class Problem:
    """Why a value is refused."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """Problems refuse; flags are kept with the value."""

    problems: tuple[Problem, ...] = ()
    flags: tuple[str, ...] = ()


FINE = Verdict()


def _check(name: str, field: str, value: float) -> Verdict:
    limits = LIMITS[name]
    low, high = limits.hard
    if not math.isfinite(value) or not low <= value <= high:
        sentence = f"{field} must be between {low:g} and {high:g} {limits.unit}."
        return Verdict(problems=(Problem(field, "OUT_OF_RANGE", sentence),))
    if not limits.soft[0] <= value <= limits.soft[1]:
        return Verdict(flags=(f"UNUSUAL_{field.upper()}",))
    return FINE


def check_quantity(kind: str, value: float) -> Verdict:
    """The verdict on one value in its canonical unit; what looks like a slip is offered back as such."""
    verdict = _check(kind, "value", value)
    if verdict.problems and (slip := _slip(kind, value)) is not None:
        return Verdict((slip,))
    return verdict


def _slip(kind: str, value: float) -> Problem | None:
    """What a value beyond every body probably meant; nothing where it could mean several things."""
    if kind == "OXYGEN_SATURATION" and _USUAL_FRACTION[0] <= value <= _USUAL_FRACTION[1]:
        offered = f"{100 * value:g} %, or the unit 1 with the fraction"
        return Problem("value", "FRACTION", f"The saturation looks like a fraction; did you mean {offered}?")
    if kind == "BODY_TEMPERATURE" and _USUAL_FAHRENHEIT[0] <= value <= _USUAL_FAHRENHEIT[1]:
        return Problem("value", "FAHRENHEIT", "The temperature looks like Fahrenheit; then send the unit [degF].")
    low, high = LIMITS[kind].soft
    meant = [moved for moved in (round(value * 10, 6), round(value / 10, 6)) if low <= moved <= high and low > 0]
    if len(meant) == 1:
        question = f"The decimal point looks misplaced; did you mean {meant[0]:g} {LIMITS[kind].unit}?"
        return Problem("value", "DECIMAL_SLIP", question)
    return None


def check_weight_against(level_kilograms: float, value: float) -> Problem | None:
    """Whether a weight is another unit's number for what this patient weighs.

    Source: Chan & Raffa 2017, cleaning of veterans' weights: within 3 % of the ratio between pound and kilogram.
    """
    for ratio, code, meant in (
        (POUNDS_A_KILOGRAM, "POUNDS_FOR_KILOGRAMS", "The weight looks like pounds; then send the unit [lb_av]."),
        (1 / POUNDS_A_KILOGRAM, "KILOGRAMS_FOR_POUNDS", "The weight looks like kilograms; then send the unit kg."),
    ):
        if abs(value / (level_kilograms * ratio) - 1) <= UNIT_SLIP_TOLERANCE:
            return Problem("value", code, meant)
    return None


def check_blood_pressure(systolic: float, diastolic: float, pulse: float | None) -> Verdict:
    """The verdict on one blood pressure in mm[Hg], pulse in /min."""
    parts = [_check("systolic", "systolic", systolic), _check("diastolic", "diastolic", diastolic)]
    if pulse is not None:
        parts.append(_check("pulse", "pulse", pulse))
    low, high = USUAL_PULSE_PRESSURE
    if low <= systolic - diastolic <= high and all(part is FINE for part in parts):
        return FINE
    problems = tuple(problem for part in parts for problem in part.problems)
    flags = tuple(flag for part in parts for flag in part.flags)
    # Only a swap that would then be kept is offered; it comes first, because 70/210 is a swap, not two slips.
    if systolic < diastolic and not check_blood_pressure(diastolic, systolic, pulse).problems:
        swapped = f"The numbers look swapped; did you mean {diastolic:g}/{systolic:g}?"
        return Verdict((Problem("systolic", "SWAPPED_PRESSURES", swapped),))
    if problems:
        return Verdict(problems)
    if systolic - diastolic < LEAST_PULSE_PRESSURE:
        near = f"Systolic must be at least {LEAST_PULSE_PRESSURE} mm[Hg] above diastolic."
        return Verdict((Problem("diastolic", "PULSE_PRESSURE", near),))
    if not low <= systolic - diastolic <= high:
        flags += ("UNUSUAL_PULSE_PRESSURE",)
    return Verdict(flags=flags)
