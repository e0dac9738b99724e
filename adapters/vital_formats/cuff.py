"""Bluetooth cuffs, scales and oximeters, whose bytes a gateway forwards: {"characteristic": "2A35", "value": "<hex>"}.

Source: Bluetooth SIG, GATT Specification Supplement (Blood Pressure Measurement, Weight Measurement, PLX Spot-Check
and Continuous Measurement); the numbers are the SFLOAT of IEEE 11073-20601.
"""

import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.format import (
    Found,
    Outcome,
    Refused,
    Seen,
    Unusable,
    dated,
    device_of,
    moment_of,
    number_of,
    reading_of,
)
from adapters.vital_formats.json_items import json_items
from domain.kinds import ReadingSource, VitalKind
from domain.new_readings import NewReading

# Not a number, not at this resolution, reserved, and both infinities.
_NO_NUMBERS = {0x7FF, 0x800, 0x801, 0x7FE, 0x802}
_IRREGULAR = 0b100
_UNSUCCESSFUL = 0xFFFF
_MOST_BYTES = 64


class _Bytes:
    """A payload, field by field; one that ends too early is refused."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize("<" + form)
        if self._at + size > len(self._data):
            raise Unusable("TRUNCATED", "The payload ends too early.")
        found: tuple[int, ...] = struct.unpack_from("<" + form, self._data, self._at)
        self._at += size
        return found

    def sfloat(self) -> float:
        """Twelve bits of number and four of a power of ten."""
        (word,) = self.take("H")
        mantissa, exponent = word & 0xFFF, word >> 12
        if mantissa in _NO_NUMBERS:
            raise Unusable("NOT_A_NUMBER", "The device measured no number.")
        mantissa -= 0x1000 if mantissa & 0x800 else 0
        exponent -= 16 if exponent & 0x8 else 0
        return number_of(mantissa * 10**exponent if exponent >= 0 else mantissa / 10**-exponent)

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """The device's clock, which knows no zone; nothing where it was never set."""
        year, month, day, hour, minute, second = self.take("HBBBBB")
        if not (year and month and day):
            return None
        try:
            return dated(datetime(year, month, day, hour, minute, second, tzinfo=zone))
        except ValueError:
            raise Unusable("NOT_A_TIME", "The device's clock tells no time.") from None


def _pressure(payload: _Bytes, received_at: datetime, zone: ZoneInfo, device: str | None) -> Iterator[NewReading]:
    (flags,) = payload.take("B")
    values = {"systolic": payload.sfloat(), "diastolic": payload.sfloat()}
    # The mean pressure, which many cuffs leave out by saying that it is no number.
    payload.take("H")
    at = payload.moment(zone) if flags & 0b10 else None
    if flags & 0b100:
        values["pulse"] = payload.sfloat()
    if flags & 0b1000:
        payload.take("B")
    irregular = bool(payload.take("H")[0] & _IRREGULAR) if flags & 0b10000 else None
    yield reading_of(
        VitalKind.BLOOD_PRESSURE,
        at or received_at,
        values,
        "kPa" if flags & 0b1 else None,
        device,
        source=ReadingSource.DEVICE,
        is_irregular=irregular,
    )


def _weight(payload: _Bytes, received_at: datetime, zone: ZoneInfo, device: str | None) -> Iterator[NewReading]:
    flags, steps = payload.take("BH")
    if steps == _UNSUCCESSFUL:
        raise Unusable("NOT_A_NUMBER", "The device measured no number.")
    at = payload.moment(zone) if flags & 0b10 else None
    # Steps of 5 grams, or of a hundredth of a pound.
    value, unit = (steps / 100, "[lb_av]") if flags & 0b1 else (steps / 200, None)
    source = ReadingSource.DEVICE
    yield reading_of(VitalKind.WEIGHT, at or received_at, {"value": value}, unit, device, source=source)


def _oximeter(
    payload: _Bytes, received_at: datetime, zone: ZoneInfo, device: str | None, *, has_clock: bool
) -> Iterator[NewReading]:
    (flags,) = payload.take("B")
    saturation, rate = payload.sfloat(), payload.sfloat()
    at = (payload.moment(zone) if has_clock and flags & 0b1 else None) or received_at
    source = ReadingSource.DEVICE
    yield reading_of(VitalKind.OXYGEN_SATURATION, at, {"value": saturation}, None, device, source=source)
    yield reading_of(VitalKind.HEART_RATE, at, {"value": rate}, None, device, source=source)


def forwarded_readings(message: Mapping[str, Any], zone: ZoneInfo) -> list[NewReading] | None:
    """The readings of one forwarded payload; nothing where its characteristic is not known.

    Raises:
        Unusable: the payload is none of its characteristic, or holds no number.
    """
    name = message.get("characteristic")
    characteristic = name.upper().removeprefix("0X") if isinstance(name, str) else ""
    if characteristic not in {"2A35", "2A9D", "2A5E", "2A5F"}:
        return None
    value = message.get("value")
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if not 0 < len(data) <= _MOST_BYTES:
        raise Unusable("NO_VALUE", "The payload is no text of hexadecimal digits.")
    payload, device = _Bytes(data), device_of(message.get("device"))
    received_at = moment_of(message.get("receivedAt"), zone)
    match characteristic:
        case "2A35":
            return list(_pressure(payload, received_at, zone, device))
        case "2A9D":
            return list(_weight(payload, received_at, zone, device))
        case _:
            return list(_oximeter(payload, received_at, zone, device, has_clock=characteristic == "2A5E"))


class ForwardedCuff:
    """Payloads in a list, or one after the other."""

    name = "Bluetooth gateway"
    places = "entry"

    def recognises(self, head: bytes) -> bool:
        """By the key of the characteristic."""
        is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}
        return is_json and b'"characteristic"' in head and b'"value"' in head

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One entry a payload."""
        seen = Seen(set())
        for index, message in json_items(stream, frozenset()):
            if isinstance(message, Refused):
                yield message
                continue
            try:
                readings = forwarded_readings(message, zone)
            except Unusable as unusable:
                yield Refused(index, unusable.code, unusable.sentence)
                continue
            if readings is None:
                yield from seen.tell(message.get("characteristic"))
            else:
                yield from (Found(index, reading) for reading in readings)
