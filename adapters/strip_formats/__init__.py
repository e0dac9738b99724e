"""Readers of heart recordings: untrusted bytes in, clean microvolts out, or a refusal a patient understands."""

from adapters.strip_formats.apple_csv import read_apple_csv
from adapters.strip_formats.json_strip import read_json
from adapters.strip_formats.strip import MOST_BYTES, DecodedStrip, UnreadableStrip
from adapters.strip_formats.wfdb_record import read_wfdb

__all__ = ["DecodedStrip", "UnreadableStrip", "decode_strip"]


def decode_strip(data: bytes) -> DecodedStrip:
    """The recording in `data`, whose format is told by its content, never by a name or a claimed type.

    Raises:
        UnreadableStrip: for whatever else the bytes are.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableStrip("TOO_LARGE", "The file is larger than 8 megabytes. Please send a shorter recording.")
    if data.startswith(b"PK\x03\x04"):
        return read_wfdb(data)
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise UnreadableStrip("EMPTY", "The file is empty. Please export the recording again.")
    if text.startswith(b"{"):
        return read_json(text)
    # Tables are the loosest format, so they come last; control bytes tell pictures and documents apart.
    if b"\x00" not in text and b"\n" in text.replace(b"\r", b"\n"):
        return read_apple_csv(text)
    raise UnreadableStrip(
        "UNKNOWN_FORMAT",
        "We do not know this kind of file. Please send the export of your watch or heart monitor.",
    )
