"""Variables read quickly are what graphql-core and Strawberry make of them; what is odd is left to them."""

from dataclasses import asdict
from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type, type_from_ast
from graphql.language import parse_type
from graphql.utilities import coerce_input_value
from strawberry.types.arguments import convert_argument

from schema.execution.variables import Readers, Unusual
from schema.root import schema
from schema.vitals import RecordVitalsInput

CORE = schema._schema
WEIGHT = {"clientId": str(uuid4()), "measuredAt": "2026-11-23T07:04:00+01:00", "value": {"weight": {"value": 80}}}
PRESSURE = WEIGHT | {
    "source": "MANUAL",
    "device": None,
    "setting": "OFFICE",
    "value": {"bloodPressure": {"systolic": 128, "diastolic": 82.5, "arm": "LEFT", "isIrregular": False}},
}


def read(kind: str, value: Any) -> Any:
    """What the quick way makes of it."""
    return Readers().reader(type_from_ast(CORE, parse_type(kind)))(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [{"readings": [WEIGHT, PRESSURE]}, {"readings": [], "patientId": "x"}, {"readings": [], "patientId": None}],
    ids=["two readings", "none", "null"],
)
def test_an_input_object_is_the_one_that_strawberry_makes(value: dict[str, Any]) -> None:
    kind: Any = CORE.get_type("RecordVitalsInput")
    coerced = coerce_input_value(value, kind)
    made = convert_argument(coerced, RecordVitalsInput, schema.schema_converter.scalar_registry, schema.config)
    ours = read("RecordVitalsInput!", value)
    assert ours == made
    assert asdict(ours) == asdict(made)  # type: ignore[call-overload]
    assert type(ours) is RecordVitalsInput


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("RecordVitalsInput!", None),
        ("RecordVitalsInput!", []),
        ("RecordVitalsInput!", {}),
        ("RecordVitalsInput!", {"readings": WEIGHT}),
        ("RecordVitalsInput!", {"readings": [WEIGHT], "more": 1}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"value": {}}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"value": {"weight": None}}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"value": {"weight": {"value": 1}, "steps": {"value": 1}}}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"value": {"weight": {"value": "80"}}}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"source": "device"}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"source": None}]}),
        ("RecordVitalsInput!", {"readings": [WEIGHT | {"source": ["DEVICE"]}]}),
        ("DateTime", "2026-11-23"),
        ("DateTime", "2026-02-30T07:04:00Z"),
        ("DateTime", "2026-11-23T24:00:00Z"),
        ("DateTime", 1),
        ("Date", "20261123"),
        ("Date", "2026-02-30"),
        ("UUID", "x"),
        ("Int", True),
        ("Int", 2**31),
        ("Int", 1.0),
        ("Float", float("nan")),
        ("Float", True),
        ("Boolean", 0),
        ("String", 1),
        ("ID", 7),
        ("[VitalKind!]", "WEIGHT"),
        ("[VitalKind!]", [None]),
    ],
)
def test_what_is_odd_is_left_to_graphql_core(kind: str, value: Any) -> None:
    with pytest.raises(Unusual):
        read(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DateTime!", "2026-11-23T07:04:00Z"),
        ("DateTime!", "2026-11-23T07:04:00.123+01:00"),
        ("DateTime!", "2026-11-23T07:04:00.123456-09:30"),
        ("Date!", "2024-02-29"),
        ("UUID!", "{0188c5cc-0000-7000-8000-000000000000}"),
        ("Int!", -(2**31)),
        ("Float!", 3),
        ("Float!", 2.5),
        ("Boolean!", True),
        ("String!", ""),
        ("[VitalKind!]!", ["WEIGHT", "STEPS"]),
        ("[VitalKind!]", None),
    ],
)
def test_a_plain_value_is_read_as_graphql_core_reads_it(kind: str, value: Any) -> None:
    wanted: Any = type_from_ast(CORE, parse_type(kind))
    assert get_named_type(wanted) is not None
    assert read(kind, value) == coerce_input_value(value, wanted)
    assert type(read(kind, value)) is type(coerce_input_value(value, wanted))
