"""WFDB records on a disk, and bare FLAC files as such, packed as the one file that is uploaded.

Source: header(5) and signal(5) of the WFDB applications guide, https://physionet.org/physiotools/wag/
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import soundfile

from adapters.strip_formats.strip import HIGHEST_RATE_HERTZ, MOST_LEADS
from domain.errors import BadInput

DEFAULT_RATE_HERTZ = 250.0
MOST_FILE_BYTES = 256 * 2**20
_FILE = re.compile(r"[\w.-]+", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True)
class WfdbRecord:
    """A header, as it is and in words, and where the signal files lie that it names."""

    header: bytes
    first: list[str]
    signals: list[list[str]]
    files: Mapping[str, Path]

    @property
    def sample_rate_hertz(self) -> float:
        """Samples of each signal in a second."""
        return float(self.first[2].partition("/")[0]) if len(self.first) > 2 else DEFAULT_RATE_HERTZ

    @property
    def samples(self) -> int | None:
        """How many each signal has, where the header says it."""
        said = self.first[3] if len(self.first) > 3 else ""
        return int(said) or None if _WHOLE.fullmatch(said) else None

    @property
    def began_at(self) -> datetime | None:
        """When the recording began, on a clock of nobody knows which zone; a time without a day says nothing."""
        if len(self.first) < 6:
            return None
        hour, _, fraction = self.first[4].partition(".")
        try:
            at = datetime.strptime(f"{self.first[5]} {hour}", "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 - it says no zone
        except ValueError:
            return None
        return at.replace(microsecond=int(f"{fraction:0<6}"[:6]) if fraction.isdecimal() else 0)


def contents(path: Path) -> bytes:
    """All bytes of a file that is no larger than a signal may be.

    Raises:
        BadInput: it is larger.
    """
    if path.stat().st_size > MOST_FILE_BYTES:
        raise BadInput(f"{path.name} is larger than {MOST_FILE_BYTES // 2**20} megabytes, which is no ECG strip.")
    return path.read_bytes()


def open_record(header: Path) -> WfdbRecord:
    """The record of a .hea file.

    Raises:
        BadInput: the header is damaged, or a file that it names is not beside it.
    """
    content = contents(header)
    record = _read(content, header)
    for name, path in record.files.items():
        if not path.is_file():
            raise BadInput(f"{header.name} needs the file {name} beside it, which is not there.")
    return record


def _read(content: bytes, header: Path) -> WfdbRecord:
    wrong = BadInput(f"{header.name} is no header of a WFDB record, or it is damaged.")
    lines = [line.strip() for line in content.decode("ascii", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    first = lines[0].split() if lines else []
    if len(first) < 2 or not _WHOLE.fullmatch(first[1]):
        raise wrong
    if "/" in first[0]:
        raise BadInput(f"{header.name} joins several records; import one of them.")
    signals = [line.split(maxsplit=8) for line in lines[1 : int(first[1]) + 1]]
    if len(signals) != int(first[1]) or not 1 <= len(signals) <= MOST_LEADS:
        raise wrong
    if any(len(words) < 2 or not _FILE.fullmatch(words[0]) for words in signals):
        raise wrong
    record = WfdbRecord(content, first, signals, {words[0]: header.with_name(words[0]) for words in signals})
    try:
        is_rate = 0 < record.sample_rate_hertz <= HIGHEST_RATE_HERTZ
    except ValueError:
        is_rate = False
    if not is_rate:
        raise wrong
    return record


def packed(members: Mapping[str, bytes]) -> bytes:
    """Files as one archive, whose bytes are the same every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # A fixed time keeps the archive's checksum, by which a second import is known.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def pack(record: WfdbRecord) -> bytes:
    """The whole record, its bytes untouched."""
    return packed({"record.hea": record.header} | {name: contents(path) for name, path in record.files.items()})


def open_flac(content: bytes) -> soundfile.SoundFile:
    """The samples of a FLAC file.

    Raises:
        ValueError: it is none (or soundfile's own errors, where it is damaged).
    """
    # Without the magic, libsndfile would try every format it knows.
    if not content.startswith(b"fLaC"):
        raise ValueError
    return soundfile.SoundFile(io.BytesIO(content))


def wrap_flac(flac: Path, microvolts_per_step: float) -> WfdbRecord:
    """A record around a bare FLAC file, whose steps have the size that its owner states.

    Raises:
        BadInput: it is none, or not of 16 bits.
    """
    try:
        with open_flac(contents(flac)) as sound:
            rate_hertz, frames, channels, bits = sound.samplerate, sound.frames, sound.channels, sound.subtype
    except (soundfile.SoundFileError, ValueError):
        raise BadInput(f"{flac.name} is no FLAC file, or it is damaged.") from None
    if bits != "PCM_16" or not rate_hertz <= HIGHEST_RATE_HERTZ or channels > MOST_LEADS:
        raise BadInput(f"{flac.name} holds sound: an ECG has 16 bits and at most {HIGHEST_RATE_HERTZ:.0f} hertz.")
    line = f"record.dat 516 {1000 / microvolts_per_step:.12g}(0)/mV 16 0"
    header = "\n".join([f"record {channels} {rate_hertz} {frames}", *[line] * channels, ""])
    read = _read(header.encode(), flac)
    return WfdbRecord(read.header, read.first, read.signals, {"record.dat": flac})
