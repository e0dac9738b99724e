"""WFDB records and bare FLAC files on a disk: packed whole, or cut exactly as the reference package would."""

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import soundfile

from adapters.strip_formats import decode_strip
from dev.importing.choices import Choices
from dev.importing.recordings import Recording, read_recording
from dev.importing.wfdb_record import open_record
from domain.errors import BadInput
from tests.recordings import recording, wfdb

ROME = ZoneInfo("Europe/Rome")
REFERENCE_WARNS = pytest.mark.filterwarnings("ignore:The inplace keyword")
WAVE = np.round(900 * np.sin(np.arange(3000) / 20)).astype("<i2")


def a_record(folder: Path, first: str = "rec 1 300 3000", line: str = "rec.dat 16 1000(0)/mV 16 0") -> Path:
    header = folder / "rec.hea"
    header.write_text(f"{first}\n{line}\n# <age>: 51\n")
    (folder / "rec.dat").write_bytes(WAVE.tobytes())
    return header


def a_flac(folder: Path, rate: int = 300, subtype: str = "PCM_16") -> Path:
    path = folder / "strip.flac"
    soundfile.write(path, WAVE, rate, format="FLAC", subtype=subtype)
    return path


def read(path: Path, **choices: float | datetime) -> Recording:
    return read_recording(path, Choices(**choices), ROME)  # type: ignore[arg-type]  # spelled by each test


def refusal(path: Path, **choices: float | datetime) -> str:
    with pytest.raises(BadInput) as refused:
        read(path, **choices)
    (sentence,) = str(refused.value).splitlines()
    return sentence


def samples(data: bytes) -> list[float]:
    (lead,) = decode_strip(data).leads.values()
    return [float(sample) for sample in lead]


def test_a_record_is_packed_as_it_is_and_the_same_every_time(tmp_path: Path) -> None:
    header = a_record(tmp_path)
    one = read(header)
    os.utime(header, (10**9, 10**9))
    assert read(header).data == one.data
    assert samples(one.data) == WAVE.tolist()


def test_a_part_is_cut_to_the_sample(tmp_path: Path) -> None:
    header = a_record(tmp_path)
    assert samples(read(header, from_seconds=1.0, seconds=2.5).data) == WAVE[300:1050].tolist()
    assert samples(read(header, seconds=10.0).data) == WAVE.tolist()
    assert read(header, seconds=2.0).data == read(header, from_seconds=0.0, seconds=2.0).data


def test_a_part_without_samples_stays_without(tmp_path: Path) -> None:
    header = a_record(tmp_path)
    holed = WAVE.copy()
    holed[400] = -(2**15)
    (tmp_path / "rec.dat").write_bytes(holed.tobytes())
    assert samples(read(header, seconds=1.0).data) == WAVE[:300].tolist()
    # A worker refuses it, with its own reason: nothing was made up for the gap.
    with pytest.raises(Exception, match="has gaps"):
        decode_strip(read(header, from_seconds=1.0, seconds=1.0).data)


@REFERENCE_WARNS
@pytest.mark.parametrize(
    ("folder", "name"), [("mitdb", "101"), ("mitdb", "208"), ("mitdb_original", "114"), ("ludb_lead_i", "10")]
)
@pytest.mark.parametrize("start", [0, 1, 2222])
def test_parts_of_published_records_equal_the_reference_reader(folder: str, name: str, start: int) -> None:
    header = recording("ecg", folder, f"{name}.hea")
    rate_hertz = open_record(header).sample_rate_hertz
    count = 2001
    strip = decode_strip(read(header, from_seconds=start / rate_hertz, seconds=count / rate_hertz).data)
    reference = wfdb.rdrecord(str(header.with_suffix("")), sampfrom=start, sampto=start + count)
    assert strip.sample_rate_hertz == reference.fs
    assert [name.upper() for name in strip.leads] == [name.upper() for name in reference.sig_name]
    for column, lead in enumerate(strip.leads.values()):
        np.testing.assert_array_equal(lead, reference.p_signal[:, column] * 1000)


def test_a_bare_flac_is_in_the_steps_that_its_owner_states(tmp_path: Path) -> None:
    flac = a_flac(tmp_path)
    strip = decode_strip(read(flac, microvolts_per_step=1).data)
    assert (strip.sample_rate_hertz, list(strip.leads)) == (300.0, ["Channel 1"])
    assert samples(read(flac, microvolts_per_step=1).data) == WAVE.tolist()
    np.testing.assert_allclose(samples(read(flac, microvolts_per_step=2.5).data), WAVE * 2.5, rtol=1e-9)
    assert samples(read(flac, microvolts_per_step=1, from_seconds=5.0, seconds=5.0).data) == WAVE[1500:].tolist()
    assert "state it with --microvolts-per-step" in refusal(flac)
    assert "between 0.001 and 1000" in refusal(flac, microvolts_per_step=0)
    assert "between 0.001 and 1000" in refusal(flac, microvolts_per_step=float("nan"))


def test_music_is_no_strip(tmp_path: Path) -> None:
    assert "holds sound" in refusal(a_flac(tmp_path, rate=44100), microvolts_per_step=1)
    assert "holds sound" in refusal(a_flac(tmp_path, subtype="PCM_24"), microvolts_per_step=1)
    (tmp_path / "strip.flac").write_bytes(b"RIFF" + bytes(100))
    assert "no FLAC file" in refusal(tmp_path / "strip.flac", microvolts_per_step=1)


def test_the_moment_is_the_headers_then_yours_then_the_files(tmp_path: Path) -> None:
    header = a_record(tmp_path)
    os.utime(header, (1_700_000_000, 1_700_000_000))
    yours = datetime(2026, 1, 31, 7, 30)  # noqa: DTZ001 - typed without an offset, so it is the patient's own
    plain, told = read(header), read(header, recorded_at=yours)
    assert (plain.recorded_at.timestamp(), plain.time_from) == (1_700_000_000, "as the file's own time tells")
    assert (told.recorded_at.astimezone(UTC), told.time_from) == (
        datetime(2026, 1, 31, 6, 30, tzinfo=UTC),
        "as you said",
    )
    dated = a_record(tmp_path, first="rec 1 300 3000 08:15:30.5 02/07/2021")
    found = read(dated, recorded_at=yours)
    assert (found.recorded_at.astimezone(UTC), found.time_from) == (
        datetime(2021, 7, 2, 6, 15, 30, 500_000, tzinfo=UTC),
        "as the file says",
    )
    assert (read(dated, from_seconds=4.5, seconds=2.0).recorded_at - found.recorded_at).total_seconds() == 4.5
    for undated in ("rec 1 300 3000 08:15:30", "rec 1 300 3000 0:00:00 0/0/0", "rec 1 300 3000 x 02/07/2021"):
        assert read(a_record(tmp_path, first=undated), recorded_at=yours).time_from == "as you said"


def test_a_watch_says_when_it_recorded_in_any_language(tmp_path: Path) -> None:
    path = tmp_path / "ecg.csv"
    numbers = "\n".join(str(value) for value in WAVE)
    head = "Name;Ada Geheim\nAufnahmedatum;2026-11-20 08:30:00 +0100\nAbtastrate;300 Hertz\n\nEinheit;µV\n"
    path.write_text(head + numbers)
    found = read(path)
    assert (found.recorded_at.isoformat(), found.time_from) == ("2026-11-20T08:30:00+01:00", "as the file says")


@pytest.mark.parametrize(
    ("first", "line", "sentence"),
    [
        ("rec 1 300 3000", "away.dat 16 1000(0)/mV", "rec.hea needs the file away.dat beside it, which is not there."),
        ("rec 1 300 3000", "../rec.dat 16 1000(0)/mV", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec/2 1 300 3000", "rec.dat 16", "rec.hea joins several records; import one of them."),
        ("rec 2 300 3000", "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec 99999 300 3000", "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec " + "9" * 5000, "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec 1 nan 3000", "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec 1 1e9 3000", "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
        ("rec", "rec.dat 16", "rec.hea is no header of a WFDB record, or it is damaged."),
    ],
)
def test_a_header_that_cannot_be_followed_is_one_sentence(tmp_path: Path, first: str, line: str, sentence: str) -> None:
    assert refusal(a_record(tmp_path, first, line)) == sentence


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"from_seconds": 1.0}, "--from-seconds needs --seconds"),
        ({"seconds": 0.5}, "--seconds must be between 1 and 600"),
        ({"seconds": float("nan")}, "--seconds must be between 1 and 600"),
        ({"seconds": 601.0}, "--seconds must be between 1 and 600"),
        ({"seconds": 2.0, "from_seconds": -1.0}, "--from-seconds must be 0 or more"),
        ({"seconds": 2.0, "from_seconds": 1e300}, "--from-seconds must be 0 or more"),
        ({"seconds": 2.0, "from_seconds": 8.5}, "The record is 10 s long, so it has no such part."),
        ({"microvolts_per_step": 1.0}, "--microvolts-per-step means nothing for a WFDB header"),
    ],
)
def test_a_part_that_is_not_there_is_one_sentence(tmp_path: Path, choices: dict[str, float], words: str) -> None:
    assert words in refusal(a_record(tmp_path), **choices)


@pytest.mark.parametrize("stored", ["16", "212", "516"])
def test_a_file_that_ends_too_early_is_one_sentence(tmp_path: Path, stored: str) -> None:
    header = a_record(tmp_path, first="rec 1 300", line=f"rec.dat {stored} 1000(0)/mV")
    if stored == "516":
        buffer = io.BytesIO()
        soundfile.write(buffer, WAVE, 300, format="FLAC", subtype="PCM_16")
        (tmp_path / "rec.dat").write_bytes(buffer.getvalue())
    assert refusal(header, from_seconds=20.0, seconds=2.0) == "rec.dat ends before that part does."
    if stored == "516":
        (tmp_path / "rec.dat").write_bytes(b"fLaC" + bytes(50))
        assert refusal(header, seconds=2.0) == "rec.dat is damaged."


def test_a_format_that_is_not_cut_is_named(tmp_path: Path) -> None:
    header = a_record(tmp_path, line="rec.dat 80 1000(0)/mV")
    assert "is stored in format 80" in refusal(header, seconds=2.0)


def test_a_long_record_is_refused_before_its_upload_with_the_way_out(tmp_path: Path) -> None:
    header = a_record(tmp_path, first="rec 1 300 190000")
    (tmp_path / "rec.dat").write_bytes(np.resize(WAVE, 190_000).tobytes())
    assert refusal(header) == (
        "rec.hea is longer than a strip, which has at most 10 minutes and 8 megabytes;"
        " import a part of it with --from-seconds and --seconds."
    )
    archive = tmp_path / "rec.zip"
    archive.write_bytes(zipped(header))
    assert refusal(archive).endswith("unpack it, and import a part of its .hea file with --from-seconds and --seconds.")
    assert "means nothing for a .zip file" in refusal(archive, seconds=2.0)


def zipped(header: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in (header, header.with_suffix(".dat")):
            archive.write(path, path.name)
    return buffer.getvalue()
