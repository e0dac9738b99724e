"""Rules of the house that hold for every file and every field, also those that are yet to be written."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from strawberry.types.base import StrawberryObjectDefinition

from adapters.event_hub import BUFFERED_EVENTS, FEEDS_OF_ACCOUNT
from adapters.tokens import MOST_BYTES as MOST_TOKEN_BYTES
from api.event_streams import HEARTBEAT_SECONDS
from api.feeds import FeedLimits
from api.json_body import RequestLimits
from api.query_budget import LIMITS
from dev.system import procfile_command
from domain.kinds import Role
from domain.rules.states import MACHINES, StateMachine
from schema.access import GUARD
from schema.root import schema

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "schema", "workers", "domain", "analytics", "adapters", "dev")
MOST_LINES = 400


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (ROOT / room).rglob("*.py")


def test_no_module_is_longer_than_one_can_keep_in_mind() -> None:
    assert [str(path) for path in modules() if len(path.read_text().splitlines()) > MOST_LINES] == []


def test_every_transaction_is_a_unit_of_work() -> None:
    """Tortoise's own transactions lose pool connections when BEGIN is cancelled."""
    names = {"in_transaction", "atomic"}
    found = [
        f"{path}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.alias) and node.name in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
    ]
    assert found == []


def test_every_field_with_a_resolver_says_who_may_ask() -> None:
    roots = {"Query", "Mutation", "Subscription"}
    unguarded, guarded = [], 0
    for kind in schema.schema_converter.type_map.values():
        definition = kind.definition
        if not isinstance(definition, StrawberryObjectDefinition):
            continue
        for field in definition.fields:
            if field.base_resolver is None and definition.name not in roots:
                continue
            roles = field.metadata.get(GUARD)
            if roles and roles <= set(Role):
                guarded += 1
            else:
                unguarded.append(f"{definition.name}.{field.python_name}")
    assert unguarded == []
    assert guarded > len(roots)


def procfile_words(process: str) -> dict[str, str]:
    """The options of a line of the Procfile with their values."""
    words = procfile_command(process, {})
    return dict(pairwise(words))


def test_the_page_of_limits_tells_the_limits() -> None:
    page = (ROOT / "docs" / "limits.md").read_text()
    told = dict(re.findall(r"^\| (.+?) \| ([\d,]+) \|", page, re.MULTILINE))
    names = {
        "tokens": LIMITS.tokens,
        "characters": LIMITS.characters,
        "depth": LIMITS.depth,
        "aliases": LIMITS.aliases,
        "root fields": LIMITS.root_fields,
        "directives": LIMITS.directives,
        "fragments": LIMITS.fragments,
        "fields, fragments filled in": LIMITS.fields,
        "cost": LIMITS.cost,
        "`first`": LIMITS.page,
    }
    assert {name: int(told[name].replace(",", "")) for name in names} == names
    assert f"counts as {LIMITS.unpaged_list}" in page
    requests, sockets = RequestLimits(), FeedLimits()
    numbers = {
        "a body": requests.body_bytes,
        "until the body is there": requests.body_seconds,
        "JSON nests": requests.json_depth,
        "an operation": requests.operation_seconds,
        "a token": MOST_TOKEN_BYTES,
        "a message on a socket": int(procfile_words("web")["--ws-max-size"]),
        "until connection_init": sockets.init_seconds,
        "operations of a socket": sockets.operations,
        "messages of a socket in a second": sockets.messages_a_second,
        "until a message is taken": sockets.send_seconds,
        "feeds that an account follows at one process": FEEDS_OF_ACCOUNT,
        "events that wait for a follower": BUFFERED_EVENTS,
        "silence of server-sent events": HEARTBEAT_SECONDS,
    }
    told = dict(re.findall(r"^\| (.+?) \| ([\d,]+)(?: bytes| s| levels)? \|", page, re.MULTILINE))
    assert {name: int(told[name].replace(",", "")) for name in numbers} == numbers
    introspection = (LIMITS.introspection_depth, LIMITS.introspection_fields, LIMITS.introspection_lists)
    assert "depth {}, {} fields, {} lists".format(*introspection) in page


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_be_reached_and_no_verb_leads_to_where_it_started(machine: StateMachine) -> None:  # type: ignore[type-arg]
    reached = {machine.begins[1]}
    for _ in machine.verbs:
        for verb, (allowed, target) in machine.verbs.items():
            assert target not in allowed
            assert [machine.allows(verb, state) for state in type(target)] == [
                state in allowed for state in type(target)
            ]
            if allowed & reached:
                reached.add(target)
    assert reached == {machine.begins[1]} | {target for _, target in machine.verbs.values()}
