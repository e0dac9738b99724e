"""What is kept of an upload: its recording to the last bit, and nothing of the person, whatever the format."""

import io
import struct
import zipfile

import numpy as np
import orjson
import pytest
import soundfile

from adapters.strip_formats import decode_strip
from adapters.strip_privacy import without_personal_lines
from tests.adapters.test_strip_formats import ENGLISH, GERMAN, a_csv, a_flac, an_archive

WAVE = np.round(1000 * np.sin(np.arange(900) / 20), 3)
STEPS = np.round(WAVE).astype("<i2")
SECRETS = ("Geheim", "Secret", "1950", "Somewhere", "unlisted", "Bloggs")


def an_edf() -> bytes:
    """One signal of 300 Hz in three records of a second, with a name and a date of birth."""
    head = b"0".ljust(8) + b"MCH-02 F 02-MAY-1950 Ada_Secret".ljust(80) + b"Startdate 20-NOV-2026 Bloggs".ljust(80)
    head += b"20.11.2608.30.00" + b"512".ljust(8) + b"".ljust(44) + b"3".ljust(8) + b"1".ljust(8) + b"1".ljust(4)
    limits = [("-32768", 8), ("32767", 8)]
    fields = [("ECG I", 16), ("", 80), ("uV", 8), *limits, *limits, ("", 80), ("300", 8), ("", 32)]
    return head + b"".join(text.encode().ljust(width) for text, width in fields) + STEPS.tobytes()


def an_edf_plus() -> bytes:
    """The same in EDF+: a technician wrote into the events, the transducer's field and the name of another signal."""
    head = b"0".ljust(8) + b"MCH-02 F 02-MAY-1950 Ada_Secret".ljust(80) + b"Startdate 20-NOV-2026 Bloggs".ljust(80)
    head += b"20.11.2608.30.00" + b"1024".ljust(8) + b"EDF+C".ljust(44) + b"3".ljust(8) + b"1".ljust(8) + b"3".ljust(4)
    columns = [
        (16, ["ECG I", "Ada Secret", "EDF Annotations"]),
        (80, ["lent by Bloggs", "", ""]),
        (8, ["uV", "degC", ""]),
        *((8, [limit] * 3) for limit in ("-32768", "32767", "-32768", "32767")),
        (80, ["", "unlisted", ""]),
        (8, ["300", "1", "40"]),
        (32, ["", "", "Somewhere"]),
    ]
    head += b"".join(text.encode().ljust(width) for width, texts in columns for text in texts)
    records = []
    for number in range(3):
        events = b"+%d\x14\x14\x00+%d.5\x14Ada Secret sat up\x14\x00" % (number, number)
        records.append(STEPS[300 * number : 300 * number + 300].tobytes() + b"\0\0" + events.ljust(80, b"\0"))
    return head + b"".join(records) + b"Bloggs"


def a_flac_with_tags() -> bytes:
    """A bare FLAC file of one channel that says whose heart it is."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 300, 1, "PCM_16", format="FLAC") as sound:
        sound.title, sound.artist = "Ada Secret", "Bloggs"
        sound.write(STEPS.astype(np.int16))
    return file.getvalue()


def an_atc() -> bytes:
    """An AliveCor file whose info block tells the person and the place."""

    def block(tag: bytes, content: bytes) -> bytes:
        whole = tag + struct.pack("<I", len(content)) + content
        return whole + struct.pack("<I", sum(whole) % 2**32)

    return (
        b"ALIVE\0\0\0"
        + struct.pack("<I", 2)
        + block(b"info", b"2026-11-20T08:30:00 Ada Secret Somewhere 1950")
        + block(b"fmt ", struct.pack("<BHHBH", 1, 300, 500, 0, 0))
        + block(b"ecg ", STEPS.tobytes())
    )


def an_aecg() -> bytes:
    """An annotated ECG of one lead with a subject and a comment."""
    digits = " ".join(str(step) for step in STEPS)
    return f"""<?xml version="1.0" encoding="UTF-8"?><!-- Ada Secret --><AnnotatedECG xmlns="urn:hl7-org:v3">
<id root="1.2.3" extension="1950-0001"/><componentOf><timepointEvent><componentOf><subjectAssignment><subject>
<trialSubject><subjectDemographicPerson><name>Ada Secret</name><birthTime value="19500102"/></subjectDemographicPerson>
</trialSubject></subject></subjectAssignment></componentOf></timepointEvent></componentOf>
<component><series><author><name>Bloggs</name></author><component><sequenceSet>
<component><sequence><code code="TIME_RELATIVE"/><value><head value="0" unit="s"/><increment value="0.004" unit="s"/>
</value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_I"/><value><origin value="0" unit="uV"/><scale value="1" unit="uV"/>
<digits>{digits}</digits></value></sequence></component></sequenceSet></component></series></component>
</AnnotatedECG>""".encode()


def a_dicom() -> bytes:
    """A waveform of one channel behind a patient's name and date of birth, explicit little endian."""

    def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
        value += b" " * (len(value) % 2)
        head = struct.pack("<HH", group, number) + kind
        long = kind in {b"SQ", b"OW"}
        return head + (struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))) + value

    def item(content: bytes) -> bytes:
        return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content

    syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    unit = element(0x3A, 0x211, b"SQ", item(element(8, 0x100, b"SH", b"uV")))
    source = element(0x3A, 0x208, b"SQ", item(element(8, 0x104, b"LO", b"Lead I")))
    channel = source + element(0x3A, 0x210, b"DS", b"1") + unit
    waveform = (
        element(0x3A, 5, b"US", struct.pack("<H", 1))
        + element(0x3A, 0x10, b"UL", struct.pack("<I", len(STEPS)))
        + element(0x3A, 0x1A, b"DS", b"300")
        + element(0x3A, 0x200, b"SQ", item(channel))
        + element(0x5400, 0x1004, b"US", struct.pack("<H", 16))
        + element(0x5400, 0x1006, b"CS", b"SS")
        + element(0x5400, 0x1010, b"OW", STEPS.tobytes())
    )
    person = element(0x10, 0x10, b"PN", b"Secret^Ada") + element(0x10, 0x30, b"DA", b"19500102")
    return (
        b"Secret".ljust(128, b"\0")
        + b"DICM"
        + element(2, 0, b"UL", struct.pack("<I", len(syntax)))
        + syntax
        + element(8, 0x80, b"LO", b"Somewhere")
        + person
        + element(0x5400, 0x100, b"SQ", item(waveform))
    )


UPLOADS = {
    "json with more": orjson.dumps(
        {"name": "Ada Secret", "sampleRateHertz": 300, "unit": "uV", "leads": {"Ada Secret": WAVE.tolist()}}
    ),
    "apple": a_csv(ENGLISH),
    "apple in german": a_csv(GERMAN, comma=True),
    "table": b"patient: Ada Secret\n# born 1950\nunit: uV, rate: 300 Hz\ntime_s,lead I\n"
    + b"".join(b"%.6f,%.3f\n" % (index / 300, value) for index, value in enumerate(WAVE)),
    "wfdb": an_archive(
        {
            "r.hea": b"r 1 300 900\nr.dat 516 200/mV\n# Ada Secret, born 1950\n",
            "r.dat": a_flac(),
            "notes.txt": b"Ada Secret",
        }
    ),
    "edf": an_edf(),
    "edf plus": an_edf_plus(),
    "flac": a_flac_with_tags(),
    "alivecor": an_atc(),
    "aecg": an_aecg(),
    "dicom": a_dicom(),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_names_and_dates_of_birth_go_and_the_recording_stays(name: str) -> None:
    sent = UPLOADS[name]
    strip = decode_strip(sent)
    kept = without_personal_lines(sent, strip)
    again = decode_strip(kept)
    assert again.format == strip.format
    assert (again.sample_rate_hertz, list(again.leads)) == (strip.sample_rate_hertz, list(strip.leads))
    assert all((again.leads[lead] == samples).all() for lead, samples in strip.leads.items())
    shown = kept
    if zipfile.is_zipfile(io.BytesIO(kept)):
        with zipfile.ZipFile(io.BytesIO(kept)) as archive:
            shown = b"".join(one.encode() + archive.read(one) for one in archive.namelist())
    assert [secret for secret in SECRETS if secret.encode() in shown] == []
    # What was cut already has nothing more to lose.
    assert without_personal_lines(kept, again) == kept


def test_the_events_of_an_edf_plus_file_go_and_the_beginnings_of_its_records_stay() -> None:
    sent = an_edf_plus()
    assert b"Ada Secret sat up" in sent
    kept = without_personal_lines(sent, decode_strip(sent))
    assert kept.endswith(b"+2\x14\x14\x00".ljust(80, b"\0"))
    assert len(kept) == len(sent) - len(b"Bloggs")


PLAIN = {
    "json": orjson.dumps({"sampleRateHertz": 300, "unit": "uV", "leads": {"I": WAVE.tolist()}}),
    "apple": a_csv("Sample Rate,300 hertz\n\nLead,Lead I\nUnit,µV"),
    "wfdb": an_archive({"r.hea": b"r 1 300 900\nr.dat 516 200/mV\n", "r.dat": a_flac()}),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_upload_stays_to_the_last_byte(name: str) -> None:
    assert without_personal_lines(PLAIN[name], decode_strip(PLAIN[name])) == PLAIN[name]


def test_what_cannot_be_cut_is_kept_as_its_voltages_alone() -> None:
    sent = a_dicom()
    # Without the length of its first group nobody knows where the person begins.
    length = struct.pack("<HH", 2, 0) + b"UL" + struct.pack("<H", 4)
    at = sent.index(length)
    shortened = sent[:at] + sent[at + 12 :]
    strip = decode_strip(shortened)
    kept = without_personal_lines(shortened, strip)
    assert b"Secret" not in kept
    assert decode_strip(kept).leads["I"].tolist() == strip.leads["I"].tolist()
