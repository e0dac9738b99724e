"""LOINC and UCUM codes of each kind of reading (HL7 FHIR R4 vital signs; LOINC for steps)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Coding:
    """A kind in the field's standard codes."""

    loinc: str
    ucum: str
    display: str


CODES: Mapping[str, Coding] = {
    "BLOOD_PRESSURE": Coding("85354-9", "mm[Hg]", "Blood pressure panel"),
    "HEART_RATE": Coding("8867-4", "/min", "Heart rate"),
    "WEIGHT": Coding("29463-7", "kg", "Body weight"),
    "OXYGEN_SATURATION": Coding("59408-5", "%", "Oxygen saturation by pulse oximetry"),
    "BODY_TEMPERATURE": Coding("8310-5", "Cel", "Body temperature"),
    "STEPS": Coding("55423-8", "{steps}", "Number of steps by pedometer"),
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
