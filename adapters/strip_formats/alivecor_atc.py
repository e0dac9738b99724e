"""The recording of an AliveCor device (.atc): blocks, each with its own checksum.

Layout: "ALIVE", three zero bytes, version; then blocks of a four-letter tag, a length, the data and a checksum (sum of
the bytes before it, modulo 2^32). `fmt ` tells rate and step, `ecg ` and `ecg2` to `ecg6` hold the leads. `info` holds
the person and the place and is never read.
"""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import MOST_SAMPLES, DecodedStrip, UnreadableStrip, checked, damaged, too_long

MAGIC = b"ALIVE\x00\x00\x00"
_FIRST_BLOCK = len(MAGIC) + 4
_HEAD, _CHECKSUM = struct.Struct("<4sI"), struct.Struct("<I")
_FORMAT = struct.Struct("<BHH")  # the format's number, samples a second, nanovolts a step
_SIXTEEN_BITS = 1
_LEADS = {b"ecg ": "I", b"ecg2": "II", b"ecg3": "III", b"ecg4": "aVR", b"ecg5": "aVL", b"ecg6": "aVF"}
_MOST_BLOCKS = 256


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Tags and their data, each proved by its checksum."""
    at = _FIRST_BLOCK
    for _ in range(_MOST_BLOCKS):
        if at == len(data):
            return
        if at + _HEAD.size > len(data):
            raise damaged()
        tag, length = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        if end + _CHECKSUM.size > len(data):
            raise damaged()
        (checksum,) = _CHECKSUM.unpack_from(data, end)
        if int(np.frombuffer(data[at:end], np.uint8).sum(dtype=np.int64)) % 2**32 != checksum:
            raise damaged()
        yield tag, data[at + _HEAD.size : end]
        at = end + _CHECKSUM.size
    raise damaged()


def read_atc(data: bytes) -> DecodedStrip:
    """The leads of an AliveCor file.

    Raises:
        UnreadableStrip: when a block is damaged, or there is no signal.
    """
    leads: dict[str, NDArray[np.int64]] = {}
    rate_hertz, nanovolts = 0, 0
    for tag, content in _blocks(data):
        if tag == b"fmt ":
            if len(content) < _FORMAT.size:
                raise damaged()
            number, rate_hertz, nanovolts = _FORMAT.unpack_from(content)
            if number != _SIXTEEN_BITS or nanovolts == 0:
                raise damaged()
        elif tag in _LEADS:
            if _LEADS[tag] in leads or len(content) % 2:
                raise damaged()
            leads[_LEADS[tag]] = np.frombuffer(content, "<i2").astype(np.int64)
    if not leads:
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    if rate_hertz == 0:
        raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")
    if sum(map(len, leads.values())) > MOST_SAMPLES:
        raise too_long()
    microvolts = {name: steps.astype(np.float64) * (nanovolts / 1000) for name, steps in leads.items()}
    return checked("ATC", float(rate_hertz), microvolts)
