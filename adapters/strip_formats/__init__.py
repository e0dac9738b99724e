"""Readers of heart recordings: untrusted bytes in, clean microvolts out, or a refusal a patient understands."""

from collections.abc import Callable

from adapters.strip_formats import alivecor_atc, bare_flac, dicom, edf
from adapters.strip_formats.annotated_ecg import read_annotated_ecg
from adapters.strip_formats.apple_csv import read_apple_csv
from adapters.strip_formats.json_strip import read_json
from adapters.strip_formats.strip import MOST_BYTES, DecodedStrip, UnreadableStrip
from adapters.strip_formats.table_csv import is_table, read_table
from adapters.strip_formats.wfdb_record import read_wfdb

__all__ = ["DecodedStrip", "UnreadableStrip", "decode_strip"]

# Where a binary format has its mark, the mark, and who reads it.
_MARKED: tuple[tuple[int, bytes, Callable[[bytes], DecodedStrip]], ...] = (
    (0, b"PK\x03\x04", read_wfdb),
    (0, alivecor_atc.MAGIC, alivecor_atc.read_atc),
    (0, edf.EDF_MAGIC, edf.read_edf),
    (0, edf.BDF_MAGIC, edf.read_edf),
    (0, bare_flac.MAGIC, bare_flac.read_flac),
    (dicom.PREAMBLE_BYTES, dicom.MAGIC, dicom.read_dicom),
)
_BEGINNINGS: tuple[tuple[bytes, Callable[[bytes], DecodedStrip]], ...] = (
    (b"{", read_json),
    (b"<", read_annotated_ecg),
)


def decode_strip(data: bytes) -> DecodedStrip:
    """The recording in `data`, whose format is told by its content, never by a name or a claimed type.

    Raises:
        UnreadableStrip: for whatever else the bytes are.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableStrip("TOO_LARGE", "The file is larger than 8 megabytes. Please send a shorter recording.")
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise UnreadableStrip("EMPTY", "The file is empty. Please export the recording again.")
    for at, mark, read in _MARKED:
        if data.startswith(mark, at):
            return read(data)
    for beginning, read in _BEGINNINGS:
        if text.startswith(beginning):
            return read(text)
    # Tables are the loosest format, so they come last; control bytes tell pictures and documents apart.
    if b"\x00" not in text and b"\n" in text.replace(b"\r", b"\n"):
        return read_table(text) if is_table(text) else read_apple_csv(text)
    raise UnreadableStrip(
        "UNKNOWN_FORMAT",
        "We do not know this kind of file. Please send the export of your watch or heart monitor.",
    )
