"""LOINC, SNOMED CT and UCUM codes of each kind of reading.

HL7 FHIR R4 vital signs; LOINC for steps, sleep and SDNN; symptoms are graded findings of SNOMED CT.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Coding:
    """A kind in the field's standard codes; where LOINC has none that we could confirm, `loinc` is absent."""

    loinc: str | None
    ucum: str
    display: str
    snomed: str | None = None


CODES: Mapping[str, Coding] = {
    "BLOOD_PRESSURE": Coding("85354-9", "mm[Hg]", "Blood pressure panel"),
    "HEART_RATE": Coding("8867-4", "/min", "Heart rate"),
    "WEIGHT": Coding("29463-7", "kg", "Body weight"),
    "OXYGEN_SATURATION": Coding("59408-5", "%", "Oxygen saturation by pulse oximetry"),
    "BODY_TEMPERATURE": Coding("8310-5", "Cel", "Body temperature"),
    "STEPS": Coding("55423-8", "{steps}", "Number of steps by pedometer"),
    "RESTING_HEART_RATE": Coding("40443-4", "/min", "Resting heart rate"),
    "RESPIRATORY_RATE": Coding("9279-1", "/min", "Respiratory rate"),
    # LOINC codes the standard deviation of RR intervals; its code on an RMSSD would say what is not so.
    "HEART_RATE_VARIABILITY_RMSSD": Coding(None, "ms", "Heart rate variability as RMSSD"),
    "HEART_RATE_VARIABILITY_SDNN": Coding("80404-7", "ms", "Heart rate variability as SDNN"),
    "SLEEP_DURATION": Coding("93832-4", "min", "Sleep duration"),
    "BREATHLESSNESS": Coding(None, "{score}", "Breathlessness, 0 none to 10 worst", "267036007"),
    "CHEST_PAIN": Coding(None, "{score}", "Chest pain, 0 none to 10 worst", "29857009"),
    "DIZZINESS": Coding(None, "{score}", "Dizziness, 0 none to 10 worst", "404640003"),
    "SWELLING": Coding(None, "{score}", "Swelling, 0 none to 10 worst", "267038008"),
}
# Each measure is one number: a pressure of its own for blood pressure, else the kind's value.
MEASURE_CODES: Mapping[str, Coding] = {
    "SYSTOLIC": Coding("8480-6", "mm[Hg]", "Systolic blood pressure"),
    "DIASTOLIC": Coding("8462-4", "mm[Hg]", "Diastolic blood pressure"),
    **{kind: coding for kind, coding in CODES.items() if kind != "BLOOD_PRESSURE"},
}


def check_digit_holds(loinc: str) -> bool:
    """Whether the digit behind the dash is the Mod-10 check digit of those before it (LOINC Users' Guide)."""
    body, _, check = loinc.partition("-")
    total = 0
    for place, digit in enumerate(reversed(body)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number  # noqa: PLR2004 - the sum of two digits
    return (10 - total % 10) % 10 == int(check)


# Verhoeff's dihedral group and permutation: what SNOMED CT takes its check digits from (SNOMED CT RF2, SCTID).
_DIHEDRAL = tuple(
    tuple((a + b) % 5 + 5 * (b > 4) if a < 5 else (a - b) % 5 + 5 * (b < 5) for b in range(10))  # noqa: PLR2004 - D5
    for a in range(10)
)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def snomed_check_digit_holds(identifier: str) -> bool:
    """Whether an identifier of SNOMED CT ends in its Verhoeff check digit."""
    check = 0
    for place, digit in enumerate(reversed(identifier)):
        number = int(digit)
        for _ in range(place % 8):
            number = _PERMUTATION[number]
        check = _DIHEDRAL[check][number]
    return check == 0
