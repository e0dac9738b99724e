"""An upload without its personal lines: names, dates of birth, places and numbers of people go, the recording stays.

Each format keeps only what is known to belong to the recording; what was cut is proved to read as the same voltages. A
file that cannot be cut so is kept as its voltages alone.
"""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from xml.etree import ElementTree as ET

import numpy as np
import orjson

from adapters.strip_formats import DecodedStrip, UnreadableStrip, alivecor_atc, bare_flac, decode_strip, edf
from adapters.strip_formats.archive import read_members
from adapters.strip_formats.strip import microvolts_of

_UTF8_MARK = b"\xef\xbb\xbf"
_MOST_LINES_ABOVE = 64
# Details of a table that tell nothing of a person, as they are called in English; other languages go by their values.
_DETAILS = frozenset(
    {"recorded date", "classification", "symptoms", "software version", "device", "sample rate", "lead", "unit"}
)
_NUMBER = re.compile(r"[-+−]?\d")
_RECORDING = re.compile(
    r"\d(?:[.,]\d+)? ?(?:hz|hertz)\w*|(?:fs|rate|frequency|unit)s?\b|\blead\b|(?<![a-z])(?:ecg|ekg|[uµμm]v)(?![a-z])",
    re.IGNORECASE,
)
_ATC_HEAD, _ATC_CHECKSUM = struct.Struct("<4sI"), struct.Struct("<I")
_ATC_KEPT = frozenset({b"fmt ", b"ecg ", b"ecg2", b"ecg3", b"ecg4", b"ecg5", b"ecg6"})
_DICOM_BODY = 132
_DICOM_WAVEFORMS = (b"\x00\x54\x00\x01SQ", b"\x00\x54\x00\x01")
_AECG_KEPT = frozenset(
    (
        "AnnotatedECG",
        "component",
        "series",
        "sequenceSet",
        "sequence",
        "code",
        "value",
        "head",
        "increment",
        "origin",
        "scale",
        "digits",
        "effectiveTime",
        "low",
        "high",
    )
)


def _json(data: bytes, strip: DecodedStrip) -> bytes:
    document = orjson.loads(data.removeprefix(_UTF8_MARK))
    kept = {"sampleRateHertz": document["sampleRateHertz"], "unit": document["unit"], "leads": document["leads"]}
    if document.keys() == kept.keys() and list(document["leads"]) == list(strip.leads):
        return data
    kept["leads"] = dict(zip(strip.leads, document["leads"].values(), strict=True))
    return orjson.dumps(kept)


def _is_of_the_recording(line: str) -> bool:
    key, _, value = (part.strip(' "#\t\r\n') for part in re.sub(r"[;\t]|: ?", ",", line, count=1).partition(","))
    if not key and not value:
        return True
    known = key.lower() in _DETAILS or microvolts_of(value) is not None
    return known or _RECORDING.search(line) is not None


def _table(data: bytes, _strip: DecodedStrip) -> bytes:
    lines = data.decode("utf-8-sig").splitlines(keepends=True)
    begins = next((at for at, line in enumerate(lines) if _NUMBER.match(line.strip(' "\u200e\u200f'))), len(lines))
    begins = min(begins, _MOST_LINES_ABOVE)
    # The last words before the numbers name the columns, if there are several.
    names = max((at for at in range(begins) if lines[at].strip()), default=0)
    several = any(mark in lines[begins].strip() for mark in ";\t,") if begins < len(lines) else False
    above = [line for at, line in enumerate(lines[:begins]) if _is_of_the_recording(line) or (at == names and several)]
    return "".join(above + lines[begins:]).encode()


def _wfdb(data: bytes, _strip: DecodedStrip) -> bytes:
    members = read_members(data, (".hea", ".dat"))
    kept = {name: _without_comments(content) if name.endswith(".hea") else content for name, content in members.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        has_more = bool(archive.comment) or set(archive.namelist()) != members.keys()
    if kept == members and not has_more:
        return data
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in kept.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _without_comments(header: bytes) -> bytes:
    """Comments of a header hold age, sex, drugs, and what anybody wrote."""
    lines = header.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lstrip().startswith(b"#"))


def _edf(data: bytes, _strip: DecodedStrip) -> bytes:
    return edf.without_words(data)


def _flac(data: bytes, _strip: DecodedStrip) -> bytes:
    return bare_flac.without_metadata(data)


def _atc(data: bytes, _strip: DecodedStrip) -> bytes:
    at = len(alivecor_atc.MAGIC) + 4
    kept = [data[:at]]
    while at < len(data):
        tag, length = _ATC_HEAD.unpack_from(data, at)
        end = at + _ATC_HEAD.size + length + _ATC_CHECKSUM.size
        if tag in _ATC_KEPT:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _dicom(data: bytes, _strip: DecodedStrip) -> bytes:
    # Elements stand in the order of their tags: group 2 says how the file is written, then patient and study, then
    # the waveform.
    group_length = struct.unpack_from("<I", data, _DICOM_BODY + 8)[0]
    meta_end = _DICOM_BODY + 12 + group_length
    mark = next(mark for mark in _DICOM_WAVEFORMS if data.find(mark, meta_end) >= 0)
    return bytes(128) + data[128:meta_end] + data[data.find(mark, meta_end) :]


def _aecg(data: bytes, _strip: DecodedStrip) -> bytes:
    # It was read before, so it declares no entities.
    root = ET.fromstring(data)  # noqa: S314 - as said
    _keep_known(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _keep_known(element: ET.Element) -> None:
    for child in list(element):
        if child.tag.rpartition("}")[2] in _AECG_KEPT:
            _keep_known(child)
        else:
            element.remove(child)


_CUTS: Mapping[str, Callable[[bytes, DecodedStrip], bytes]] = {
    "JSON": _json,
    "CSV": _table,
    "WFDB": _wfdb,
    "EDF": _edf,
    "FLAC": _flac,
    "ATC": _atc,
    "DICOM": _dicom,
    "AECG": _aecg,
}


def _is_same(data: bytes, strip: DecodedStrip) -> bool:
    again = decode_strip(data)
    return (
        again.sample_rate_hertz == strip.sample_rate_hertz
        and list(again.leads) == list(strip.leads)
        and all(np.array_equal(again.leads[name], samples) for name, samples in strip.leads.items())
    )


def without_personal_lines(data: bytes, strip: DecodedStrip) -> bytes:
    """The bytes of a readable upload that may be kept; `strip` is what they were read as."""
    try:
        cut = _CUTS[strip.format](data, strip)
        if _is_same(cut, strip):
            return cut
    except (UnreadableStrip, ValueError, KeyError, IndexError, StopIteration, struct.error, ET.ParseError):
        pass
    leads = {name: samples.tolist() for name, samples in strip.leads.items()}
    return orjson.dumps({"sampleRateHertz": strip.sample_rate_hertz, "unit": "uV", "leads": leads})
