"""Variables read straight into what resolvers take.

graphql-core coerces each value and Strawberry converts what comes out; for a hundred readings both together cost more
than keeping them. Here each input type is read by one function made for it. Whatever does not fit is `Unusual`, and
then both go the ordinary way, which knows the words for the refusal.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)
from strawberry.types.base import StrawberryObjectDefinition

Read = Callable[[Any], Any]
# A variable or an argument that was not given, which is not the same as null.
ABSENT: Any = object()
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Unusual(Exception):
    """A value that is not as expected; perhaps it is good all the same."""


class Readers:
    """One reader for each input type of a schema."""

    def __init__(self) -> None:
        self._known: dict[str, Read] = {}

    def reader(self, kind: GraphQLInputType) -> Read:
        """What reads a value of `kind`."""
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type)
        read = self._present(kind)
        return lambda value: None if value is None else read(value)

    def _present(self, kind: Any) -> Read:
        if isinstance(kind, GraphQLList):
            return _list_of(self.reader(kind.of_type))
        if kind.name not in self._known:
            if isinstance(kind, GraphQLInputObjectType):
                # An input type may contain itself, so there must be something to find here before it is made.
                self._known[kind.name] = self._later(kind.name)
                self._known[kind.name] = self._object(kind)
            elif isinstance(kind, GraphQLEnumType):
                self._known[kind.name] = _enum(kind)
            else:
                self._known[kind.name] = _scalar(kind)
        return self._known[kind.name]

    def _later(self, name: str) -> Read:
        def read(value: Any) -> Any:
            return self._known[name](value)

        return read

    def _object(self, kind: GraphQLInputObjectType) -> Read:
        definition = kind.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryObjectDefinition) or not _is_plain(definition):
            return _unusual
        readers = {
            name: (one.extensions["strawberry-definition"].python_name, self.reader(one.type))
            for name, one in kind.fields.items()
        }
        required = frozenset(name for name, one in kind.fields.items() if is_required_input_field(one))
        origin: Any = definition.origin
        # The others have their default as an attribute of the class.
        absent = {one.name: None for one in dataclasses.fields(origin) if one.default is dataclasses.MISSING}
        is_one_of = kind.is_one_of

        def read(value: Any) -> Any:
            if type(value) is not dict or not required <= value.keys():
                raise Unusual
            if is_one_of and (len(value) != 1 or None in value.values()):
                raise Unusual
            made = object.__new__(origin)
            attributes = made.__dict__
            attributes.update(absent)
            try:
                for name, one in value.items():
                    python_name, reader = readers[name]
                    attributes[python_name] = reader(one)
            except KeyError:
                raise Unusual from None
            return made

        return read


def _is_plain(definition: StrawberryObjectDefinition) -> bool:
    """Whether an object of this input type is no more than its fields."""
    origin = definition.origin
    return (
        definition.from_input is None
        and "__init__" in origin.__dict__
        and not hasattr(origin, "__post_init__")
        and not hasattr(origin, "__slots__")
        and all(one.default_factory is dataclasses.MISSING for one in dataclasses.fields(origin))
    )


def _unusual(_: Any) -> Any:
    raise Unusual


def _list_of(read: Read) -> Read:
    def read_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Unusual
        return [read(one) for one in value]

    return read_list


def _enum(kind: GraphQLEnumType) -> Read:
    members: Mapping[Any, Any] = {name: kind.coerce_input_value(name) for name in kind.values}

    def read(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise Unusual from None

    return read


def _scalar(kind: GraphQLScalarType) -> Read:
    definition = kind.extensions.get("strawberry-definition")
    return _NATIVE.get(kind.name) or _PARSED.get(getattr(definition, "origin", None)) or _unusual


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Unusual
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise Unusual
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise Unusual
    return value


def _number(value: Any) -> float:
    if type(value) is float:
        if isfinite(value):
            return value
    elif type(value) is int:
        return float(value)
    raise Unusual


def _moment(value: Any) -> datetime:
    # Other forms of ISO 8601 are read as well, but slowly.
    if type(value) is not str or not _MOMENT.fullmatch(value):
        raise Unusual
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Unusual from None


def _day(value: Any) -> date:
    if type(value) is not str or not _DAY.fullmatch(value):
        raise Unusual
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unusual from None


def _uuid(value: Any) -> UUID:
    if type(value) is not str:
        raise Unusual
    try:
        return UUID(value)
    except ValueError:
        raise Unusual from None


_NATIVE: dict[str, Read] = {"String": _text, "ID": _text, "Boolean": _truth, "Int": _integer, "Float": _number}
_PARSED: dict[Any, Read] = {datetime: _moment, date: _day, UUID: _uuid}
