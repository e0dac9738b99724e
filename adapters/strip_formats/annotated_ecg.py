"""HL7 annotated ECG (aECG): XML with a time axis and, for each lead, an origin, a scale and digits.

Source: HL7 V3 "aECG" implementation guide, 2005. Only the first set of sequences is read; the subject, the trial and
everything else is passed over. No document type, entity or external file is ever followed.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    MOST_LEADS,
    MOST_SAMPLES_OF_A_LEAD,
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

_ROOT = "AnnotatedECG"
_MOST_DEPTH = 64
_LEAD = "MDC_ECG_LEAD_"
_TIME = ("TIME_ABSOLUTE", "TIME_RELATIVE")
_SECONDS_OF_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,12})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


@dataclass
class _Sequence:
    """One sequence as its elements come by."""

    code: str = ""
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    digits: list[str] = field(default_factory=list)


@dataclass
class _Reader:
    """Collects the sequences of the first set outside any derived series."""

    path: list[str] = field(default_factory=list)
    sequences: list[_Sequence] = field(default_factory=list)
    sets: int = 0

    @property
    def _is_inside(self) -> bool:
        return self.sets == 1 and "sequenceSet" in self.path and "derivedSeries" not in self.path

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self.path and local != _ROOT:
            raise _other_xml()
        self.path.append(local)
        if len(self.path) > _MOST_DEPTH:
            raise damaged()
        if local == "sequenceSet" and "derivedSeries" not in self.path:
            self.sets += 1
        if not self._is_inside:
            return
        if local == "sequence":
            if len(self.sequences) > MOST_LEADS:
                raise too_many_leads()
            self.sequences.append(_Sequence())
        elif self.sequences and local == "code" and self.path[-2] == "sequence":
            self.sequences[-1].code = attributes.get("code", "")
        elif self.sequences and local in {"increment", "origin", "scale"}:
            self.sequences[-1].values[local] = attributes.get("value", ""), attributes.get("unit", "")

    def end(self, _name: str) -> None:
        self.path.pop()

    def text(self, characters: str) -> None:
        if self._is_inside and self.path[-1] == "digits" and self.sequences:
            self.sequences[-1].digits.append(characters)

    def forbidden(self, *_: object) -> None:
        """A document type is where entities are declared, which can be made to fill a memory."""
        raise UnreadableStrip(
            "XML_REFUSED", "The file holds instructions that we do not follow. Please export it again."
        )


def _other_xml() -> UnreadableStrip:
    return UnreadableStrip("UNKNOWN_FORMAT", "We do not know this kind of file. Please send the export of your device.")


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise damaged()
    return float(text)


def _rate_hertz(sequences: list[_Sequence]) -> float:
    for sequence in sequences:
        if sequence.code in _TIME and "increment" in sequence.values:
            value, unit = sequence.values["increment"]
            seconds = _number(value) * _SECONDS_OF_UNIT.get(unit, 0.0)
            if seconds > 0:
                return 1 / seconds
    raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")


def _microvolts(sequence: _Sequence) -> NDArray[np.float64]:
    words = "".join(sequence.digits).split()
    if len(words) > MOST_SAMPLES_OF_A_LEAD:
        raise too_long()
    try:
        digits = np.array(words, dtype=np.float64)
    except ValueError:
        raise damaged() from None
    scale, unit = sequence.values.get("scale", ("", ""))
    factor = microvolts_of(unit)
    if factor is None:
        raise unknown_unit()
    origin, origin_unit = sequence.values.get("origin", ("0", unit))
    shift = microvolts_of(origin_unit)
    if shift is None:
        raise unknown_unit()
    with np.errstate(over="ignore"):  # an overflow becomes infinite and is refused as such
        values: NDArray[np.float64] = digits * _number(scale) * factor + _number(origin) * shift
    return values


def read_annotated_ecg(data: bytes) -> DecodedStrip:
    """The leads of an aECG document.

    Raises:
        UnreadableStrip: when the XML is damaged or hostile, or a part is missing or out of range.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.forbidden
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise damaged() from None
    leads = [sequence for sequence in reader.sequences if sequence.code.startswith(_LEAD)]
    if not leads:
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    names = named_leads(sequence.code.removeprefix(_LEAD) for sequence in leads)
    samples = [_microvolts(sequence) for sequence in leads]
    return checked("AECG", _rate_hertz(reader.sequences), dict(zip(names, samples, strict=True)))
