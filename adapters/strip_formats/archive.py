"""A stranger's ZIP archive, unpacked in memory within limits of count, size and ratio."""

import struct
import zipfile
import zlib
from io import BytesIO

from adapters.strip_formats.strip import UnreadableStrip, damaged

_MOST_MEMBERS = 16
_MOST_UNPACKED_BYTES = 32 * 1024 * 1024
# A calm recording packs tenfold, a flat one a thousandfold: what is small anyway may have any ratio.
_HIGHEST_RATIO = 100
_ANY_RATIO_BELOW_BYTES = 1024 * 1024
_ENCRYPTED = 0x1


def _hostile() -> UnreadableStrip:
    return UnreadableStrip("ARCHIVE_REFUSED", "The archive holds too much. Please send one recording at a time.")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableStrip("ENCRYPTED", "The archive is locked with a password. Please send it without one.")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise damaged()
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > _ANY_RATIO_BELOW_BYTES and ratio > _HIGHEST_RATIO:
        raise _hostile()
    with archive.open(member) as content:
        # zipfile stops at the claimed size, which is within the limits by now.
        data = content.read(member.file_size)
    if len(data) != member.file_size:
        raise damaged()
    return data


def read_members(data: bytes, endings: tuple[str, ...]) -> dict[str, bytes]:
    """The members with one of the endings, by name without folder; nothing is ever written to a disk.

    Raises:
        UnreadableStrip: when the archive is damaged, encrypted, or larger inside than a recording can be.
    """
    # Counted in the raw bytes first: the standard library would build an object for each claimed entry.
    if data.count(b"PK\x01\x02") > _MOST_MEMBERS:
        raise _hostile()
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            wanted = [
                member
                for member in archive.infolist()
                if member.filename.endswith(endings) and not member.filename.startswith("__MACOSX/")
            ]
            if sum(member.file_size for member in wanted) > _MOST_UNPACKED_BYTES:
                raise _hostile()
            for member in wanted:
                name = member.filename.rsplit("/", 1)[-1]
                if name in members:
                    raise damaged()
                members[name] = _unpacked(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error):
        # RuntimeError includes NotImplementedError, for methods and versions the standard library lacks.
        raise damaged() from None
    return members
