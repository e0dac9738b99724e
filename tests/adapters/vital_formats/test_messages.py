"""The API form of a format says what its file form says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest

from adapters.vital_formats.cuff import ForwardedCuff
from adapters.vital_formats.fhir_message import bundle_message, observation_message, parse_observations
from adapters.vital_formats.fhir_r4 import FhirR4
from adapters.vital_formats.format import Found, Refused, Unusable, VitalFormat
from adapters.vital_formats.gateway_message import gateway_message, parse_payloads
from adapters.vital_formats.message import Parsed, patient_named

ROME = ZoneInfo("Europe/Rome")
EXAMPLES = Path(__file__).parents[2] / "examples" / "vitals"
ADA = UUID("01a2118d-9f15-770a-9efd-424ad675b50c")


def of_file(name: str, format_: VitalFormat) -> tuple[list[Found], list[tuple[int, str]]]:
    with (EXAMPLES / name).open("rb") as file:
        outcomes = [*format_.read(file, ROME)]
    refused = [(one.place, one.code) for one in outcomes if isinstance(one, Refused)]
    return [one for one in outcomes if isinstance(one, Found)], refused


def entries_of(name: str) -> list[Any]:
    sent = orjson.loads((EXAMPLES / name).read_bytes())
    return [*sent["entry"]] if name == "bundle.json" else [*sent]


def of_message(name: str, entries: list[Any]) -> Parsed:
    if name == "bundle.json":
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        return parse_observations(bundle_message(bundle), ROME)
    return parse_payloads(gateway_message(entries), ROME)


@pytest.mark.parametrize(
    ("name", "format_", "left_alone"),
    [
        ("bundle.json", FhirR4(), [(4, "NOT_AN_OBSERVATION"), (5, "UNKNOWN_CODE")]),
        ("gateway.json", ForwardedCuff(), [(5, "UNKNOWN_CHARACTERISTIC")]),
    ],
)
def test_a_message_holds_the_readings_of_the_same_file(
    name: str, format_: VitalFormat, left_alone: list[tuple[int, str]]
) -> None:
    found, refused = of_file(name, format_)
    parsed = of_message(name, entries_of(name))
    assert found != []
    assert parsed.readings == [(one.place, one.reading) for one in found]
    assert sorted((one.index, one.code) for one in parsed.refused) == sorted([*refused, *left_alone])


@pytest.mark.parametrize("wrong", [None, 7, [], {}, {"resourceType": ["Observation"]}, {"resourceType": "Bundle"}])
def test_what_is_no_message_is_unusable(wrong: Any) -> None:
    with pytest.raises(Unusable):
        observation_message(wrong)
    with pytest.raises(Unusable):
        bundle_message(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"resource": {"resourceType": "Observation"}, "request": {"method": "PUT", "url": "Observation"}},
        {"resource": {"resourceType": "Observation"}, "request": {"method": "POST", "url": "Patient"}},
        {"resource": {"resourceType": "Observation"}, "request": ["POST", "Observation"]},
        {"resource": {"resourceType": "Observation"}},
        {"request": {"method": "POST", "url": "Observation"}},
        [],
        None,
        "Observation",
    ],
)
def test_an_entry_of_a_batch_is_the_creation_of_an_observation_or_refused(wrong: Any) -> None:
    message = bundle_message({"resourceType": "Bundle", "type": "batch", "entry": [wrong]})
    assert (message.entries, [one.index for one in message.refused]) == ([], [0])


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    10**30,
    "",
    "x" * 5000,
    "2026-02-30",
    "0001-01-01T00:00:00Z",
    [],
    {},
    [[]],
    [None],
    "2A",
)


def spoiled(part: Any) -> Iterator[Any]:
    """The same with something odd in each of its places, one at a time."""
    yield from ODD
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        for odd in spoiled(inner):
            copied = part.copy()
            copied[key] = odd
            yield copied


@pytest.mark.parametrize("name", ["bundle.json", "gateway.json"])
def test_nothing_odd_in_any_place_is_a_crash(name: str) -> None:
    """It is refused in its place, or left alone; the other entries stay what they are."""
    entries = entries_of(name)
    whole = of_message(name, entries)
    tried = 0
    for index, entry in enumerate(entries):
        others = [one for one in whole.readings if one[0] != index]
        for odd in spoiled(entry):
            parsed = of_message(name, [*entries[:index], odd, *entries[index + 1 :]])
            assert [one for one in parsed.readings if one[0] != index] == others
            tried += 1
    assert tried > 300


def test_the_id_of_a_patient_has_one_spelling() -> None:
    assert patient_named(f"Patient/{ADA}", "Patient/") == ADA
    assert patient_named(str(ADA)) == ADA
    for wrong in (
        None,
        7,
        "",
        "Patient/",
        f"Patient/{ADA}",
        str(ADA).upper(),
        ADA.hex,
        f"{{{ADA}}}",
        f"urn:uuid:{ADA}",
        f" {ADA}",
        f"{ADA}/_history/1",
    ):
        assert patient_named(wrong) is None
    assert patient_named(f"https://elsewhere.example/fhir/Patient/{ADA}", "Patient/") is None
