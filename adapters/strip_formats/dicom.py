"""ECG waveforms in DICOM (12-lead, general, ambulatory): the few elements of the waveform, found by their tags.

Source: DICOM PS3.3 C.10.9 (waveform module) and PS3.5 (encoding). Little-endian files with explicit or implicit value
representations are read; patient, study and device elements are passed over unread.
"""

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    MOST_LEADS,
    MOST_SAMPLES,
    DecodedStrip,
    UnreadableStrip,
    checked,
    damaged,
    microvolts_of,
    named_leads,
    too_long,
    too_many_leads,
    unknown_unit,
)

PREAMBLE_BYTES, MAGIC = 128, b"DICM"
_EXPLICIT, _IMPLICIT = b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2"
_LONG_LENGTH = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_TRANSFER_SYNTAX = (0x0002, 0x0010)
_CODE, _MEANING = (0x0008, 0x0100), (0x0008, 0x0104)
_CHANNELS, _SAMPLES, _RATE = (0x003A, 0x0005), (0x003A, 0x0010), (0x003A, 0x001A)
_DEFINITIONS, _SOURCE = (0x003A, 0x0200), (0x003A, 0x0208)
_SENSITIVITY, _UNITS, _CORRECTION, _BASELINE = (0x003A, 0x0210), (0x003A, 0x0211), (0x003A, 0x0212), (0x003A, 0x0213)
_WAVEFORMS, _BITS, _INTERPRETATION, _DATA = (0x5400, 0x0100), (0x5400, 0x1004), (0x5400, 0x1006), (0x5400, 0x1010)
# In implicit files only the tag tells that an element holds items.
_SEQUENCES = {_DEFINITIONS, _SOURCE, _UNITS, _WAVEFORMS}
_WANTED = _SEQUENCES | {
    *(_TRANSFER_SYNTAX, _CODE, _MEANING, _CHANNELS, _SAMPLES, _RATE),
    *(_SENSITIVITY, _CORRECTION, _BASELINE, _BITS, _INTERPRETATION, _DATA),
}
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_MOST_DEPTH = 12
_MOST_ELEMENTS = 20_000

_Tag = tuple[int, int]


@dataclass
class _Item:
    """The wanted elements of one item: bytes, or the items of a sequence."""

    values: dict[_Tag, bytes] = field(default_factory=dict)
    items: dict[_Tag, list["_Item"]] = field(default_factory=dict)

    def first(self, tag: _Tag) -> "_Item":
        found = self.items.get(tag, [])
        return found[0] if found else _Item()

    def text(self, tag: _Tag) -> str:
        return self.values.get(tag, b"").decode("latin-1").strip(" \x00")

    def number(self, tag: _Tag, default: float | None = None) -> float:
        text = self.text(tag)
        try:
            value = float(text) if text or default is None else default
        except ValueError:
            raise damaged() from None
        if not np.isfinite(value):
            raise damaged()
        return value

    def whole(self, tag: _Tag) -> int:
        """A binary number of two or four bytes."""
        value = self.values.get(tag, b"")
        if len(value) not in {2, 4}:
            raise damaged()
        return int.from_bytes(value, "little")


class _Reader:
    """Walks the elements of a file; every length is held against what is left."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.elements = 0

    def _take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise damaged()
        self.at += count
        return self.data[self.at - count : self.at]

    def _head(self, *, is_explicit: bool) -> tuple[_Tag, bytes, int]:
        """Tag, value representation (empty where it is not said) and length of the next element."""
        self.elements += 1
        if self.elements > _MOST_ELEMENTS:
            raise damaged()
        group, element = struct.unpack("<HH", self._take(4))
        if group == _ITEM[0] or not is_explicit:
            return (group, element), b"", int.from_bytes(self._take(4), "little")
        kind = self._take(2)
        if kind in _LONG_LENGTH:
            self._take(2)
            return (group, element), kind, int.from_bytes(self._take(4), "little")
        return (group, element), kind, int.from_bytes(self._take(2), "little")

    def item(self, end: int, depth: int, *, is_explicit: bool, group: int | None = None) -> _Item:
        """Elements up to `end` or the item's own end mark; with `group`, only while they are of that group."""
        if depth > _MOST_DEPTH:
            raise damaged()
        found = _Item()
        while self.at < end:
            start = self.at
            tag, kind, length = self._head(is_explicit=is_explicit)
            if tag == _ITEM_END:
                return found
            if group is not None and tag[0] != group:
                self.at = start
                return found
            if kind == b"SQ" or length == _UNDEFINED or (not kind and tag in _SEQUENCES):
                items = self._sequence(length, depth, is_explicit=is_explicit)
                if tag in _WANTED:
                    found.items[tag] = items
            else:
                value = self._take(length)
                if tag in _WANTED:
                    found.values[tag] = value
        return found

    def _sequence(self, length: int, depth: int, *, is_explicit: bool) -> list[_Item]:
        if length != _UNDEFINED and length > len(self.data) - self.at:
            raise damaged()
        end = len(self.data) if length == _UNDEFINED else self.at + length
        items = []
        while self.at < end:
            tag, _, size = self._head(is_explicit=is_explicit)
            if tag == _SEQUENCE_END:
                break
            if tag != _ITEM:
                raise damaged()
            if size != _UNDEFINED and size > len(self.data) - self.at:
                raise damaged()
            last = len(self.data) if size == _UNDEFINED else self.at + size
            items.append(self.item(last, depth + 1, is_explicit=is_explicit))
        return items


def _lead(channel: _Item, values: NDArray[np.int64]) -> tuple[str, NDArray[np.float64]]:
    source = channel.first(_SOURCE)
    factor = microvolts_of(channel.first(_UNITS).text(_CODE))
    if factor is None:
        raise unknown_unit()
    scale = channel.number(_SENSITIVITY) * channel.number(_CORRECTION, 1.0)
    with np.errstate(over="ignore"):
        microvolts = (values.astype(np.float64) * scale + channel.number(_BASELINE, 0.0)) * factor
    # "Lead I (Einthoven)" is lead I.
    return source.text(_MEANING).partition("(")[0], microvolts


def read_dicom(data: bytes) -> DecodedStrip:
    """The channels of the first waveform of a DICOM file.

    Raises:
        UnreadableStrip: when the file is damaged, of another encoding, or holds no waveform in volts.
    """
    reader = _Reader(data)
    reader.at = PREAMBLE_BYTES + len(MAGIC)
    syntax = reader.item(len(data), 0, is_explicit=True, group=2).text(_TRANSFER_SYNTAX).encode()
    if syntax not in {_EXPLICIT, _IMPLICIT}:
        raise UnreadableStrip(
            "UNSUPPORTED_RECORD",
            "The recording is stored in a variant that we cannot read. Please export it in another format.",
        )
    content = reader.item(len(data), 0, is_explicit=syntax == _EXPLICIT)
    if not content.items.get(_WAVEFORMS):
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    waveform = content.first(_WAVEFORMS)
    channels, samples = waveform.whole(_CHANNELS), waveform.whole(_SAMPLES)
    definitions = waveform.items.get(_DEFINITIONS, [])
    if channels > MOST_LEADS:
        raise too_many_leads()
    if channels * samples > MOST_SAMPLES:
        raise too_long()
    if waveform.whole(_BITS) != 16 or waveform.text(_INTERPRETATION) != "SS" or len(definitions) != channels:  # noqa: PLR2004
        raise damaged()
    stored = waveform.values.get(_DATA, b"")
    if channels == 0 or len(stored) < 2 * channels * samples:
        raise damaged()
    table = np.frombuffer(stored[: 2 * channels * samples], "<i2").astype(np.int64).reshape(samples, channels)
    leads = [_lead(definition, table[:, column]) for column, definition in enumerate(definitions)]
    names = named_leads(name for name, _ in leads)
    columns = [microvolts for _, microvolts in leads]
    return checked("DICOM", waveform.number(_RATE), dict(zip(names, columns, strict=True)))
