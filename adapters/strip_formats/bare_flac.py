"""A bare FLAC file, as hand-held recorders' collections are handed round: 16 bits, one count is one microvolt.

FLAC says neither unit nor leads. One microvolt a count is how strips of the PhysioNet/CinC Challenge 2017 are handed
round; a file with another step needs a WFDB header beside it.
Source: RFC 9639 (FLAC), section 8.
"""

from io import BytesIO

import soundfile

from adapters.strip_formats.strip import DecodedStrip, checked, damaged, named_leads
from adapters.strip_formats.wfdb_samples import UNPACK

MAGIC = b"fLaC"
_BLOCK_HEADER_BYTES = 4
_IS_LAST, _STREAMINFO = 0x80, 0


def read_flac(data: bytes) -> DecodedStrip:
    """Each channel as a lead of microvolts.

    Raises:
        UnreadableStrip: it is damaged, has other than 16 bits, or cannot be a heart's.
    """
    try:
        with soundfile.SoundFile(BytesIO(data)) as sound:
            channels, rate_hertz = sound.channels, sound.samplerate
    except (soundfile.SoundFileError, RuntimeError, ValueError):
        raise damaged() from None
    table = UNPACK["516"](data, channels, None)
    names = named_leads([""] * channels)
    return checked("FLAC", rate_hertz, {name: table[:, at].astype(float) for at, name in enumerate(names)})


def without_metadata(data: bytes) -> bytes:
    """The file with nothing but what its frames need: comments and pictures tell of people."""
    at = len(MAGIC)
    stream = b""
    is_last = False
    while not is_last:
        kind, length = data[at], int.from_bytes(data[at + 1 : at + _BLOCK_HEADER_BYTES])
        is_last = bool(kind & _IS_LAST)
        end = at + _BLOCK_HEADER_BYTES + length
        if kind & ~_IS_LAST == _STREAMINFO:
            stream = bytes([_STREAMINFO | _IS_LAST]) + data[at + 1 : end]
        at = end
    return MAGIC + stream + data[at:]
