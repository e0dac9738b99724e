"""Heart recordings of every accepted format, and whatever else strangers send."""

import io
import pickle
import traceback
import zipfile
from pathlib import Path

import numpy as np
import orjson
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.strip_formats import DecodedStrip, UnreadableStrip, decode_strip
from tests.adapters.strip_files import STEPS, WAVE, a_dicom, a_table, an_aecg, an_atc, an_edf
from tests.recordings import recording, wfdb

# The reference package uses what pandas is about to drop.
REFERENCE_WARNS = pytest.mark.filterwarnings("ignore:The inplace keyword")


def refusal_of(data: bytes) -> UnreadableStrip:
    with pytest.raises(UnreadableStrip) as caught:
        decode_strip(data)
    return caught.value


def a_json(**changes: object) -> bytes:
    return orjson.dumps({"sampleRateHertz": 300, "unit": "uV", "leads": {"I": WAVE.tolist()}} | changes)


def a_csv(details: str, *, comma: bool = False) -> bytes:
    lines = [f"{value:.3f}".replace(".", "," if comma else ".") for value in WAVE]
    return (details + "\n\n" + "\n".join(lines) + "\n").encode()


ENGLISH = (
    'Name,Ada Secret\nDate of Birth,"Jan 2, 1950"\nRecorded Date,2026-11-20 08:30:00 +0100\n'
    'Classification,Sinus Rhythm\nSymptoms,\nSoftware Version,1.90\nDevice,"Watch6,2"\n'
    "Sample Rate,513.625 hertz\n\n\nLead,Lead I\nUnit,µV"
)
GERMAN = (
    "\ufeffName;Ada Geheim\nGeburtsdatum;02.01.1950\nKlassifizierung;Sinusrhythmus\nSymptome;\n"
    'Abtastrate;"512,508 Hertz"\n\nAbleitung;Ableitung I\nEinheit;mV'
)


def an_archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def a_record(line: str, dat: bytes, first: str = "r 1 300 900") -> bytes:
    return an_archive({"r.hea": f"{first}\n{line}\n# <age>: 51\n".encode(), "r.dat": dat})


PLAIN_LINE = "r.dat 16 200/mV 16 0 0 0 0 I"


def a_flac(samples: int = 900, rate: int = 300) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.resize(WAVE, samples).astype(np.int16), rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


GOOD = {
    "json": a_json(),
    "csv": a_csv(ENGLISH),
    "german csv": a_csv(GERMAN, comma=True),
    "wfdb 16": a_record("r.dat 16 200/mV", WAVE.astype("<i2").tobytes()),
    "wfdb 212": a_record("r.dat 212 200/mV", bytes(range(256)) * 6),
    "wfdb 516": a_record("r.dat 516 200/mV", a_flac()),
    "flac": a_flac(),
    "atc": an_atc(leads=3),
    "edf": an_edf(),
    "bdf": an_edf(bdf=True),
    "aecg": an_aecg(),
    "dicom": a_dicom(),
    "dicom, implicit": a_dicom(explicit=False),
    "table": a_table("time_s,ecg_uv"),
}


def test_a_json_strip_is_read_in_each_unit() -> None:
    for unit, factor in (("uV", 1.0), ("µV", 1.0), ("mV", 1e3), ("V", 1e6)):
        strip = decode_strip(a_json(unit=unit, leads={"I": (WAVE / factor).tolist(), "avf": [0] * 900}))
        assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("JSON", 300.0, ["I", "aVF"])
        np.testing.assert_allclose(strip.leads["I"], WAVE, rtol=0, atol=1e-9)


def test_an_apple_export_is_read_exactly() -> None:
    strip = decode_strip(GOOD["csv"])
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("CSV", 513.625, ["I"])
    np.testing.assert_array_equal(strip.leads["I"], WAVE)


def test_a_localised_export_with_decimal_commas_is_read() -> None:
    strip = decode_strip(GOOD["german csv"])
    assert (strip.sample_rate_hertz, list(strip.leads)) == (512.508, ["I"])
    np.testing.assert_allclose(strip.leads["I"], WAVE * 1000, rtol=1e-12)


@pytest.mark.parametrize(
    ("written", "microvolts"),
    [
        ("\u22121,5", -1.5),
        ("-1.5", -1.5),
        ('"-1,5"', -1.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("\u0661\u066b\u0665", 1.5),
        ("-0.5e1", -5.0),
    ],
)
def test_numbers_are_read_as_phones_write_them(written: str, microvolts: float) -> None:
    strip = decode_strip((ENGLISH + "\r\n" + f"{written}\r\n" * 600).encode())
    assert set(strip.leads["I"]) == {microvolts}


def test_an_alivecor_file_is_read_exactly() -> None:
    strip = decode_strip(GOOD["atc"])
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("ATC", 300.0, ["I", "II", "III"])
    np.testing.assert_array_equal(strip.leads["II"], STEPS)


@pytest.mark.parametrize("kind", ["edf", "bdf"])
def test_an_edf_file_is_read_and_its_breath_left_out(kind: str) -> None:
    strip = decode_strip(GOOD[kind])
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("EDF", 300.0, ["I"])
    np.testing.assert_allclose(strip.leads["I"], STEPS, rtol=0, atol=0.6)
    unknown_length = decode_strip(an_edf(claimed=-1))
    np.testing.assert_array_equal(unknown_length.leads["I"], decode_strip(GOOD["edf"]).leads["I"])


def test_an_annotated_ecg_is_read_and_its_derived_beat_left_out() -> None:
    strip = decode_strip(GOOD["aecg"])
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("AECG", 500.0, ["I", "aVF"])
    np.testing.assert_array_equal(strip.leads["aVF"], 2.5 * STEPS)


@pytest.mark.parametrize("kind", ["dicom", "dicom, implicit"])
def test_a_dicom_waveform_is_read(kind: str) -> None:
    strip = decode_strip(GOOD[kind])
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("DICOM", 500.0, ["I", "II"])
    np.testing.assert_array_equal(strip.leads["I"], STEPS)
    np.testing.assert_array_equal(strip.leads["II"], -STEPS)


@pytest.mark.parametrize(
    ("table", "rate_hertz", "lead", "factor"),
    [
        (a_table("time_s,ecg_uv"), 300.0, "ECG", 1.0),
        (a_table("Time (s);Lead II (mV)", comma=True), 300.0, "II", 1e3),
        (a_table("seconds,I [µV]", rate_hertz=512.508), 512.508, "I", 1.0),
        (a_table("sample,value", above="# fs = 250 Hz\n# unit: mV\n"), 250.0, "Channel 1", 1e3),
        (a_table("index,V1", above="sample_rate_hz,500\nunit,uV\n"), 500.0, "V1", 1.0),
    ],
)
def test_a_plain_table_is_read(table: bytes, rate_hertz: float, lead: str, factor: float) -> None:
    strip = decode_strip(table)
    assert strip.format == "CSV"
    assert strip.sample_rate_hertz == pytest.approx(rate_hertz, abs=1e-3)
    np.testing.assert_allclose(strip.leads[lead], WAVE * factor, rtol=1e-12)


@pytest.mark.parametrize("kind", ["atc", "edf", "aecg", "dicom", "dicom, implicit"])
def test_no_name_passes_any_reader(kind: str) -> None:
    assert b"Ada" in GOOD[kind]
    assert "Ada" not in repr(decode_strip(GOOD[kind]))


def test_no_personal_detail_leaves_the_reader() -> None:
    broken = ENGLISH.replace("Unit,µV", "Unit,Ada Secret")
    caught = refusal_of(a_csv(broken))
    assert caught.code == "UNKNOWN_UNIT"
    told = "".join(traceback.format_exception(caught)) + repr(decode_strip(GOOD["csv"]))
    assert "Ada" not in told
    assert "Jan 2" not in told
    assert list(decode_strip(a_json(leads={"Ada Secret": [0] * 900})).leads) == ["Channel 1"]


@REFERENCE_WARNS
@pytest.mark.parametrize("name", ["114", "203"])
def test_format_212_equals_the_reference_reader(name: str, tmp_path: Path) -> None:
    source = recording("ecg", "mitdb_original", f"{name}.hea").with_suffix("")
    assert_equals_reference(source, tmp_path, "212", 200_000, 213_601)


@REFERENCE_WARNS
@pytest.mark.parametrize("name", ["101", "208", "230"])
def test_format_516_equals_the_reference_reader(name: str, tmp_path: Path) -> None:
    source = recording("ecg", "mitdb", f"{name}.hea").with_suffix("")
    assert_equals_reference(source, tmp_path, "516", 0, 216_000)


def assert_equals_reference(source: Path, folder: Path, stored_as: str, start: int, stop: int) -> None:
    """A part of a long recording, written and read back by the reference package, equals ours bit by bit."""
    whole = wfdb.rdrecord(str(source), physical=False, sampfrom=start, sampto=stop)
    wfdb.wrsamp(
        "part",
        fs=whole.fs,
        units=whole.units,
        sig_name=whole.sig_name,
        d_signal=whole.d_signal,
        fmt=[stored_as] * whole.n_sig,
        adc_gain=whole.adc_gain,
        baseline=whole.baseline,
        write_dir=str(folder),
    )
    strip = decode_strip(an_archive({path.name: path.read_bytes() for path in folder.iterdir()}))
    reference = wfdb.rdrecord(str(folder / "part"))
    assert (strip.format, strip.sample_rate_hertz, list(strip.leads)) == ("WFDB", 360.0, reference.sig_name)
    for column, samples in enumerate(strip.leads.values()):
        np.testing.assert_array_equal(samples, reference.p_signal[:, column] * 1000)


def test_published_records_equal_the_reference_reader() -> None:
    folder = recording("ecg", "ludb_lead_i")
    for name in ("1", "10", "101"):
        files = {f"some/folder/{path.name}": path.read_bytes() for path in folder.glob(f"{name}.*")}
        strip = decode_strip(an_archive(files))
        reference = wfdb.rdrecord(str(folder / name))
        assert list(strip.leads) == ["I"]
        np.testing.assert_array_equal(strip.leads["I"], reference.p_signal[:, 0] * 1000)


def test_half_an_hour_cannot_pass_as_a_strip() -> None:
    whole = recording("ecg", "mitdb", "101.hea")
    files = {path.name: path.read_bytes() for path in whole.parent.glob("101.*")}
    assert refusal_of(an_archive(files)).code == "TOO_LONG"


def test_a_lost_sample_is_seen_by_the_checksum() -> None:
    whole = WAVE.astype("<i2")
    line = f"r.dat 16 200/mV 16 0 0 {int(whole.sum(dtype=np.int64)) % 65536} 0 I"
    assert list(decode_strip(a_record(line, whole.tobytes())).leads) == ["I"]
    assert refusal_of(a_record(line, whole[::-1].tobytes()[:-2] + b"\x07\x00")).code == "DAMAGED"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY"),
        (b"\xef\xbb\xbf \n", "EMPTY"),
        (b"x" * (8 * 1024 * 1024 + 1), "TOO_LARGE"),
        (b"%PDF-1.7\x00\n", "UNKNOWN_FORMAT"),
        (b"\x89PNG\r\n\x1a\n\x00", "UNKNOWN_FORMAT"),
        (b"hello\nworld\n", "NO_SIGNAL"),
        (b"\xff\xfe\n1\n", "DAMAGED"),
        (b"{", "DAMAGED"),
        (b"{" * 100_000, "DAMAGED"),
        (b'{"leads":' * 5000, "DAMAGED"),
        (a_json(sampleRateHertz=None), "NO_SAMPLE_RATE"),
        (a_json(sampleRateHertz=True), "NO_SAMPLE_RATE"),
        (a_json(sampleRateHertz=49.9), "SAMPLE_RATE_OUT_OF_RANGE"),
        (a_json(sampleRateHertz=1e300), "SAMPLE_RATE_OUT_OF_RANGE"),
        (a_json(unit="mmHg"), "UNKNOWN_UNIT"),
        (a_json(unit=5), "UNKNOWN_UNIT"),
        (a_json(leads=[]), "NO_SIGNAL"),
        (a_json(leads={}), "NO_SIGNAL"),
        (a_json(leads={"I": [True] * 900}), "DAMAGED"),
        (a_json(leads={"I": [[1]] * 900}), "DAMAGED"),
        (a_json(leads={"I": [0] * 900, "II": [0] * 899}), "UNEQUAL_LEADS"),
        (a_json(leads={"I": [0] * 299}), "TOO_SHORT"),
        (a_json(leads={"I": [0] * 180_001}), "TOO_LONG"),
        (a_json(leads={str(lead): [0] * 900 for lead in range(17)}), "TOO_MANY_LEADS"),
        (a_json(leads={"I": [2e6] * 900}), "AMPLITUDE_OUT_OF_RANGE"),
        (a_json().replace(b"0.0,", b"1e999,", 1), "DAMAGED"),
        (a_csv(ENGLISH) + b"nan\n", "MISSING_SAMPLES"),
        (a_csv(ENGLISH) + b"Ada\n", "DAMAGED"),
        (a_csv(ENGLISH.replace("Sample Rate", "x").replace("hertz", "apples")), "NO_SAMPLE_RATE"),
        (b"1\n" * 2_000_000, "TOO_LONG"),
        (an_archive({"a.txt": b""}), "INCOMPLETE_ARCHIVE"),
        (an_archive({"a.hea": b"", "b.hea": b""}), "INCOMPLETE_ARCHIVE"),
        (an_archive({"r.hea": f"r 1 300 900\n{PLAIN_LINE}".encode()}), "INCOMPLETE_ARCHIVE"),
        (an_archive({f"{number}.hea": b"" for number in range(17)}), "ARCHIVE_REFUSED"),
        (a_record(PLAIN_LINE, bytes(33 * 1024 * 1024)), "ARCHIVE_REFUSED"),
        (a_record(PLAIN_LINE, bytes(20 * 1024 * 1024)), "ARCHIVE_REFUSED"),
        (a_record(PLAIN_LINE, bytes(1799)), "DAMAGED"),
        (a_record("r.dat 16 200/mmHg", bytes(1800)), "UNKNOWN_UNIT"),
        (an_atc()[:-3], "DAMAGED"),
        (an_atc()[:-200] + b"\x01" + an_atc()[-199:], "DAMAGED"),
        (an_atc(leads=0), "NO_SIGNAL"),
        (an_atc(nanovolts=0), "DAMAGED"),
        (an_atc(rate_hertz=0), "NO_SAMPLE_RATE"),
        (an_edf()[:-5], "DAMAGED"),
        (an_edf()[:200], "DAMAGED"),
        (an_edf(claimed=10**7), "DAMAGED"),
        (an_edf(seconds=1000), "TOO_LONG"),
        (an_edf(seconds=0), "NO_SAMPLE_RATE"),
        (an_edf(unit="degC"), "UNKNOWN_UNIT"),
        (an_edf(reserved="EDF+D"), "MISSING_SAMPLES"),
        (an_edf().replace(b"32767   ", b"-32768  ", 1), "NOT_CALIBRATED"),
        (an_edf()[:252] + b"9999" + an_edf()[256:], "TOO_MANY_LEADS"),
        (an_aecg()[:-400], "DAMAGED"),
        (an_aecg(unit="mmHg"), "UNKNOWN_UNIT"),
        (an_aecg(increment="0"), "NO_SAMPLE_RATE"),
        (an_aecg(digits="1 2 x 4"), "DAMAGED"),
        (an_aecg(digits="1e999 " * 900), "MISSING_SAMPLES"),
        (an_aecg(scale="1" * 12), "AMPLITUDE_OUT_OF_RANGE"),
        (an_aecg(head='<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'), "XML_REFUSED"),
        (an_aecg(head='<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "XML_REFUSED"),
        (b"<html><body>ECG</body></html>", "UNKNOWN_FORMAT"),
        (b"<AnnotatedECG>" + b"<a>" * 5000, "DAMAGED"),
        (b"<AnnotatedECG/>", "NO_SIGNAL"),
        (a_dicom()[:-1000], "DAMAGED"),
        (a_dicom(unit=b"mm[Hg]"), "UNKNOWN_UNIT"),
        (a_dicom(samples=2**31), "TOO_LONG"),
        (a_dicom(samples=901), "DAMAGED"),
        (a_dicom(bits=8), "DAMAGED"),
        (a_dicom(syntax=b"1.2.840.10008.1.2.4.50"), "UNSUPPORTED_RECORD"),
        (bytes(128) + b"DICM", "UNSUPPORTED_RECORD"),
        (a_table("time_s,ecg"), "UNKNOWN_UNIT"),
        (a_table("sample,ecg_uv"), "NO_SAMPLE_RATE"),
        (a_table("time_s,ecg_uv") + b"3.2,nan\n", "MISSING_SAMPLES"),
        (a_table("time_s,ecg_uv") + b"7.0,1\n", "MISSING_SAMPLES"),
        (a_table("time_s,ecg_uv") + b"Ada\n", "DAMAGED"),
        (a_record("r.dat 16 0/mV", bytes(1800)), "NOT_CALIBRATED"),
        (a_record("r.dat 16", bytes(1800)), "NOT_CALIBRATED"),
        (a_record("r.dat 80 200/mV", bytes(1800)), "UNSUPPORTED_RECORD"),
        (a_record("r.dat 16x4 200/mV", bytes(1800)), "UNSUPPORTED_RECORD"),
        (a_record("../r.dat 16 200/mV", bytes(1800)), "DAMAGED"),
        (a_record("r.dat 16 200/mV", b"\x00\x80" * 900), "MISSING_SAMPLES"),
        (a_record("r.dat 516 200/mV", bytes(1800)), "DAMAGED"),
        (a_record("r.dat 516 200/mV", a_flac()[:-90]), "DAMAGED"),
        (a_record("r.dat 516 200/mV", a_flac(5_000_000)), "TOO_LONG"),
        (a_record(PLAIN_LINE, bytes(1800), "r 1 300 999999999999"), "TOO_LONG"),
        (a_record(PLAIN_LINE, bytes(1800), "r 9999 300 900"), "TOO_MANY_LEADS"),
        (a_record(PLAIN_LINE, bytes(1800), "r/3 1 300 900"), "UNSUPPORTED_RECORD"),
        (a_record(PLAIN_LINE, bytes(1800), "r 0 300 900"), "DAMAGED"),
        (a_record(PLAIN_LINE, bytes(1800), "r 2 300 900"), "DAMAGED"),
        (a_record(PLAIN_LINE, bytes(1800), "r 1 0 900"), "SAMPLE_RATE_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_used_is_refused_by_a_code(data: bytes, code: str) -> None:
    caught = refusal_of(data)
    assert caught.code == code
    assert str(caught)[-1] == "."


def test_a_locked_archive_is_refused() -> None:
    locked = bytearray(GOOD["wfdb 16"])
    for at in (6, locked.index(b"PK\x01\x02") + 8):  # the flags of the first member, in both places
        locked[at] |= 1
    assert refusal_of(bytes(locked)).code == "ENCRYPTED"


def test_a_refusal_survives_the_way_between_processes() -> None:
    caught = pickle.loads(pickle.dumps(refusal_of(b"")))  # noqa: S301 - our own bytes
    assert (caught.code, str(caught)) == ("EMPTY", "The file is empty. Please export the recording again.")


def strip_or_refusal(data: bytes) -> None:
    try:
        strip = decode_strip(data)
    except UnreadableStrip:
        return
    assert isinstance(strip, DecodedStrip)
    assert {samples.dtype for samples in strip.leads.values()} == {np.dtype(np.float64)}
    assert all(np.isfinite(samples).all() for samples in strip.leads.values())


@pytest.mark.parametrize("kind", GOOD)
def test_a_cut_file_is_a_strip_or_a_refusal(kind: str) -> None:
    data = GOOD[kind]
    decode_strip(data)
    for length in {*range(0, len(data), max(1, len(data) // 60)), *range(min(80, len(data)))}:
        strip_or_refusal(data[:length])


MUTATION = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=0, max_size=4), st.integers(0, 4)), max_size=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(GOOD)), mutation=MUTATION)
def test_a_mangled_file_is_a_strip_or_a_refusal(kind: str, mutation: list[tuple[float, bytes, int]]) -> None:
    data = GOOD[kind]
    for where, inserted, removed in mutation:
        at = int(where * len(data))
        data = data[:at] + inserted + data[at + removed :]
    strip_or_refusal(data)


@settings(max_examples=200, deadline=None)
@given(header=st.text(max_size=200), dat=st.binary(max_size=400), stored_as=st.sampled_from(["16", "212", "516"]))
def test_a_mangled_record_is_a_strip_or_a_refusal(header: str, dat: bytes, stored_as: str) -> None:
    strip_or_refusal(an_archive({"r.hea": header.encode(), "r.dat": dat}))
    strip_or_refusal(a_record(f"r.dat {stored_as} 200/mV {header}", dat, first="r 1 50"))


@settings(max_examples=200, deadline=None)
@given(start=st.sampled_from([b"", b"PK\x03\x04", b"{", b"a,300 hertz\nb,mV\n", b"\xef\xbb\xbf"]), rest=st.binary())
def test_any_bytes_are_a_strip_or_a_refusal(start: bytes, rest: bytes) -> None:
    strip_or_refusal(start + rest)
