"""The codes of each kind, against slips of the pen."""

import pytest

from domain.kinds import Measure, VitalKind
from domain.rules.codes import CODES, MEASURE_CODES, check_digit_holds, snomed_check_digit_holds

# HL7 FHIR R4 vital signs and LOINC, copied apart from the table under test.
PUBLISHED = {
    "BLOOD_PRESSURE": "85354-9",
    "HEART_RATE": "8867-4",
    "WEIGHT": "29463-7",
    "OXYGEN_SATURATION": "59408-5",
    "BODY_TEMPERATURE": "8310-5",
    "STEPS": "55423-8",
    "RESTING_HEART_RATE": "40443-4",
    "RESPIRATORY_RATE": "9279-1",
    "HEART_RATE_VARIABILITY_RMSSD": None,
    "HEART_RATE_VARIABILITY_SDNN": "80404-7",
    "SLEEP_DURATION": "93832-4",
    **dict.fromkeys(("BREATHLESSNESS", "CHEST_PAIN", "DIZZINESS", "SWELLING")),
}
SNOMED = {"BREATHLESSNESS": "267036007", "CHEST_PAIN": "29857009", "DIZZINESS": "404640003", "SWELLING": "267038008"}


def test_every_kind_has_its_published_code_and_its_check_digit_holds() -> None:
    assert {kind: coding.loinc for kind, coding in CODES.items()} == PUBLISHED
    assert set(CODES) == set(VitalKind)
    assert {MEASURE_CODES["SYSTOLIC"].loinc, MEASURE_CODES["DIASTOLIC"].loinc} == {"8480-6", "8462-4"}
    assert set(MEASURE_CODES) == set(Measure)
    codings = [*CODES.values(), *MEASURE_CODES.values()]
    assert all(check_digit_holds(coding.loinc) for coding in codings if coding.loinc)


def test_symptoms_have_their_published_findings_and_their_check_digits_hold() -> None:
    assert {kind: coding.snomed for kind, coding in CODES.items() if coding.snomed} == SNOMED
    assert all(snomed_check_digit_holds(identifier) for identifier in SNOMED.values())
    for identifier in SNOMED.values():
        held = [digit for digit in range(10) if snomed_check_digit_holds(f"{identifier[:-1]}{digit}")]
        assert held == [int(identifier[-1])]
        swapped = identifier[1] + identifier[0] + identifier[2:]
        assert swapped == identifier or not snomed_check_digit_holds(swapped)


@pytest.mark.parametrize("right", ["8480-6", "8462-4", "2708-6", "9279-1", "8302-2", "39156-5", "80404-7"])
def test_only_one_of_ten_check_digits_holds(right: str) -> None:
    body = right.partition("-")[0]
    assert [digit for digit in range(10) if check_digit_holds(f"{body}-{digit}")] == [int(right[-1])]


@pytest.mark.parametrize("loinc", [coding.loinc for coding in CODES.values() if coding.loinc])
def test_a_changed_digit_is_found(loinc: str) -> None:
    body, check = loinc.split("-")
    for place, digit in enumerate(body):
        changed = body[:place] + str((int(digit) + 1) % 10) + body[place + 1 :]
        assert not check_digit_holds(f"{changed}-{check}")


def test_a_code_in_circulation_is_wrong() -> None:
    assert not check_digit_holds("8867-5")
