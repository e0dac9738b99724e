"""Scalars and enums of a whole column at once.

A column whose values are all of the expected type is taken as it is or through one plain function; any other goes
value by value through graphql-core, so that a value that does not fit fails as it always did.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import Any
from uuid import UUID

import numpy as np
from graphql import GraphQLEnumType, GraphQLScalarType
from graphql.type.definition import GraphQLLeafType

# The finished column, or None where it is not as expected.
QuickColumn = Callable[[list[Any]], list[Any] | None]
# The scalar whose values are arrays.
COLUMN_NAME = "Column"
_NOTHING = type(None)
_INTEGERS = range(-(2**31), 2**31)


def wire_column(leaf: GraphQLLeafType) -> QuickColumn:
    """The same for an answer that orjson writes: moments, days and arrays are left to it; their text is the same."""
    definition = leaf.extensions.get("strawberry-definition")
    if leaf.name == COLUMN_NAME:
        return _unchanged(np.ndarray)
    return _WRITTEN.get(getattr(definition, "origin", None)) or quick_column(leaf)


def quick_column(leaf: GraphQLLeafType) -> QuickColumn:
    """How a column of this leaf is finished when nothing is unusual; null passes as null."""
    if isinstance(leaf, GraphQLEnumType):
        return _enum(leaf)
    definition = leaf.extensions.get("strawberry-definition")
    return _NATIVE.get(leaf.name) or _TEXTS.get(getattr(definition, "origin", None)) or _other(leaf)


def _is_all(values: list[Any], kind: type) -> bool:
    return {*map(type, values)} <= {kind, _NOTHING}


def _unchanged(kind: type) -> QuickColumn:
    return lambda values: values if _is_all(values, kind) else None


def _integers(values: list[Any]) -> list[Any] | None:
    if not _is_all(values, int):
        return None
    return values if all(value is None or value in _INTEGERS for value in values) else None


def _floats(values: list[Any]) -> list[Any] | None:
    kinds = {*map(type, values)}
    if kinds == {float}:
        return values if all(map(isfinite, values)) else None
    if not kinds <= {float, _NOTHING}:
        return None
    return values if all(value is None or isfinite(value) for value in values) else None


def _texts_of(kind: type, text: Callable[[Any], str]) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        if not _is_all(values, kind):
            return None
        return [None if value is None else text(value) for value in values]

    return column


def _enum(leaf: GraphQLEnumType) -> QuickColumn:
    kind = getattr(leaf, "wrapped_cls", None)
    if kind is None:
        return lambda _: None
    names: dict[Any, str | None] = {member: leaf.coerce_output_value(member) for member in kind}
    names[None] = None

    def column(values: list[Any]) -> list[Any] | None:
        return [*map(names.__getitem__, values)] if _is_all(values, kind) else None

    return column


def _other(leaf: GraphQLScalarType) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        try:
            finished = [None if value is None else leaf.coerce_output_value(value) for value in values]
        except Exception:  # noqa: BLE001 - told when it is asked value by value
            return None
        return finished if [one is None for one in finished] == [one is None for one in values] else None

    return column


_NATIVE: dict[str, QuickColumn] = {
    "String": _unchanged(str),
    "ID": _unchanged(str),
    "Boolean": _unchanged(bool),
    "Int": _integers,
    "Float": _floats,
}
_TEXTS: dict[Any, QuickColumn] = {
    datetime: _texts_of(datetime, datetime.isoformat),
    date: _texts_of(date, date.isoformat),
    time: _texts_of(time, time.isoformat),
    UUID: _texts_of(UUID, str),
}


def _moments(values: list[Any]) -> list[Any] | None:
    # orjson does not know every time zone there is.
    if _is_all(values, datetime) and {None if value is None else value.tzinfo for value in values} <= {None, UTC}:
        return values
    return _TEXTS[datetime](values)


_WRITTEN: dict[Any, QuickColumn] = {datetime: _moments, date: _unchanged(date)}
