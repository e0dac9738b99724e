"""A part of a WFDB record of any length, cut exactly.

Source: signal(5) of the WFDB applications guide, https://physionet.org/physiotools/wag/
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from adapters.strip_formats import UnreadableStrip
from adapters.strip_formats.wfdb_samples import INVALID_SAMPLE, UNPACK
from dev.importing.wfdb_record import WfdbRecord, contents, open_flac, packed
from domain.errors import BadInput

_FORMAT = re.compile(r"(\d{1,3})(?:\+(\d{1,9}))?", re.ASCII)


def _stored(path: Path, words: list[str], width: int, first: int, count: int) -> tuple[NDArray[np.int64], int]:
    """Samples (count, width) of a file from sample `first` on, and the number that stands for a missing one."""
    found = _FORMAT.fullmatch(words[1])
    if found is None or found[1] not in UNPACK:
        raise BadInput(f"{path.name} is stored in format {words[1]}; parts are cut from formats 16, 212 and 516.")
    stored, offset = found[1], int(found[2] or 0)
    skipped = 0
    if stored == "516":
        with open_flac(contents(path)[offset:]) as sound:
            sound.seek(min(first, sound.frames))
            table = sound.read(count, dtype="int16", always_2d=True).astype(np.int64)
        return table, INVALID_SAMPLE[stored]
    begin, end = first * width * 2, (first + count) * width * 2
    if stored == "212":
        # Two samples share three bytes, so reading begins at an even one.
        skipped = first * width % 2
        begin, end = first * width // 2 * 3, -(-(first + count) * width // 2) * 3
    with path.open("rb") as file:
        file.seek(offset + begin)
        content = file.read(end - begin)
    flat = UNPACK[stored](content, 1, None)[skipped:, 0]
    whole = len(flat) // width
    return flat[: whole * width].reshape(whole, width)[:count], INVALID_SAMPLE[stored]


def cut(record: WfdbRecord, from_seconds: float, seconds: float) -> bytes:
    """That part of the record, sample by sample as it was, stored anew in the plain format 16.

    Raises:
        BadInput: the record ends before, or is stored in a format that is not known here.
    """
    rate_hertz = record.sample_rate_hertz
    first, count = round(from_seconds * rate_hertz), round(seconds * rate_hertz)
    if record.samples is not None and first + count > record.samples:
        raise BadInput(f"The record is {record.samples / rate_hertz:.6g} s long, so it has no such part.")
    width = Counter(words[0] for words in record.signals)
    tables: dict[str, tuple[NDArray[np.int64], int]] = {}
    taken: Counter[str] = Counter()
    columns, lines = [], [f"part {len(record.signals)} {rate_hertz!r} {count}"]
    for words in record.signals:
        name = words[0]
        if name not in tables:
            try:
                tables[name] = _stored(record.files[name], words, width[name], first, count)
            except UnreadableStrip as unreadable:
                raise BadInput(f"{name}: {unreadable}") from None
            except (soundfile.SoundFileError, ValueError):
                raise BadInput(f"{name} is damaged.") from None
        table, missing = tables[name]
        if table.shape != (count, width[name]):
            raise BadInput(f"{name} ends before that part does.")
        column = table[:, taken[name]]
        column = np.where(column == missing, INVALID_SAMPLE["16"], column)
        taken[name] += 1
        columns.append(column)
        gain, resolution, zero = [*words[2:5], *("0", "16", "0")[len(words[2:5]) :]]
        text = words[8] if len(words) > 8 else ""
        checksum = int(column.sum()) % 65536
        lines.append(f"part.dat 16 {gain} {resolution} {zero} {column[0]} {checksum} 0 {text}".rstrip())
    samples = np.column_stack(columns).astype("<i2").tobytes()
    return packed({"part.hea": "\n".join([*lines, ""]).encode(), "part.dat": samples})
