"""What each format is known to get wrong, and what a stranger could put into it."""

import json
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.vital_formats import recognise
from adapters.vital_formats.apple_health import AppleHealth
from adapters.vital_formats.cuff import ForwardedCuff, forwarded_readings
from adapters.vital_formats.fhir_r4 import FhirR4, observation_reading
from adapters.vital_formats.format import Found, NotRead, Outcome, Refused, Unusable, VitalFormat
from adapters.vital_formats.health_connect import HealthConnect
from adapters.vital_formats.omron import Omron
from adapters.vital_formats.withings import WithingsApi
from domain.kinds import Arm, BodyPosition, ReadingSource, VitalKind
from domain.new_readings import NewReading

ROME = ZoneInfo("Europe/Rome")


def told(format_: VitalFormat, data: bytes | object) -> list[Outcome]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return list(format_.read(BytesIO(raw), ROME))


def readings(format_: VitalFormat, data: bytes | object) -> list[NewReading]:
    return [one.reading for one in told(format_, data) if isinstance(one, Found)]


def codes(format_: VitalFormat, data: bytes | object) -> list[str]:
    return [one.code for one in told(format_, data) if isinstance(one, Refused)]


def record(name: str, value: str, unit: str, at: str = "2026-01-31 07:30:00 +0100", **more: str) -> str:
    extra = "".join(f' {key}="{text}"' for key, text in more.items())
    return f'<Record type="HKQuantityTypeIdentifier{name}" unit="{unit}" startDate="{at}" value="{value}"{extra}/>'


def apple(*records: str) -> bytes:
    return f"<HealthData>{''.join(records)}</HealthData>".encode()


def test_apple_names_the_device_and_never_the_person_whose_it_is() -> None:
    (one,) = readings(AppleHealth(), apple(record("HeartRate", "64", "count/min", sourceName="Watch of Ada")))
    assert one.device == "Apple Health"


def test_apple_pairs_pressures_of_one_moment_and_source_only() -> None:
    data = apple(
        record("BloodPressureSystolic", "128", "mmHg", sourceName="a"),
        record("BloodPressureSystolic", "140", "mmHg", sourceName="b"),
        record("BloodPressureDiastolic", "90", "mmHg", sourceName="b"),
        record("BloodPressureDiastolic", "82", "mmHg", at="2026-01-31 07:31:00 +0100", sourceName="a"),
    )
    assert [one.values for one in readings(AppleHealth(), data)] == [{"systolic": 140.0, "diastolic": 90.0}]
    assert codes(AppleHealth(), data) == ["UNPAIRED", "UNPAIRED"]


def test_apple_counts_sleep_that_is_told_twice_once() -> None:
    kind = 'type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="w"'
    asleep = 'value="HKCategoryValueSleepAnalysisAsleepUnspecified"'
    nights = [("30 23:00", "31 05:00"), ("31 01:00", "31 02:00"), ("31 05:30", "31 06:00"), ("31 14:00", "31 14:30")]
    data = apple(
        *(
            f'<Record {kind} {asleep} startDate="2026-01-{a}:00 +0100" endDate="2026-01-{b}:00 +0100"/>'
            for a, b in nights
        )
    )
    assert [one.values["value"] for one in readings(AppleHealth(), data)] == [390, 30]


@pytest.mark.parametrize("value", ["NaN", "inf", "-1e99", "1_0", "", "٣", "1000000000"])
def test_apple_values_that_are_no_numbers_are_refused(value: str) -> None:
    assert codes(AppleHealth(), apple(record("HeartRate", value, "count/min"))) == ["NOT_A_NUMBER"]


def archive(**members: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr("apple_health_export/" + name.replace("__", "."), data)
    return buffer.getvalue()


def test_an_apple_archive_is_read_in_any_language_and_without_the_clinical_document() -> None:
    data = archive(
        exporter_cda__xml=b"<ClinicalDocument/>" + b" " * 10_000,
        exporter__xml=apple(record("BodyMass", "72.5", "kg")),
    )
    assert isinstance(recognise(data), AppleHealth)
    assert [one.values for one in readings(AppleHealth(), data)] == [{"value": 72.5}]
    assert codes(AppleHealth(), data[: len(data) // 2]) == ["DAMAGED"]
    assert codes(AppleHealth(), archive(readme__txt=b"")) == ["DAMAGED"]


BOMB = b'<!DOCTYPE HealthData [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><HealthData>&b;</HealthData>'


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE HealthData [<!ENTITY x SYSTEM "file:///etc/passwd">]><HealthData>&x;</HealthData>',
        b"<HealthData>" + b"<a>" * 100_000,
        b"<HealthData><Record " + b"x" * 3_000_000,
        b"<HealthData>" + b"".join(b"<a%d/>" % one for one in range(60_000)) + b"</HealthData>",
    ],
    ids=["entities", "a file of ours", "too deep", "a tag without end", "names without end"],
)
def test_a_hostile_export_ends_in_one_refusal(data: bytes) -> None:
    assert codes(AppleHealth(), data) == ["DAMAGED"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"records": [' + b'{"a":' * 100_000, "DAMAGED"),
        (b'{"records": [{"a": "' + b"x" * 3_000_000, "TOO_LONG"),
        (b'{"records": [{"recordType": NaN}]}', "NOT_JSON"),
        (b'{"records": [}', "DAMAGED"),
        (b'{"records": [{"recordType": "WeightRecord"', "DAMAGED"),
        (b"", "DAMAGED"),
    ],
)
def test_hostile_json_ends_in_one_refusal(data: bytes, code: str) -> None:
    assert codes(HealthConnect(), data) == [code]


def test_brackets_and_marks_in_texts_are_no_structure() -> None:
    weight = {"recordType": "WeightRecord", "time": "2026-01-31T06:20:00Z", "weight": 72.5, "note": '}]{"\\'}
    data = {"who": 'records": [{', "records": [weight, weight | {"weight": 73}]}
    assert [one.values["value"] for one in readings(HealthConnect(), data)] == [72.5, 73]
    # Whatever the parts are in which the file arrives.
    for size in (1, 7, 64):
        stream = BytesIO(json.dumps(data).encode())
        parts = type("Parts", (), {"read": staticmethod(lambda _count, stream=stream, size=size: stream.read(size))})()
        found = [one.reading for one in HealthConnect().read(parts, ROME) if isinstance(one, Found)]
        assert [one.values["value"] for one in found] == [72.5, 73]


def test_health_connect_says_how_a_pressure_was_taken() -> None:
    pressure = {
        "recordType": "BloodPressureRecord", "time": "2026-07-01T05:00:00Z", "zoneOffset": 7200,
        "systolic": {"value": 128, "unit": "millimetersOfMercury"}, "diastolic": 82,
        "bodyPosition": "LYING_DOWN", "measurementLocation": "RIGHT_WRIST",
    }  # fmt: skip
    (one,) = readings(HealthConnect(), {"records": [pressure]})
    assert (one.values, one.arm, one.body_position) == (
        {"systolic": 128.0, "diastolic": 82.0}, Arm.RIGHT, BodyPosition.LYING,
    )  # fmt: skip
    assert one.measured_at.isoformat() == "2026-07-01T07:00:00+02:00"
    strange: dict[str, object] = {"bodyPosition": [2], "measurementLocation": {"a": 1}, "metadata": 7}
    (other,) = readings(HealthConnect(), {"records": [pressure | strange]})
    assert (other.arm, other.body_position) == (None, None)


def group(**more: Any) -> dict[str, Any]:
    measures = [{"value": 72500, "type": 1, "unit": -3}]
    return {"grpid": 1, "attrib": 0, "date": 1769840400, "category": 1, "measures": measures} | more


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"measures": [{"value": 7, "type": 1, "unit": 10**9}]}, "NOT_A_NUMBER"),
        ({"measures": [{"value": 10**30, "type": 1, "unit": 0}]}, "NOT_A_NUMBER"),
        ({"measures": [{"value": True, "type": 1, "unit": 0}]}, "NOT_A_NUMBER"),
        ({"measures": [{"value": 128, "type": 10, "unit": 0}]}, "UNPAIRED"),
        ({"measures": 7}, "NO_VALUE"),
        ({"date": 10**18}, "NOT_A_TIME"),
        ({"date": "now"}, "NOT_A_TIME"),
    ],
)
def test_withings_groups_that_tell_nothing_are_refused(more: dict[str, Any], code: str) -> None:
    assert codes(WithingsApi(), {"body": {"measuregrps": [group(**more)]}}) == [code]


def test_withings_keeps_the_zone_of_the_journey() -> None:
    data = {"body": {"measuregrps": [group(timezone="America/New_York"), group(timezone="../etc/passwd")]}}
    home = datetime(2026, 1, 31, 6, 20, tzinfo=UTC)
    there, here = readings(WithingsApi(), data)
    assert (there.measured_at, here.measured_at) == (home, home)
    assert [one.measured_at.isoformat()[-6:] for one in (there, here)] == ["-05:00", "+01:00"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jan 12 2025", "2025-01-12"),
        ("12 janv. 2025", "2025-01-12"),
        ("3 Juin 2025", "2025-06-03"),
        ("3 Juil. 2025", "2025-07-03"),
        ("2025/1/2", "2025-01-02"),
        ("1.2.2025", "2025-02-01"),
        ("13/2/2025", "2025-02-13"),
        ("2/13/2025", "2025-02-13"),
        ("2/2/2025", "2025-02-02"),
        ("2/3/2025", None),
        ("Foo 12 2025", None),
        ("31.02.2025", None),
    ],
)
def test_omron_days_are_told_in_many_ways_and_never_guessed(text: str, day: str | None) -> None:
    table = f"Date,Time,Systolic (mmHg),Diastolic (mmHg),Pulse (bpm)\n{text},12:00 am,128,82,64\n"
    found = [one.measured_at.isoformat() for one in readings(Omron(), table.encode())]
    assert found == ([f"{day}T00:00:00{found[0][-6:]}"] if day else [])


def test_omron_without_a_column_for_the_hour_has_it_in_the_date() -> None:
    table = "Measurement Date,SYS(mmHg),DIA(mmHg),Pulse(bpm)\n2025/01/12 21:15,128,82,64\n"
    (one,) = readings(Omron(), table.encode())
    assert one.measured_at.isoformat() == "2025-01-12T21:15:00+01:00"


def observation(code: str = "29463-7", **more: Any) -> dict[str, Any]:
    quantity = {"value": 72.5, "system": "http://unitsofmeasure.org", "code": "kg"}
    return {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-01-31T06:20:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity,
    } | more  # fmt: skip


def test_one_observation_is_one_reading_from_the_api_and_from_a_file() -> None:
    one = observation_reading(observation(), ROME)
    assert readings(FhirR4(), observation()) == [one]
    assert one is not None
    assert (one.kind, one.values, one.unit) == (VitalKind.WEIGHT, {"value": 72.5}, "kg")
    assert observation_reading(observation("8302-2"), ROME) is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"status": "entered-in-error"}, "NOT_VALID"),
        ({"status": ["final"]}, "NOT_VALID"),
        ({"valueQuantity": {"value": 72.5}}, "UNKNOWN_UNIT"),
        ({"valueQuantity": {"value": 72.5, "comparator": "<", "code": "kg"}}, "NOT_A_NUMBER"),
        ({"valueQuantity": {"value": "NaN", "unit": "kg"}}, "NOT_A_NUMBER"),
        ({"valueQuantity": None}, "NO_VALUE"),
        ({"effectiveDateTime": "2026-01"}, "NOT_A_TIME"),
        ({"effectiveDateTime": None}, "NOT_A_TIME"),
    ],
)
def test_an_observation_that_is_no_measurement_is_refused(more: dict[str, Any], code: str) -> None:
    with pytest.raises(Unusable) as refused:
        observation_reading(observation(**more), ROME)
    assert refused.value.code == code


def payload(value: str, characteristic: str = "2A35") -> dict[str, object]:
    return {"characteristic": characteristic, "value": value, "receivedAt": "2026-01-31T06:31:00Z", "device": "Cuff"}


def test_a_cuff_tells_irregular_beats_and_is_a_device() -> None:
    found = forwarded_readings(payload("14800052 00ff07 4000 0400"), ROME)
    assert found is not None
    (one,) = found
    assert one.values == {"systolic": 128.0, "diastolic": 82.0, "pulse": 64.0}
    assert (one.is_irregular, one.source) == (True, ReadingSource.DEVICE)
    regular = forwarded_readings(payload("14800052 00ff07 4000 0100"), ROME)
    assert regular is not None
    assert regular[0].is_irregular is False


def test_a_clock_that_was_never_set_leaves_the_moment_of_arrival() -> None:
    found = forwarded_readings(payload("02800052 00ff07 00000000000000"), ROME)
    assert found is not None
    assert found[0].measured_at == datetime(2026, 1, 31, 6, 31, tzinfo=UTC)


@pytest.mark.parametrize("word", ["ff07", "0008", "0108", "fe07", "0208"])
def test_words_that_are_no_numbers_are_refused(word: str) -> None:
    with pytest.raises(Unusable, match="no number"):
        forwarded_readings(payload(f"00{word}5200ff07"), ROME)


@pytest.mark.parametrize("value", ["", "0", "zz", "00" * 65, "008000"])
def test_payloads_that_are_none_are_refused(value: str) -> None:
    with pytest.raises(Unusable):
        forwarded_readings(payload(value), ROME)


def test_a_scale_in_pounds_and_one_that_failed() -> None:
    found = forwarded_readings(payload("01803e", "0x2a9d"), ROME)
    assert found is not None
    assert (found[0].values, found[0].unit) == ({"value": 160.0}, "[lb_av]")
    with pytest.raises(Unusable):
        forwarded_readings(payload("00ffff", "2A9D"), ROME)


def test_payloads_come_one_after_the_other_too() -> None:
    lines = b"\n".join(json.dumps(payload("00800052 00ff07")).encode() for _ in range(3))
    assert len(readings(ForwardedCuff(), lines)) == 3
    assert told(ForwardedCuff(), payload("64", "2A19")) == [NotRead("2A19")]
