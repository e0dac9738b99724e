"""EDF, EDF+ and BDF: a header in plain characters, then records in which the signals take turns.

Source: Kemp et al., Electroencephalogr Clin Neurophysiol 1992;82:391; EDF+ at https://www.edfplus.info. Patient and
recording identification are never read.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    LONGEST_SECONDS,
    MOST_LEADS,
    MOST_SAMPLES,
    DecodedStrip,
    UnreadableStrip,
    checked,
    damaged,
    is_free_text,
    microvolts_of,
    named_leads,
    too_long,
    too_many_leads,
    unknown_unit,
)

EDF_MAGIC, BDF_MAGIC = b"0       ", b"\xffBIOSEMI"
_HEADER_BYTES = 256
_RESERVED, _RECORDS, _SECONDS, _SIGNALS = slice(192, 236), slice(236, 244), slice(244, 252), slice(252, 256)
# Widths of a signal's fields: label, transducer, unit, physical and digital limits, filter, samples, reserved.
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
# Of these, transducer, filter and reserved are free text that nothing here reads.
_WORDS_OF_SIGNALS = (1, 7, 9)
_ANNOTATIONS = {"EDF Annotations", "BDF Annotations"}
# When a record begins: the first entry of its annotations, without words. All others are what anybody wrote.
_RECORD_BEGINS = re.compile(rb"[+-]\d+(?:\.\d*)?\x14\x14\x00")
_PATIENT, _RECORDING = (slice(8, 88), b"X X X X"), (slice(88, 168), b"Startdate X X X X")
_MOST_SIGNALS = 64


@dataclass(frozen=True)
class _Signal:
    label: str
    unit: str
    lowest: float
    highest: float
    digital_lowest: int
    digital_highest: int
    samples: int


def _number(text: bytes) -> float:
    try:
        value = float(text.decode("ascii").strip())
    except ValueError:
        raise damaged() from None
    if not np.isfinite(value):
        raise damaged()
    return value


def _signals(header: bytes, count: int) -> list[_Signal]:
    """The fields stand in columns: all labels, then all transducers …"""
    fields: list[list[bytes]] = []
    at = _HEADER_BYTES
    for width in _WIDTHS:
        fields.append([header[at + width * index : at + width * (index + 1)] for index in range(count)])
        at += width * count
    label, _, unit, lowest, highest, digital_lowest, digital_highest, _, samples, _ = fields
    return [
        _Signal(
            label=label[index].decode("latin-1").strip(),
            unit=unit[index].decode("latin-1").strip(),
            lowest=_number(lowest[index]),
            highest=_number(highest[index]),
            digital_lowest=int(_number(digital_lowest[index])),
            digital_highest=int(_number(digital_highest[index])),
            samples=int(_number(samples[index])),
        )
        for index in range(count)
    ]


def _integers(content: bytes, width: int) -> NDArray[np.int64]:
    """Little-endian samples of two bytes (EDF) or three (BDF)."""
    if width == 2:  # noqa: PLR2004
        return np.frombuffer(content, "<i2").astype(np.int64)
    parts = np.frombuffer(content, np.uint8).reshape(-1, 3).astype(np.int64)
    values: NDArray[np.int64] = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return values - ((values & 0x800000) << 1)


def _record_count(claimed: int, body: int, record: int) -> int:
    """How many records there are; -1 means that the device did not know when it wrote the header."""
    count = body // record if claimed == -1 else claimed
    if count <= 0 or count * record > body:
        raise damaged()
    return count


def _name(label: str) -> str:
    """The lead behind the kind of signal: "ECG II" and "EKG II" are lead II."""
    return label.partition(" ")[2] if label.upper().startswith(("ECG ", "EKG ")) else label


@dataclass(frozen=True)
class _Header:
    """What lies where: `records` of `seconds` each, in which each signal has its samples in turn."""

    width: int
    first: int
    records: int
    seconds: float
    signals: list[_Signal]

    @property
    def samples(self) -> int:
        """Of all signals in one record."""
        return sum(signal.samples for signal in self.signals)


def _header(data: bytes) -> _Header:
    width = 3 if data.startswith(BDF_MAGIC) else 2
    if len(data) < _HEADER_BYTES:
        raise damaged()
    if data[_RESERVED].startswith((b"EDF+D", b"BDF+D")):
        raise UnreadableStrip("MISSING_SAMPLES", "The recording has gaps. Please record a new one.")
    count = int(_number(data[_SIGNALS]))
    if count > _MOST_SIGNALS:
        raise too_many_leads()
    first = _HEADER_BYTES * (count + 1)
    if count < 1 or len(data) < first:
        raise damaged()
    signals = _signals(data[:first], count)
    samples = sum(signal.samples for signal in signals)
    seconds = _number(data[_SECONDS])
    if min(signal.samples for signal in signals) < 0 or samples == 0 or seconds < 0:
        raise damaged()
    if seconds == 0:
        raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")
    records = _record_count(int(_number(data[_RECORDS])), len(data) - first, samples * width)
    return _Header(width, first, records, seconds, signals)


def _voltages(signals: list[_Signal]) -> list[int]:
    """Which signals are voltages of the fastest rate: an ECG stands beside slower breath, temperature and events."""
    voltages = [
        index
        for index, signal in enumerate(signals)
        if signal.label not in _ANNOTATIONS and signal.samples and microvolts_of(signal.unit) is not None
    ]
    if not voltages:
        raise unknown_unit()
    fastest = max(signals[index].samples for index in voltages)
    found = [index for index in voltages if signals[index].samples == fastest]
    if len(found) > MOST_LEADS:
        raise too_many_leads()
    return found


def _microvolts(signal: _Signal, values: NDArray[np.int64]) -> NDArray[np.float64]:
    steps = signal.digital_highest - signal.digital_lowest
    if steps <= 0 or signal.highest == signal.lowest:
        raise UnreadableStrip("NOT_CALIBRATED", "The recording does not say how its values become millivolts.")
    gain = (signal.highest - signal.lowest) / steps
    with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused as such
        physical = (values - signal.digital_lowest).astype(np.float64) * gain + signal.lowest
        return physical * (microvolts_of(signal.unit) or 1.0)


def read_edf(data: bytes) -> DecodedStrip:
    """The voltages of the fastest rate in the file.

    Raises:
        UnreadableStrip: when the header contradicts itself or the data, or nothing in it is a voltage.
    """
    header = _header(data)
    signals = header.signals
    voltages = _voltages(signals)
    fastest = signals[voltages[0]].samples
    count = header.records * header.samples
    if header.records * header.seconds > LONGEST_SECONDS or header.records * fastest * len(voltages) > MOST_SAMPLES:
        raise too_long()
    stored = data[header.first : header.first + count * header.width]
    table = _integers(stored, header.width).reshape(header.records, header.samples)
    starts = np.cumsum([0, *(signal.samples for signal in signals)])
    columns = [
        _microvolts(signals[index], table[:, starts[index] : starts[index + 1]].reshape(-1)) for index in voltages
    ]
    names = named_leads(_name(signals[index].label) for index in voltages)
    return checked("EDF", fastest / header.seconds, dict(zip(names, columns, strict=True)))


def without_words(data: bytes) -> bytes:
    """A readable file without its words: of patient, recording, transducers, filters, events, and what follows."""
    header = _header(data)
    record = header.samples * header.width
    cut = bytearray(data[: header.first + header.records * record])
    for place, words in (_PATIENT, _RECORDING):
        cut[place] = words.ljust(place.stop - place.start)
    at = _HEADER_BYTES
    for field, width in enumerate(_WIDTHS):
        if field in _WORDS_OF_SIGNALS:
            cut[at : at + width * len(header.signals)] = b" " * (width * len(header.signals))
        at += width * len(header.signals)
    starts = np.cumsum([0, *(signal.samples for signal in header.signals)]) * header.width
    for index, signal in enumerate(header.signals):
        if signal.label not in _ANNOTATIONS:
            if is_free_text(_name(signal.label)):
                place = slice(_HEADER_BYTES + index * _WIDTHS[0], _HEADER_BYTES + (index + 1) * _WIDTHS[0])
                cut[place] = b" " * _WIDTHS[0]
            continue
        length = signal.samples * header.width
        for number in range(header.records):
            at = header.first + number * record + int(starts[index])
            begins = _RECORD_BEGINS.match(cut, at, at + length)
            kept = begins.group() if begins else b""
            cut[at : at + length] = kept.ljust(length, b"\x00")
    return bytes(cut)
