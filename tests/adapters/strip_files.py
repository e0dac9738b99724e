"""Recordings written as devices write them, from one wave, for the readers' tests."""

import struct

import numpy as np
from numpy.typing import NDArray

WAVE = np.round(1000 * np.sin(np.arange(900) / 20), 3)
STEPS = WAVE.round().astype(np.int64)


def an_atc(*, leads: int = 1, rate_hertz: int = 300, nanovolts: int = 500, info: bytes = b"Ada Secret") -> bytes:
    """AliveCor: format, person, leads of half a microvolt a step."""

    def block(tag: bytes, content: bytes) -> bytes:
        head = tag + struct.pack("<I", len(content)) + content
        return head + struct.pack("<I", sum(head) % 2**32)

    samples = (2 * STEPS).astype("<i2").tobytes()
    names = (b"ecg ", b"ecg2", b"ecg3")[:leads]
    blocks = [block(b"info", info), block(b"fmt ", struct.pack("<BHHBH", 1, rate_hertz, nanovolts, 2, 0))]
    return b"ALIVE\x00\x00\x00" + struct.pack("<I", 2) + b"".join(blocks + [block(name, samples) for name in names])


def an_edf(
    *,
    unit: str = "uV",
    label: str = "ECG I",
    records: int = 3,
    claimed: int | None = None,
    seconds: float = 1,
    reserved: str = "",
    bdf: bool = False,
) -> bytes:
    """One second a record: 300 samples of the ECG, then 10 of breath."""
    claimed = records if claimed is None else claimed
    limit = 2**23 if bdf else 2**15
    columns = [
        [label, "Resp"],
        ["electrode", ""],
        [unit, "%"],
        [f"{-limit // 8}", "0"],
        [f"{limit // 8 - 1}", "100"],
        [f"{-limit}", "-100"],
        [f"{limit - 1}", "100"],
        ["", ""],
        ["300", "10"],
        ["", ""],
    ]
    widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
    first = b"\xffBIOSEMI" if bdf else b"0       "
    fixed = first + b"Ada Secret".ljust(80) + b"Clinic of Ada".ljust(80) + b"01.02.2608.30.00"
    fixed += f"{256 * 3:<8}{reserved:<44}{claimed:<8}{seconds:<8g}{2:<4}".encode()
    header = fixed + b"".join(
        value.ljust(width).encode() for width, values in zip(widths, columns, strict=True) for value in values
    )
    samples = 8 * STEPS

    def stored(values: NDArray[np.int64]) -> bytes:
        if not bdf:
            return values.astype("<i2").tobytes()
        return b"".join(int(value).to_bytes(3, "little", signed=True) for value in values)

    breath = stored(np.zeros(10, dtype=np.int64))
    return header + b"".join(stored(samples[300 * at : 300 * (at + 1)]) + breath for at in range(records))


def an_aecg(
    *, scale: str = "2.5", unit: str = "uV", increment: str = "0.002", head: str = "", digits: str = ""
) -> bytes:
    """HL7 aECG with two leads and a derived beat that is not the recording."""
    numbers = digits or " ".join(map(str, STEPS.tolist()))

    def sequence(code: str, values: str) -> str:
        return (
            f'<component><sequence><code code="{code}" codeSystem="2.16.840.1.113883.6.24"/>'
            f'<value xsi:type="SLIST_PQ"><origin value="0" unit="{unit}"/><scale value="{scale}" unit="{unit}"/>'
            f"<digits>{values}</digits></value></sequence></component>"
        )

    time = (
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="20261120083000"/><increment value="{increment}" unit="s"/></value></sequence></component>'
    )
    leads = sequence("MDC_ECG_LEAD_I", numbers) + sequence("MDC_ECG_LEAD_AVF", numbers)
    derived = (
        f"<derivation><derivedSeries><component><sequenceSet>{time}{leads}</sequenceSet></component>"
        "</derivedSeries></derivation>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><componentOf><subject><name>Ada Secret</name></subject>'
        f"</componentOf><component><series>{derived}<component><sequenceSet>{time}{leads}</sequenceSet></component>"
        "</series></component></AnnotatedECG>"
    ).encode()


def _element(group: int, number: int, kind: bytes, content: bytes, *, explicit: bool) -> bytes:
    content += b"\x00" * (len(content) % 2)
    head = struct.pack("<HH", group, number)
    if not explicit:
        return head + struct.pack("<I", len(content)) + content
    if kind in {b"SQ", b"OW"}:
        return head + kind + b"\x00\x00" + struct.pack("<I", len(content)) + content
    return head + kind + struct.pack("<H", len(content)) + content


def a_dicom(
    *, explicit: bool = True, unit: bytes = b"uV", samples: int = 900, bits: int = 16, syntax: bytes = b""
) -> bytes:
    """A general ECG with two channels of half a microvolt a step, the patient's name before the waveform."""

    def element(group: int, number: int, kind: bytes, content: bytes) -> bytes:
        return _element(group, number, kind, content, explicit=explicit)

    def sequence(group: int, number: int, *items: bytes) -> bytes:
        packed = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
        return element(group, number, b"SQ", packed)

    def channel(meaning: bytes) -> bytes:
        return (
            sequence(0x003A, 0x0208, element(0x0008, 0x0104, b"LO", meaning))
            + element(0x003A, 0x0210, b"DS", b"0.5")
            + sequence(0x003A, 0x0211, element(0x0008, 0x0100, b"SH", unit))
            + element(0x003A, 0x0212, b"DS", b"1")
            + element(0x003A, 0x0213, b"DS", b"0")
        )

    stored = np.column_stack([2 * STEPS, -2 * STEPS]).astype("<i2").tobytes()
    waveform = (
        element(0x003A, 0x0005, b"US", struct.pack("<H", 2))
        + element(0x003A, 0x0010, b"UL", struct.pack("<I", samples))
        + element(0x003A, 0x001A, b"DS", b"500")
        + sequence(0x003A, 0x0200, channel(b"Lead I (Einthoven)"), channel(b"Lead II"))
        + element(0x5400, 0x1004, b"US", struct.pack("<H", bits))
        + element(0x5400, 0x1006, b"CS", b"SS")
        + element(0x5400, 0x1010, b"OW", stored)
    )
    named = syntax or (b"1.2.840.10008.1.2.1" if explicit else b"1.2.840.10008.1.2")
    meta = _element(0x0002, 0x0010, b"UI", named, explicit=True)
    body = element(0x0010, 0x0010, b"PN", b"Secret^Ada") + sequence(0x5400, 0x0100, waveform)
    return bytes(128) + b"DICM" + meta + body


def a_table(header: str, *, rate_hertz: float = 300, comma: bool = False, above: str = "") -> bytes:
    """Rows of a time and a sample of the wave."""
    delimiter = ";" if ";" in header else ","
    lines = [f"{at / rate_hertz:.5f}{delimiter}{value:.3f}" for at, value in enumerate(WAVE)]
    text = "\n".join(lines)
    return (above + header + "\n" + (text.replace(".", ",") if comma else text) + "\n").encode()
