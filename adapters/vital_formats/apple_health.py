"""Apple Health's export: export.xml, bare or in its archive, of any size.

Source: the declarations at the head of each export, and HealthKit's documentation of its types.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat
from zoneinfo import ZoneInfo

from adapters.vital_formats.format import (
    CHUNK_BYTES,
    MOST_ITEM_BYTES,
    Found,
    Outcome,
    Refused,
    Seen,
    Unusable,
    damaged,
    dated,
    device_of,
    number_of,
    reading_of,
)
from domain.kinds import VitalKind
from domain.rules.units import FRACTION

_QUANTITY = "HKQuantityTypeIdentifier"
_SYSTOLIC, _DIASTOLIC = _QUANTITY + "BloodPressureSystolic", _QUANTITY + "BloodPressureDiastolic"
_SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
_ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
_RATES: Mapping[str, str | None] = {"count/min": None}
# Each type's units as Apple writes them, and what they are in UCUM where that is not the canonical unit.
_TYPES: Mapping[str, tuple[VitalKind, Mapping[str, str | None]]] = {
    _QUANTITY + "BodyMass": (VitalKind.WEIGHT, {"kg": None, "g": "g", "lb": "[lb_av]"}),
    _QUANTITY + "HeartRate": (VitalKind.HEART_RATE, _RATES),
    _QUANTITY + "RestingHeartRate": (VitalKind.RESTING_HEART_RATE, _RATES),
    _QUANTITY + "OxygenSaturation": (VitalKind.OXYGEN_SATURATION, {"%": None}),
    _QUANTITY + "BodyTemperature": (VitalKind.BODY_TEMPERATURE, {"degC": None, "degF": "[degF]"}),
    _QUANTITY + "RespiratoryRate": (VitalKind.RESPIRATORY_RATE, _RATES),
    _QUANTITY + "StepCount": (VitalKind.STEPS, {"count": None}),
    _QUANTITY + "HeartRateVariabilitySDNN": (VitalKind.HEART_RATE_VARIABILITY_SDNN, {"ms": None, "s": "s"}),
}
_PRESSURE_UNITS: Mapping[str, str | None] = {"mmHg": None, "kPa": "kPa"}
_MOST_DEPTH = 32
# Declarations know some hundreds of names; a file that makes up more would fill the memory.
_MOST_NAMES = 20_000
# Pressures wait for each other: an export tells all systolic ones first.
_MOST_WAITING = 100_000
_SLEEP_GAP = timedelta(hours=1)
_MOST_SOURCES = 100
_FOLDER = b"apple_health_export/"
_ARCHIVE = b"PK\x03\x04"


class _Hostile(Exception):
    """The file would fill the memory, or ask for what no export needs."""


@dataclass
class _Pressure:
    """Systolic and diastolic pressure of one moment, as far as they are known, and where the first stands."""

    place: int
    numbers: dict[str, float] = field(default_factory=dict)
    unit: str | None = None
    is_told: bool = False


@dataclass
class _Night:
    """One source's stretch of sleep, with short times awake in between."""

    place: int
    end: datetime
    asleep: timedelta


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    """2026-01-31 07:30:00 +0100"""
    plain = text or ""
    try:
        at = datetime.fromisoformat(plain[:19] + plain[19:].strip())
    except ValueError:
        raise Unusable("NOT_A_TIME", "A time is no time such as 2026-01-31 07:30:00 +0100.") from None
    return dated(at if at.tzinfo else at.replace(tzinfo=zone))


def _unit(said: str | None, units: Mapping[str, str | None]) -> str | None:
    if said is None or said not in units:
        raise Unusable("UNKNOWN_UNIT", "A value is in a unit that is not known here.")
    return units[said]


def _device(attributes: Mapping[str, str]) -> str | None:
    """The make and model where they are told: a source's name often holds a person's."""
    parts = dict(
        part.split(":", 1) for part in attributes.get("device", "").strip("<>").split(", ") if part.count(":") == 1
    )
    return device_of(parts.get("manufacturer"), parts.get("name")) or "Apple Health"


class _Export:
    """What one export has told so far."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity
        self.parser.ExternalEntityRefHandler = self._entity
        self.parser.buffer_text = False
        self.told: list[Outcome] = []
        self.seen = Seen(set())
        self.depth = 0
        self.fed = 0
        self.waiting: dict[tuple[datetime, str], _Pressure] = {}
        self.nights: dict[str, _Night] = {}
        self.devices: dict[str, str | None] = {}

    def _entity(self, *_declaration: object) -> int:
        raise _Hostile

    def _end(self, _name: str) -> None:
        self.depth -= 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise _Hostile
        if name != "Record":
            return
        place = self.parser.CurrentLineNumber
        try:
            self._record(place, attributes.get("type", ""), attributes)
        except Unusable as unusable:
            self.told.append(Refused(place, unusable.code, unusable.sentence))

    def _record(self, place: int, type_: str, attributes: Mapping[str, str]) -> None:
        if type_ in _TYPES:
            kind, units = _TYPES[type_]
            value, unit = number_of(attributes.get("value")), _unit(attributes.get("unit"), units)
            if kind is VitalKind.OXYGEN_SATURATION and value <= 1:
                unit = FRACTION
            at = _moment(attributes.get("startDate"), self.zone)
            self.told.append(Found(place, reading_of(kind, at, {"value": value}, unit, _device(attributes))))
        elif type_ in {_SYSTOLIC, _DIASTOLIC}:
            self._pressure(place, "systolic" if type_ == _SYSTOLIC else "diastolic", attributes)
        elif type_ == _SLEEP:
            if attributes.get("value", "").startswith(_ASLEEP):
                self._sleep(place, attributes)
        else:
            self.told += self.seen.tell(type_)

    def _pressure(self, place: int, name: str, attributes: Mapping[str, str]) -> None:
        value, unit = number_of(attributes.get("value")), _unit(attributes.get("unit"), _PRESSURE_UNITS)
        key = _moment(attributes.get("startDate"), self.zone), attributes.get("sourceName", "")
        pair = self.waiting.get(key)
        # A correlation tells the same pressures again; other ones of the same moment begin a new pair.
        if pair is None or pair.numbers.get(name, value) != value or pair.unit != unit:
            if pair is not None and not pair.is_told:
                self.told.append(_unpaired(pair))
            if len(self.waiting) >= _MOST_WAITING:
                self._give_up(next(iter(self.waiting)))
            pair = self.waiting[key] = _Pressure(place, unit=unit)
        pair.numbers[name] = value
        if len(pair.numbers) == 2 and not pair.is_told:  # noqa: PLR2004 - both of them
            pair.is_told = True
            at, device = key[0], _device(attributes)
            self.told.append(
                Found(pair.place, reading_of(VitalKind.BLOOD_PRESSURE, at, dict(pair.numbers), unit, device))
            )

    def _give_up(self, key: tuple[datetime, str]) -> None:
        pair = self.waiting.pop(key)
        if not pair.is_told:
            self.told.append(_unpaired(pair))

    def _sleep(self, place: int, attributes: Mapping[str, str]) -> None:
        begin, end = (_moment(attributes.get(name), self.zone) for name in ("startDate", "endDate"))
        if not timedelta() <= end - begin <= timedelta(days=2):
            raise Unusable("NOT_A_TIME", "A sleep ends before it begins, or days later.")
        source = attributes.get("sourceName", "")
        night = self.nights.get(source)
        if night is not None and night.end - timedelta(days=1) <= begin <= night.end + _SLEEP_GAP:
            # Older exports tell the whole and its parts: what overlaps is slept only once.
            night.asleep += max(end - max(begin, night.end), timedelta())
            night.end = max(night.end, end)
            return
        self._end_night(source)
        if len(self.nights) >= _MOST_SOURCES:
            self._end_night(next(iter(self.nights)))
        self.nights[source], self.devices[source] = _Night(place, end, end - begin), _device(attributes)

    def _end_night(self, source: str) -> None:
        night, device = self.nights.pop(source, None), self.devices.pop(source, None)
        if night is not None:
            minutes = round(night.asleep.total_seconds() / 60, 3)
            # A night belongs to the day on which one wakes.
            reading = reading_of(VitalKind.SLEEP_DURATION, night.end, {"value": minutes}, device=device)
            self.told.append(Found(night.place, reading))

    def feed(self, chunk: bytes) -> None:
        """Read on; nothing more comes after an empty chunk.

        Raises:
            _Hostile, expat.ExpatError: the file ends here for us.
        """
        self.fed += len(chunk)
        self.parser.Parse(chunk, not chunk)
        # A tag or a comment that does not end is kept by the parser whole.
        if self.fed - max(self.parser.CurrentByteIndex, 0) > MOST_ITEM_BYTES or len(self.parser.intern) > _MOST_NAMES:
            raise _Hostile

    def finish(self) -> None:
        """Tell what was still waiting."""
        for source in list(self.nights):
            self._end_night(source)
        for key in list(self.waiting):
            self._give_up(key)


def _unpaired(pair: _Pressure) -> Refused:
    (name,) = pair.numbers
    return Refused(pair.place, "UNPAIRED", f"The {name} pressure has no other one of the same moment.")


class AppleHealth:
    """The export of a phone."""

    name = "Apple Health"
    places = "line"

    def recognises(self, head: bytes) -> bool:
        """By its first element or its declaration, or by the folder in its archive."""
        return b"<HealthData" in head or b"<!DOCTYPE HealthData" in head or _is_archive(head)

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One line a record, as it stands in the XML."""
        start = stream.read(4)
        stream.seek(-len(start), 1)
        if start != _ARCHIVE:
            yield from _read(stream, zone)
            return
        try:
            with zipfile.ZipFile(stream) as archive:
                exports = [one for one in archive.infolist() if _is_export(one.filename)]
                if not exports:
                    yield damaged(1)
                    return
                with archive.open(max(exports, key=lambda one: one.file_size)) as export:
                    yield from _read(export, zone)  # type: ignore[arg-type]  # it reads, and that is all it must
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
            # RuntimeError is what the standard library says of a password or an unknown packing.
            yield damaged(1)


def _is_archive(head: bytes) -> bool:
    return head.startswith(_ARCHIVE) and _FOLDER in head


def _is_export(name: str) -> bool:
    """Its name is in the phone's language; the clinical document beside it ends in _cda.xml in all of them."""
    return name.startswith(_FOLDER.decode()) and name.endswith(".xml") and not name.endswith("_cda.xml")


def _read(stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
    export = _Export(zone)
    is_whole = False
    while not is_whole:
        try:
            chunk = stream.read(CHUNK_BYTES)
            export.feed(chunk)
            is_whole = not chunk
        except (expat.ExpatError, _Hostile, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
            export.finish()
            export.told.append(damaged(max(export.parser.CurrentLineNumber, 1)))
            is_whole = True
        yield from export.told
        export.told = []
    export.finish()
    yield from export.told
