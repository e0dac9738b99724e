"""Withings: the answer of its API to `measure` with `getmeas`, and the tables of its data export.

Source: https://developer.withings.com/api-reference/#tag/measure, whose type codes are kept.
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.vital_formats.columns import Columns, read_columns
from adapters.vital_formats.format import (
    Empty,
    Found,
    Outcome,
    Refused,
    Seen,
    Unusable,
    device_of,
    moment_of_seconds,
    number_of,
    reading_of,
)
from adapters.vital_formats.json_items import json_items
from adapters.vital_formats.tables import header_of
from domain.kinds import Arm, VitalKind
from domain.new_readings import NewReading

_DIASTOLIC, _SYSTOLIC, _PULSE = 9, 10, 11
_KINDS = {
    1: VitalKind.WEIGHT,
    54: VitalKind.OXYGEN_SATURATION,
    71: VitalKind.BODY_TEMPERATURE,
}
_ARMS = {0: Arm.RIGHT, 1: Arm.LEFT, 2: Arm.RIGHT, 3: Arm.LEFT}
_MEASURED = 1
# The scale could not tell which of its users it was. No set: whatever JSON holds is compared with them.
_AMBIGUOUS = (1, 4)
_EXPONENTS = range(-9, 7)


def _zone(group: Mapping[str, Any], zone: ZoneInfo) -> ZoneInfo:
    name = group.get("timezone")
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return zone


def _measures(group: Mapping[str, Any]) -> dict[int, float]:
    """The numbers of a group by their type code."""
    measures = group.get("measures")
    if not isinstance(measures, list):
        raise Unusable("NO_VALUE", "The measures are missing.")
    found = {}
    for measure in measures:
        if not isinstance(measure, dict) or not isinstance(measure.get("type"), int):
            raise Unusable("NO_VALUE", "A measure has no type.")
        exponent = measure.get("unit")
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent not in _EXPONENTS:
            raise Unusable("NOT_A_NUMBER", "A value has no exponent that can be.")
        value = number_of(measure.get("value"))
        # Divided, since 1285 times 10 ** -1 is not 128.5.
        found[measure["type"]] = number_of(value * 10**exponent if exponent >= 0 else value / 10**-exponent)
    return found


def _readings(group: Mapping[str, Any], zone: ZoneInfo) -> Iterator[NewReading]:
    if group.get("category", _MEASURED) != _MEASURED:
        raise Unusable("NOT_MEASURED", "This is a goal of the user, no measurement.")
    if group.get("attrib") in _AMBIGUOUS:
        raise Unusable("AMBIGUOUS_PERSON", "The device could not tell who was measured.")
    at = moment_of_seconds(group.get("date"), _zone(group, zone))
    device = device_of("Withings", group.get("model")) if group.get("model") else None
    numbers = _measures(group)
    if _SYSTOLIC in numbers or _DIASTOLIC in numbers:
        if not numbers.keys() >= {_SYSTOLIC, _DIASTOLIC}:
            raise Unusable("UNPAIRED", "Only one of the two pressures is there.")
        values = {"systolic": numbers[_SYSTOLIC], "diastolic": numbers[_DIASTOLIC]}
        if _PULSE in numbers:
            values["pulse"] = numbers[_PULSE]
        positions = [one.get("position") for one in group["measures"] if one["type"] == _SYSTOLIC]
        arm = _ARMS.get(positions[0]) if isinstance(positions[0], int) else None
        yield reading_of(VitalKind.BLOOD_PRESSURE, at, values, device=device, arm=arm)
    elif _PULSE in numbers:
        yield reading_of(VitalKind.HEART_RATE, at, {"value": numbers[_PULSE]}, device=device)
    for code, kind in _KINDS.items():
        if code in numbers:
            yield reading_of(kind, at, {"value": numbers[code]}, device=device)


def _left_alone(group: Mapping[str, Any]) -> list[str]:
    known = {_DIASTOLIC, _SYSTOLIC, _PULSE, *_KINDS}
    return [f"type {code}" for code in _measures(group) if code not in known]


class WithingsApi:
    """Groups of measures; each group was measured at one moment."""

    name = "Withings"
    places = "entry"

    def recognises(self, head: bytes) -> bool:
        """By the key of the groups."""
        return head.lstrip().startswith(b"{") and b'"measuregrps"' in head

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One entry a group."""
        seen = Seen(set())
        for index, group in json_items(stream, frozenset({b"measuregrps"})):
            if isinstance(group, Refused):
                yield group
                continue
            try:
                found = list(_readings(group, zone))
                left_alone = _left_alone(group)
            except Unusable as unusable:
                yield Refused(index, unusable.code, unusable.sentence)
                continue
            for reading in found:
                yield Found(index, reading)
            for name in left_alone:
                yield from seen.tell(name)
            if not found:
                yield Empty(index)


class WithingsTables:
    """bp.csv and weight.csv of the data export; its heart rate is that of the pressure beside it."""

    name = "Withings tables"
    places = "line"

    def recognises(self, head: bytes) -> bool:
        """By columns that only these tables have."""
        return self._columns(header_of(head)) is not None

    def _columns(self, names: tuple[str, ...]) -> Columns | None:
        if {"date", "heart_rate", "systolic", "diastolic", "comments"} == set(names):
            return Columns("date", None, ("systolic", "diastolic"), "heart_rate", {})
        if names[:1] == ("date",) and {"weight_(kg)", "fat_mass_(kg)"} <= set(names):
            return Columns("date", None, None, None, {VitalKind.WEIGHT: ("weight_(kg)", None)})
        return None

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One line a row."""
        return read_columns(stream, self._columns, zone, device="Withings")
