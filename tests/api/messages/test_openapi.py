"""The description of the routes says what they do."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from api.messages.door import STATUSES
from api.messages.fhir import _ISSUES
from api.messages.openapi import DESCRIPTION
from api.messages.routes import message_routes
from tests.api.messages.sending import (
    BUNDLE,
    OBSERVATION,
    PAYLOADS,
    Door,
    bundle,
    cuff,
    minutes_ago,
    oximeter,
    pressure,
    weight,
)

SCHEMAS = DESCRIPTION["components"]["schemas"]
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def references(part: Any) -> Iterator[str]:
    """Every $ref in a part of the description."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def mismatches(value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Where a value is not as the description says, by the few words of JSON Schema that it uses."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        fitting = [one for one in schema["oneOf"] if not list(mismatches(value, one, at))]
        yield from () if len(fitting) == 1 else (f"{at}: fits {len(fitting)} of the alternatives",)
    elif not isinstance(value, TYPES.get(schema.get("type", ""), object)):
        yield f"{at}: is no {schema['type']}"
    elif value not in schema.get("enum", [schema.get("const", value)]):
        yield f"{at}: {value} is not allowed"
    elif isinstance(value, dict):
        yield from _of_object(value, schema, at)
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{at}: has {len(value)} items"
        for index, inner in enumerate(value):
            yield from mismatches(inner, schema["items"], f"{at}[{index}]")


def _of_object(value: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: has no {name}" for name in schema.get("required", ()) if name not in value)
    if "properties" not in schema:
        return
    described = schema["properties"]
    for name, inner in value.items():
        if name in described:
            yield from mismatches(inner, described[name], f"{at}.{name}")
        else:
            yield f"{at}: {name} is not described"


def test_every_route_and_every_status_is_described() -> None:
    routes = [route for route in message_routes() if isinstance(route, Route)]
    assert [route.path for route in routes] == [*DESCRIPTION["paths"]]
    assert DESCRIPTION["openapi"] == "3.1.0"
    assert set(STATUSES.values()) < set(_ISSUES)
    refusals = {str(status) for status in _ISSUES}
    for path, ends_well in ((OBSERVATION, {"200", "201"}), (BUNDLE, {"200"}), (PAYLOADS, {"200"})):
        (method,) = DESCRIPTION["paths"][path]
        assert method == "post"
        assert set(DESCRIPTION["paths"][path]["post"]["responses"]) == refusals | ends_well
    names = {operation["operationId"] for item in DESCRIPTION["paths"].values() for operation in item.values()}
    assert len(names) == len(routes)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    assert set(references(DESCRIPTION)) == {f"#/components/schemas/{name}" for name in SCHEMAS}
    assert all(schema["description"].endswith(".") for schema in SCHEMAS.values())


async def test_anybody_may_read_it(door: Door) -> None:
    answer = await door.client.get("/v1/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == DESCRIPTION


@pytest.mark.parametrize("path", [OBSERVATION, BUNDLE, PAYLOADS])
async def test_what_is_sent_and_answered_is_as_described(door: Door, path: str) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(3)
    subject = {"reference": f"Patient/{door.people.patient_id}"}
    messages: dict[str, list[Any]] = {
        OBSERVATION: [pressure(at, subject=subject), weight(at)],
        BUNDLE: [bundle(kind, pressure(at), weight(at, 7150)) for kind in ("batch", "transaction", "collection")],
        PAYLOADS: [cuff(at), [cuff(at), oximeter(at), cuff(at, systolic=300)]],
    }
    sent = messages[path]
    operation = DESCRIPTION["paths"][path]["post"]
    for message in [*sent, sent[0]]:
        for schema in operation["requestBody"]["content"].values():
            assert list(mismatches(message, schema["schema"])) == []
        for bearer in (secret, None):
            answer = await door.send(path, message, bearer)
            described = operation["responses"][str(answer.status_code)]["content"]
            schema = described[answer.headers["content-type"].partition(";")[0]]["schema"]
            assert list(mismatches(answer.json(), schema)) == [], answer.text
    wrong = await door.send(path, {}, secret)
    described = operation["responses"][str(wrong.status_code)]["content"]
    assert list(mismatches(wrong.json(), next(iter(described.values()))["schema"])) == []
    assert list(mismatches({}, next(iter(operation["requestBody"]["content"].values()))["schema"])) != []
