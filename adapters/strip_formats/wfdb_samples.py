"""How WFDB stores samples: formats 16 (plain), 212 (two in three bytes) and 516 (FLAC).

Each unpacker takes the bytes of one signal file, the number of signals interleaved in it and the number of
samples a signal should have (None: as many as there are); it returns an array (samples, signals).
Source: signal(5) of the WFDB applications guide.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from adapters.strip_formats.strip import MOST_SAMPLES, damaged, too_long

# The stored number that means "no sample here".
INVALID_SAMPLE = {"16": -(2**15), "212": -(2**11), "516": -(2**15)}


def _table(flat: NDArray[np.int64], signals: int, samples: int | None) -> NDArray[np.int64]:
    wanted = len(flat) // signals if samples is None else samples
    if wanted * signals > len(flat):
        raise damaged()
    if wanted * signals > MOST_SAMPLES:
        raise too_long()
    return flat[: wanted * signals].reshape(wanted, signals)


def _unpack_16(content: bytes, signals: int, samples: int | None) -> NDArray[np.int64]:
    whole = len(content) // 2 * 2
    return _table(np.frombuffer(content[:whole], dtype="<i2").astype(np.int64), signals, samples)


def _unpack_212(content: bytes, signals: int, samples: int | None) -> NDArray[np.int64]:
    count = len(content) * 2 // 3  # an odd last sample takes two bytes
    padded = np.frombuffer(content + bytes(-len(content) % 3), dtype=np.uint8).astype(np.int64).reshape(-1, 3)
    flat = np.empty(2 * len(padded), dtype=np.int64)
    flat[0::2] = padded[:, 0] | (padded[:, 1] & 0x0F) << 8
    flat[1::2] = padded[:, 2] | (padded[:, 1] & 0xF0) << 4
    flat[flat > 2047] -= 4096  # noqa: PLR2004 - twelve bits in two's complement
    return _table(flat[:count], signals, samples)


def _unpack_516(content: bytes, signals: int, samples: int | None) -> NDArray[np.int64]:
    # Without the magic, libsndfile would try every format it knows on a stranger's bytes.
    if not content.startswith(b"fLaC"):
        raise damaged()
    try:
        with soundfile.SoundFile(BytesIO(content)) as sound:
            if sound.channels != signals or sound.subtype != "PCM_16":
                raise damaged()
            # A constant signal packs a thousandfold, so the claim is checked before anything is unpacked.
            if sound.frames * signals > MOST_SAMPLES:
                raise too_long()
            table: NDArray[np.int64] = sound.read(dtype="int16", always_2d=True).astype(np.int64)
            complete = len(table) == sound.frames
    except (soundfile.SoundFileError, RuntimeError, ValueError):
        raise damaged() from None
    if not complete:
        raise damaged()
    return _table(table.reshape(-1), signals, samples)


UNPACK: dict[str, Callable[[bytes, int, int | None], NDArray[np.int64]]] = {
    "16": _unpack_16,
    "212": _unpack_212,
    "516": _unpack_516,
}
