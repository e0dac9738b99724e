"""HL7 FHIR R4: an Observation, or a Bundle of them.

Source: https://hl7.org/fhir/R4/observation.html and its vital signs profiles.
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.format import (
    Found,
    Outcome,
    Refused,
    Seen,
    Unusable,
    device_of,
    moment_of,
    number_of,
    reading_of,
)
from adapters.vital_formats.json_items import json_items
from domain.kinds import Arm, BodyPosition, VitalKind
from domain.new_readings import NewReading
from domain.rules.codes import CODES, MEASURE_CODES
from domain.rules.units import UNITS

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
# No set: whatever JSON holds is compared with them.
_STATUSES = ("final", "amended", "corrected", "preliminary")
_KINDS: Mapping[tuple[str, str], VitalKind] = {
    **{(LOINC, coding.loinc): VitalKind(kind) for kind, coding in CODES.items() if coding.loinc},
    **{(SNOMED, coding.snomed): VitalKind(kind) for kind, coding in CODES.items() if coding.snomed},
    # The profile of oxygen saturation puts this code beside ours, or alone.
    (LOINC, "2708-6"): VitalKind.OXYGEN_SATURATION,
}
_COMPONENTS = {
    MEASURE_CODES["SYSTOLIC"].loinc: "systolic",
    MEASURE_CODES["DIASTOLIC"].loinc: "diastolic",
    CODES["HEART_RATE"].loinc: "pulse",
}
_ARMS = {"368208006": Arm.LEFT, "368209003": Arm.RIGHT, "5951000": Arm.LEFT, "9736006": Arm.RIGHT}
_POSITIONS = {
    "33586001": BodyPosition.SITTING,
    "10904000": BodyPosition.STANDING,
    "102538003": BodyPosition.LYING,
    "40199007": BodyPosition.LYING,
}
_COUNTS = ("1", "{steps}", "{#}", "steps")
_POSITION_URL = "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition"


def _codes(concept: object) -> list[tuple[str, str]]:
    """System and code of each coding of a CodeableConcept."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return [
        (one["system"], one["code"])
        for one in (codings if isinstance(codings, list) else [])
        if isinstance(one, dict) and isinstance(one.get("system"), str) and isinstance(one.get("code"), str)
    ]


def _quantity(holder: Mapping[str, Any], kind: VitalKind) -> tuple[float, str]:
    quantity = holder.get("valueQuantity")
    if not isinstance(quantity, dict):
        raise Unusable("NO_VALUE", "The value is missing.")
    if quantity.get("comparator"):
        raise Unusable("NOT_A_NUMBER", "The value is only known to be above or below a number.")
    unit = quantity.get("code") if quantity.get("system") == UCUM else quantity.get("unit")
    if kind is VitalKind.STEPS and unit in _COUNTS:
        unit = "{steps}"
    if not isinstance(unit, str) or unit not in UNITS[kind]:
        raise Unusable("UNKNOWN_UNIT", "A value is in a unit that is not known here.")
    return number_of(quantity.get("value")), unit


def _pressures(resource: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    components = resource.get("component")
    values: dict[str, float] = {}
    units: set[str] = set()
    for component in components if isinstance(components, list) else []:
        if not isinstance(component, dict):
            continue
        name = next((_COMPONENTS[code] for system, code in _codes(component.get("code")) if system == LOINC
                     and code in _COMPONENTS), None)  # fmt: skip
        if name == "pulse":
            values[name], _ = _quantity(component, VitalKind.HEART_RATE)
        elif name is not None:
            values[name], unit = _quantity(component, VitalKind.BLOOD_PRESSURE)
            units.add(unit)
    if not values.keys() >= {"systolic", "diastolic"} or len(units) != 1:
        raise Unusable("UNPAIRED", "The two pressures are not both there in one unit.")
    return values, units.pop()


def _how(resource: Mapping[str, Any]) -> tuple[Arm | None, BodyPosition | None]:
    sites = (_ARMS.get(code) for system, code in _codes(resource.get("bodySite")) if system == SNOMED)
    extensions = resource.get("extension")
    positions = (
        _POSITIONS.get(code)
        for one in (extensions if isinstance(extensions, list) else [])
        if isinstance(one, dict) and one.get("url") == _POSITION_URL
        for system, code in _codes(one.get("valueCodeableConcept"))
        if system == SNOMED
    )
    return next((arm for arm in sites if arm), None), next((one for one in positions if one), None)


def observation_reading(resource: Mapping[str, Any], zone: ZoneInfo) -> NewReading | None:
    """The reading that an Observation tells; nothing where it is of a kind that is not kept.

    Raises:
        Unusable: it is of a kind that is kept, and yet no reading.
    """
    kind = next((_KINDS[code] for code in _codes(resource.get("code")) if code in _KINDS), None)
    if kind is None:
        return None
    if resource.get("status") not in _STATUSES:
        raise Unusable("NOT_VALID", "The observation was withdrawn, or is not there yet.")
    period = resource.get("effectivePeriod")
    begins = period.get("start") if isinstance(period, dict) else None
    at = moment_of(resource.get("effectiveDateTime") or resource.get("effectiveInstant") or begins, zone)
    device = resource.get("device")
    name = device_of(device.get("display")) if isinstance(device, dict) else None
    if kind is VitalKind.BLOOD_PRESSURE:
        values, unit = _pressures(resource)
        arm, position = _how(resource)
        return reading_of(kind, at, values, unit, name, arm=arm, body_position=position)
    value, unit = _quantity(resource, kind)
    return reading_of(kind, at, {"value": value}, unit, name)


def _name_of(resource: Mapping[str, Any]) -> object:
    codes = _codes(resource.get("code"))
    return codes[0][1] if codes else resource.get("resourceType")


class FhirR4:
    """One Observation, several in a row, or a Bundle."""

    name = "FHIR R4"
    places = "entry"

    def recognises(self, head: bytes) -> bool:
        """By the type of its resource."""
        is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        return is_json and b'"resourceType"' in head and (b'"Bundle"' in head or b'"Observation"' in head)

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One entry a resource."""
        seen = Seen(set())
        for index, entry in json_items(stream, frozenset({b"entry"})):
            if isinstance(entry, Refused):
                yield entry
                continue
            resource = entry.get("resource", entry)
            if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
                yield from seen.tell(resource.get("resourceType") if isinstance(resource, dict) else None)
                continue
            try:
                reading = observation_reading(resource, zone)
            except Unusable as unusable:
                yield Refused(index, unusable.code, unusable.sentence)
                continue
            if reading is None:
                yield from seen.tell(_name_of(resource))
            else:
                yield Found(index, reading)
