"""Cursors that somebody made up."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from adapters.runtime import Runtime
from domain.errors import BadInput
from domain.kinds import Role
from schema.pages import decode, encode
from tests.people import People
from tests.schema.test_pressure_to_alert import ask

ID = "019f4cb2-7000-7000-8000-000000000000"
AT = "2026-01-01T00:00:00+00:00"
FORGED: dict[str, tuple[Any, tuple[type, ...]]] = {
    "too few parts": ([AT], (datetime, UUID)),
    "too many parts": ([AT, ID, 1], (datetime, UUID)),
    "no list": ({"a": 1}, (datetime, UUID)),
    "no offset": (["2026-01-01T00:00:00", ID], (datetime, UUID)),
    "before every calendar": (["0001-01-01T00:00:00+14:00", ID], (datetime, UUID)),
    "behind every calendar": (["9999-12-31T23:59:59-14:00", ID], (datetime, UUID)),
    "no moment": ([7, ID], (datetime, UUID)),
    "no id": ([AT, "x"], (datetime, UUID)),
    "a number for an id": ([AT, 7], (datetime, UUID)),
    "a number without end": ([2**63], (int,)),
    "a negative number": ([-1], (int,)),
    "a fraction": ([0.5], (int,)),
    "text for a number": (["1"], (int,)),
    "NUL": (["\0", ID], (str, UUID)),
    "a number for a text": ([7, ID], (str, UUID)),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_cursor_is_refused(name: str) -> None:
    key, types = FORGED[name]
    with pytest.raises(BadInput):
        decode(base64.urlsafe_b64encode(orjson.dumps(key)).decode(), *types)


@pytest.mark.parametrize("text", ["", "x", "äöü", "W", "W10=" * 1000])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decode(text, int)


def test_a_cursor_of_ours_is_read_back() -> None:
    assert decode(encode([AT, ID]), datetime, UUID) == (datetime.fromisoformat(AT), UUID(ID))
    assert decode(None, int) is None


async def test_a_rank_beyond_the_databases_numbers_is_an_empty_page(runtime: Runtime, people: People) -> None:
    query = "query W($after: String) { worklist(first: 1, after: $after) { edges { cursor } } }"
    answer = await ask(runtime, people, Role.CLINICIAN, query, after=encode([2**62, AT, ID]))
    assert (answer.errors, answer.data) == (None, {"worklist": {"edges": []}})


@pytest.mark.parametrize(
    ("role", "query"),
    [
        (Role.CLINICIAN, "query S($search: String) { patients(first: 1, search: $search) { edges { cursor } } }"),
        (Role.ADMIN, "query S($search: String) { patientRecords(first: 1, search: $search) { edges { cursor } } }"),
    ],
    ids=["patients", "records"],
)
async def test_a_search_without_end_is_refused(runtime: Runtime, people: People, role: Role, query: str) -> None:
    assert (await ask(runtime, people, role, query, search="a" * 100)).errors is None
    refused = await ask(runtime, people, role, query, search="a" * 101)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
