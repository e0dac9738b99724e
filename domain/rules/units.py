"""UCUM units: what is accepted for each kind, and its canonical unit."""

from collections.abc import Mapping

FRACTION = "1"
# Factor and offset to the canonical unit, which stands first. Factors: UCUM 2.1, table 4 (base on NIST SP 811).
UNITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "BLOOD_PRESSURE": {"mm[Hg]": (1.0, 0.0), "kPa": (7.50062, 0.0)},
    "HEART_RATE": {"/min": (1.0, 0.0)},
    "WEIGHT": {"kg": (1.0, 0.0), "g": (0.001, 0.0), "[lb_av]": (0.45359237, 0.0)},
    "OXYGEN_SATURATION": {"%": (1.0, 0.0), FRACTION: (100.0, 0.0)},
    "BODY_TEMPERATURE": {"Cel": (1.0, 0.0), "[degF]": (5 / 9, -160 / 9)},
    "STEPS": {"{steps}": (1.0, 0.0)},
    "RESTING_HEART_RATE": {"/min": (1.0, 0.0)},
    "RESPIRATORY_RATE": {"/min": (1.0, 0.0)},
    "HEART_RATE_VARIABILITY_RMSSD": {"ms": (1.0, 0.0), "s": (1000.0, 0.0)},
    "HEART_RATE_VARIABILITY_SDNN": {"ms": (1.0, 0.0), "s": (1000.0, 0.0)},
    "SLEEP_DURATION": {"min": (1.0, 0.0), "h": (60.0, 0.0), "s": (1 / 60, 0.0)},
    **{kind: {"{score}": (1.0, 0.0)} for kind in ("BREATHLESSNESS", "CHEST_PAIN", "DIZZINESS", "SWELLING")},
}


class UnknownUnit(ValueError):
    """A unit that is not accepted for this kind; the sentence names those that are."""


def to_canonical(kind: str, value: float, unit: str | None) -> float:
    """`value` in the kind's canonical unit; no unit means the canonical one.

    Raises:
        UnknownUnit: the unit is none of the kind's, or the value cannot be in it (a fraction above 1).
    """
    accepted = UNITS[kind]
    if unit is None:
        return value
    if unit not in accepted:
        raise UnknownUnit("The unit is not known here; use one of " + ", ".join(accepted) + ".")
    if unit == FRACTION and value > 1:
        raise UnknownUnit("In the unit 1 a value is a fraction of at most 1; use one of " + ", ".join(accepted) + ".")
    factor, offset = accepted[unit]
    return value if (factor, offset) == (1.0, 0.0) else round(value * factor + offset, 6)
