"""Units to the canonical one of each kind."""

import pytest

from domain.kinds import VitalKind
from domain.rules.codes import CODES
from domain.rules.units import UNITS, UnknownUnit, to_canonical


@pytest.mark.parametrize(
    ("kind", "value", "unit", "canonical"),
    [
        ("BLOOD_PRESSURE", 120, "mm[Hg]", 120),
        ("BLOOD_PRESSURE", 16, "kPa", 120.00992),
        ("HEART_RATE", 71, "/min", 71),
        ("WEIGHT", 80.25, "kg", 80.25),
        ("WEIGHT", 80_250, "g", 80.25),
        ("WEIGHT", 180, "[lb_av]", 81.646627),
        ("OXYGEN_SATURATION", 97, "%", 97),
        ("OXYGEN_SATURATION", 0.97, "1", 97),
        ("OXYGEN_SATURATION", 1.0, "1", 100),
        ("BODY_TEMPERATURE", 37.2, "Cel", 37.2),
        ("BODY_TEMPERATURE", 98.6, "[degF]", 37),
        ("BODY_TEMPERATURE", 86, "[degF]", 30),
        ("STEPS", 4321, "{steps}", 4321),
        ("HEART_RATE_VARIABILITY_RMSSD", 0.042, "s", 42),
        ("SLEEP_DURATION", 7.5, "h", 450),
        ("SLEEP_DURATION", 27000, "s", 450),
        ("BREATHLESSNESS", 3, "{score}", 3),
    ],
)
def test_accepted_units(kind: str, value: float, unit: str, canonical: float) -> None:
    assert to_canonical(kind, value, unit) == canonical


@pytest.mark.parametrize("kind", VitalKind)
def test_no_unit_is_the_canonical_one_which_stands_first(kind: VitalKind) -> None:
    assert to_canonical(kind, 96.6, None) == 96.6
    assert next(iter(UNITS[kind])) == CODES[kind].ucum


@pytest.mark.parametrize("kind", VitalKind)
@pytest.mark.parametrize("unit", ["", "stone", "KG", "mmHg"])
def test_other_units_are_refused_with_those_that_are_accepted(kind: VitalKind, unit: str) -> None:
    with pytest.raises(UnknownUnit) as refused:
        to_canonical(kind, 1, unit)
    assert all(accepted in str(refused.value) for accepted in UNITS[kind])


def test_a_fraction_above_one_is_no_fraction() -> None:
    with pytest.raises(UnknownUnit, match="%"):
        to_canonical("OXYGEN_SATURATION", 97, "1")
