"""Health Connect as phones forward it: {"records": [{"recordType": "BloodPressureRecord", …}]}.

Source: the record classes of androidx.health.connect.client.records, whose names and numbers are kept.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.format import (
    Empty,
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
from domain.rules.units import FRACTION

_TYPES = ("recordType", "type", "dataType")
_POSITIONS: Mapping[object, BodyPosition] = {
    1: BodyPosition.STANDING,
    2: BodyPosition.SITTING,
    3: BodyPosition.LYING,
    "STANDING_UP": BodyPosition.STANDING,
    "SITTING_DOWN": BodyPosition.SITTING,
    "LYING_DOWN": BodyPosition.LYING,
}
_ARMS: Mapping[object, Arm] = {
    1: Arm.LEFT,
    2: Arm.RIGHT,
    3: Arm.LEFT,
    4: Arm.RIGHT,
    "LEFT_WRIST": Arm.LEFT,
    "RIGHT_WRIST": Arm.RIGHT,
    "LEFT_UPPER_ARM": Arm.LEFT,
    "RIGHT_UPPER_ARM": Arm.RIGHT,
}
# Light, deep and REM sleep, and sleep of no known stage.
_ASLEEP = {2, 4, 5, 6, "SLEEPING", "LIGHT", "DEEP", "REM"}
_SIMPLE: Mapping[str, tuple[VitalKind, str]] = {
    "RestingHeartRateRecord": (VitalKind.RESTING_HEART_RATE, "beatsPerMinute"),
    "RespiratoryRateRecord": (VitalKind.RESPIRATORY_RATE, "rate"),
    "HeartRateVariabilityRmssdRecord": (VitalKind.HEART_RATE_VARIABILITY_RMSSD, "heartRateVariabilityMillis"),
    "OxygenSaturationRecord": (VitalKind.OXYGEN_SATURATION, "percentage"),
}
_WEIGHTS = {"inKilograms": None, "inGrams": "g", "inPounds": "[lb_av]"}
_TEMPERATURES = {"inCelsius": None, "inFahrenheit": "[degF]"}
_PRESSURES = {"inMillimetersOfMercury": None}
_UNITS = {
    "kilograms": None, "grams": "g", "pounds": "[lb_av]", "celsius": None, "fahrenheit": "[degF]",
    "millimetersOfMercury": None,
}  # fmt: skip


def _quantity(value: object, units: Mapping[str, str | None]) -> tuple[float, str | None]:
    """A number with its unit, from {"inKilograms": 72.5}, from {"value": 72.5, "unit": "kilograms"} or bare."""
    if not isinstance(value, dict):
        return number_of(value), None
    for name, unit in units.items():
        if name in value:
            return number_of(value[name]), unit
    said = value.get("unit")
    if said is not None and (not isinstance(said, str) or said not in _UNITS):
        raise Unusable("UNKNOWN_UNIT", "A value is in a unit that is not known here.")
    return number_of(value.get("value")), None if said is None else _UNITS[said]


def _moment(record: Mapping[str, Any], name: str, offset_name: str, zone: ZoneInfo) -> datetime:
    at = moment_of(record.get(name), zone)
    offset = record.get(offset_name)
    seconds: object = offset.get("totalSeconds") if isinstance(offset, dict) else offset
    if isinstance(seconds, str):
        try:
            return at.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{seconds}").tzinfo)
        except ValueError:
            raise Unusable("NOT_A_TIME", "A zone offset is none such as +01:00.") from None
    if isinstance(seconds, int) and abs(seconds) < 24 * 60 * 60:
        return at.astimezone(timezone(timedelta(seconds=seconds)))
    return at.astimezone(zone)


def _device(record: Mapping[str, Any]) -> str | None:
    metadata = record.get("metadata")
    device = metadata.get("device") if isinstance(metadata, dict) else None
    return device_of(device.get("manufacturer"), device.get("model")) if isinstance(device, dict) else None


def _asleep_minutes(record: Mapping[str, Any], begin: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Minutes of sleep: of its stages, where there are some, else of the whole session."""
    stages = record.get("stages")
    if not isinstance(stages, list) or not stages:
        return (end - begin).total_seconds() / 60
    seconds = 0.0
    for stage in stages:
        if isinstance(stage, dict) and _known(stage.get("stage")) in _ASLEEP:
            seconds += (moment_of(stage.get("endTime"), zone) - moment_of(stage.get("startTime"), zone)).total_seconds()
    return round(seconds / 60, 3)


def _known(value: object) -> int | str | None:
    return value if isinstance(value, int | str) else None


def _readings(kind: str, record: Mapping[str, Any], zone: ZoneInfo) -> Iterator[NewReading]:
    device = _device(record)
    match kind:
        case "HeartRateRecord":
            samples = record.get("samples")
            if not isinstance(samples, list):
                raise Unusable("NO_VALUE", "The samples are missing.")
            for sample in samples:
                if not isinstance(sample, dict):
                    raise Unusable("NO_VALUE", "A sample is none.")
                at = _moment({**record, "time": sample.get("time")}, "time", "startZoneOffset", zone)
                values = {"value": number_of(sample.get("beatsPerMinute"))}
                yield reading_of(VitalKind.HEART_RATE, at, values, device=device)
        case "StepsRecord" | "SleepSessionRecord":
            begin = _moment(record, "startTime", "startZoneOffset", zone)
            end = _moment(record, "endTime", "endZoneOffset", zone)
            if kind == "StepsRecord":
                yield reading_of(VitalKind.STEPS, begin, {"value": number_of(record.get("count"))}, device=device)
            else:
                # A night belongs to the day on which one wakes.
                minutes = number_of(_asleep_minutes(record, begin, end, zone))
                yield reading_of(VitalKind.SLEEP_DURATION, end, {"value": minutes}, device=device)
        case _:
            yield _instant(kind, record, _moment(record, "time", "zoneOffset", zone), device)


def _instant(kind: str, record: Mapping[str, Any], at: datetime, device: str | None) -> NewReading:
    if kind == "BloodPressureRecord":
        values = {name: _quantity(record.get(name), _PRESSURES)[0] for name in ("systolic", "diastolic")}
        return reading_of(
            VitalKind.BLOOD_PRESSURE,
            at,
            values,
            device=device,
            arm=_ARMS.get(_known(record.get("measurementLocation"))),
            body_position=_POSITIONS.get(_known(record.get("bodyPosition"))),
        )
    if kind == "WeightRecord":
        value, unit = _quantity(record.get("weight"), _WEIGHTS)
        return reading_of(VitalKind.WEIGHT, at, {"value": value}, unit, device)
    if kind == "BodyTemperatureRecord":
        value, unit = _quantity(record.get("temperature"), _TEMPERATURES)
        return reading_of(VitalKind.BODY_TEMPERATURE, at, {"value": value}, unit, device)
    vital, name = _SIMPLE[kind]
    value, _ = _quantity(record.get(name), {})
    unit = FRACTION if vital is VitalKind.OXYGEN_SATURATION and value <= 1 else None
    return reading_of(vital, at, {"value": value}, unit, device)


_READ = {
    "BloodPressureRecord", "HeartRateRecord", "StepsRecord", "SleepSessionRecord", "WeightRecord",
    "BodyTemperatureRecord", *_SIMPLE,
}  # fmt: skip


class HealthConnect:
    """Records of Health Connect in one list."""

    name = "Health Connect"
    places = "entry"

    def recognises(self, head: bytes) -> bool:
        """By a record class and the key that names it."""
        is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}
        names = any(f'"{name}"'.encode() in head for name in _TYPES)
        return is_json and names and any(f'"{name}"'.encode() in head for name in _READ)

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One entry a record; a heart-rate record gives as many readings as it has samples."""
        seen = Seen(set())
        for index, record in json_items(stream, frozenset({b"records"})):
            if isinstance(record, Refused):
                yield record
                continue
            kind = next((record[name] for name in _TYPES if isinstance(record.get(name), str)), "")
            if kind not in _READ:
                yield from seen.tell(kind)
                continue
            found = False
            try:
                for reading in _readings(kind, record, zone):
                    found = True
                    yield Found(index, reading)
            except Unusable as unusable:
                yield Refused(index, unusable.code, unusable.sentence)
            else:
                if not found:
                    yield Empty(index)
