"""What is refused, what is kept with a flag, at every limit."""

import math

import pytest

from domain.kinds import VitalKind
from domain.rules.codes import CODES
from domain.rules.plausibility import LIMITS, check_blood_pressure, check_quantity, check_weight_against

QUANTITIES = [kind for kind in VitalKind if kind is not VitalKind.BLOOD_PRESSURE]


def codes(systolic: float, diastolic: float, pulse: float | None = None) -> list[tuple[str, str]]:
    """Field and code of each problem."""
    return [(one.field, one.code) for one in check_blood_pressure(systolic, diastolic, pulse).problems]


@pytest.mark.parametrize("kind", QUANTITIES)
def test_quantities_are_kept_up_to_both_hard_limits_and_not_beyond(kind: VitalKind) -> None:
    low, high = LIMITS[kind].hard
    for value in (low, high):
        assert check_quantity(kind, value).problems == ()
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), math.nan, math.inf, -math.inf):
        (problem,) = check_quantity(kind, value).problems
        assert problem.field == "value"
        assert problem.code in {"OUT_OF_RANGE", "DECIMAL_SLIP"}
        assert problem.code == "DECIMAL_SLIP" or problem.message.endswith(f" {CODES[kind].ucum}.")


@pytest.mark.parametrize("kind", QUANTITIES)
def test_unusual_quantities_are_kept_with_a_flag(kind: VitalKind) -> None:
    limits = LIMITS[kind]
    for value, beyond in zip(limits.soft, (-math.inf, math.inf), strict=True):
        assert check_quantity(kind, value).flags == ()
        further = math.nextafter(value, beyond)
        flagged = limits.hard[0] <= further <= limits.hard[1]
        assert check_quantity(kind, further).flags == (("UNUSUAL_VALUE",) if flagged else ())


def test_every_limit_has_a_source_and_lies_inside_out() -> None:
    for limits in LIMITS.values():
        assert limits.hard[0] <= limits.soft[0] < limits.soft[1] <= limits.hard[1]
        assert limits.source


@pytest.mark.parametrize(
    ("systolic", "diastolic", "pulse", "expected"),
    [
        (120, 80, None, []),
        (120, 80, 70, []),
        (300, 200, 300, []),
        (40, 20, 20, []),
        (301, 80, None, [("systolic", "OUT_OF_RANGE")]),
        (39, 20, None, [("systolic", "OUT_OF_RANGE")]),
        (120, 19, None, [("diastolic", "OUT_OF_RANGE")]),
        (250, 201, None, [("diastolic", "OUT_OF_RANGE")]),
        (120, 80, 19, [("pulse", "OUT_OF_RANGE")]),
        (301, 19, 301, [("systolic", "OUT_OF_RANGE"), ("diastolic", "OUT_OF_RANGE"), ("pulse", "OUT_OF_RANGE")]),
        (math.nan, 80, None, [("systolic", "OUT_OF_RANGE")]),
        (120, math.inf, None, [("diastolic", "OUT_OF_RANGE")]),
        (120, 80, math.nan, [("pulse", "OUT_OF_RANGE")]),
        (80, 120, None, [("systolic", "SWAPPED_PRESSURES")]),
        (70, 210, None, [("systolic", "SWAPPED_PRESSURES")]),
        (110, 120, None, [("systolic", "SWAPPED_PRESSURES")]),
        (111, 120, None, [("diastolic", "PULSE_PRESSURE")]),
        (100, 100, None, [("diastolic", "PULSE_PRESSURE")]),
        (109, 100, None, [("diastolic", "PULSE_PRESSURE")]),
        (110, 100, None, []),
    ],
)
def test_pressures(systolic: float, diastolic: float, pulse: float | None, expected: list[tuple[str, str]]) -> None:
    assert codes(systolic, diastolic, pulse) == expected


def test_a_swapped_pair_is_offered_the_right_way_round() -> None:
    (problem,) = check_blood_pressure(80, 130, None).problems
    assert problem.message == "The numbers look swapped; did you mean 130/80?"


@pytest.mark.parametrize(
    ("systolic", "diastolic", "pulse", "flags"),
    [
        (220, 130, 180, ()),
        (221, 130, None, ("UNUSUAL_SYSTOLIC",)),
        (69, 45, None, ("UNUSUAL_SYSTOLIC",)),
        (200, 131, None, ("UNUSUAL_DIASTOLIC",)),
        (120, 80, 181, ("UNUSUAL_PULSE",)),
        (120, 80, 34, ("UNUSUAL_PULSE",)),
        (100, 80, None, ()),
        (99, 80, None, ("UNUSUAL_PULSE_PRESSURE",)),
        (180, 80, None, ()),
        (181, 80, None, ("UNUSUAL_PULSE_PRESSURE",)),
    ],
)
def test_unusual_pressures(systolic: float, diastolic: float, pulse: float | None, flags: tuple[str, ...]) -> None:
    verdict = check_blood_pressure(systolic, diastolic, pulse)
    assert (verdict.problems, verdict.flags) == ((), flags)


@pytest.mark.parametrize(
    ("kind", "value", "code", "offered"),
    [
        ("WEIGHT", 8.02, "DECIMAL_SLIP", "80.2 kg"),
        ("WEIGHT", 802, "DECIMAL_SLIP", "80.2 kg"),
        ("WEIGHT", 2.2, "OUT_OF_RANGE", "22.7 and 340.2"),
        ("BODY_TEMPERATURE", 372, "DECIMAL_SLIP", "37.2 Cel"),
        ("BODY_TEMPERATURE", 3.72, "DECIMAL_SLIP", "37.2 Cel"),
        ("BODY_TEMPERATURE", 98.6, "FAHRENHEIT", "[degF]"),
        ("BODY_TEMPERATURE", 85.9, "OUT_OF_RANGE", "30 and 45"),
        ("OXYGEN_SATURATION", 0.97, "FRACTION", "97 %"),
        ("OXYGEN_SATURATION", 9.7, "DECIMAL_SLIP", "97 %"),
        ("OXYGEN_SATURATION", 970, "DECIMAL_SLIP", "97 %"),
        ("HEART_RATE", 7.1, "DECIMAL_SLIP", "71 /min"),
        ("HEART_RATE", 710, "DECIMAL_SLIP", "71 /min"),
        ("STEPS", -5, "OUT_OF_RANGE", "0 and 100000"),
        ("BREATHLESSNESS", 11, "OUT_OF_RANGE", "0 and 10"),
    ],
)
def test_a_slip_is_offered_back_as_what_it_probably_meant(kind: str, value: float, code: str, offered: str) -> None:
    (problem,) = check_quantity(kind, value).problems
    assert (problem.code, offered in problem.message) == (code, True)


@pytest.mark.parametrize(
    ("level", "value", "code"),
    [
        (81.2, 179.0, "POUNDS_FOR_KILOGRAMS"),
        (81.2, 81.2 * 2.205 * 1.0299, "POUNDS_FOR_KILOGRAMS"),
        (81.2, 81.2 * 2.205 * 1.0301, None),
        (81.2, 81.2 * 2.205 * 0.9701, "POUNDS_FOR_KILOGRAMS"),
        (81.2, 81.2 * 2.205 * 0.9699, None),
        (81.2, 36.8, "KILOGRAMS_FOR_POUNDS"),
        (81.2, 84.0, None),
        (81.2, 120.0, None),
    ],
)
def test_pounds_for_kilograms_are_told_by_what_the_patient_weighs(level: float, value: float, code: str | None) -> None:
    problem = check_weight_against(level, value)
    assert (problem.code if problem else None) == code
