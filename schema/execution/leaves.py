"""Scalars and enums of a whole column at once.

A column whose values are all of the expected type is taken as it is or through one plain function; any other, also
one with a null where none may be, goes value by value through graphql-core, so that it fails as it always did.
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
# The types that the values of a column may have: the leaf's own and, where it may be null, that of None.
Kinds = frozenset[type]
# The scalar whose values are arrays.
COLUMN_NAME = "Column"
_NOTHING = type(None)
_INTEGERS = range(-(2**31), 2**31)


def wire_column(leaf: GraphQLLeafType, *, nullable: bool) -> QuickColumn:
    """The same for an answer that orjson writes: moments, days and arrays are left to it; their text is the same."""
    origin = getattr(leaf.extensions.get("strawberry-definition"), "origin", None)
    if leaf.name == COLUMN_NAME:
        return _unchanged(_kinds(np.ndarray, nullable=nullable))
    if origin is datetime:
        return _moments(nullable=nullable)
    if origin is date:
        return _unchanged(_kinds(date, nullable=nullable))
    return quick_column(leaf, nullable=nullable)


def quick_column(leaf: GraphQLLeafType, *, nullable: bool) -> QuickColumn:
    """How a column of this leaf is finished when nothing is unusual; null passes as null where it may."""
    if isinstance(leaf, GraphQLEnumType):
        return _enum(leaf, nullable=nullable)
    origin: Any = getattr(leaf.extensions.get("strawberry-definition"), "origin", None)
    if leaf.name in _NATIVE:
        kind, column = _NATIVE[leaf.name]
        return column(_kinds(kind, nullable=nullable))
    if origin in _TEXTS:
        return _texts_of(_kinds(origin, nullable=nullable), _TEXTS[origin])
    return _other(leaf, nullable=nullable)


def _kinds(kind: type, *, nullable: bool) -> Kinds:
    return frozenset({kind, _NOTHING} if nullable else {kind})


def _unchanged(kinds: Kinds) -> QuickColumn:
    return lambda values: values if kinds.issuperset(map(type, values)) else None


def _integers(kinds: Kinds) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        if not kinds.issuperset(map(type, values)):
            return None
        return values if all(value is None or value in _INTEGERS for value in values) else None

    return column


def _floats(kinds: Kinds) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        found = {*map(type, values)}
        if found == {float}:
            return values if all(map(isfinite, values)) else None
        if not found <= kinds:
            return None
        return values if all(value is None or isfinite(value) for value in values) else None

    return column


def _texts_of(kinds: Kinds, text: Callable[[Any], str]) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        if not kinds.issuperset(map(type, values)):
            return None
        return [None if value is None else text(value) for value in values]

    return column


def _enum(leaf: GraphQLEnumType, *, nullable: bool) -> QuickColumn:
    kind = getattr(leaf, "wrapped_cls", None)
    if kind is None:
        return lambda _: None
    kinds = _kinds(kind, nullable=nullable)
    names: dict[Any, str | None] = {member: leaf.coerce_output_value(member) for member in kind}
    names[None] = None

    def column(values: list[Any]) -> list[Any] | None:
        return [*map(names.__getitem__, values)] if kinds.issuperset(map(type, values)) else None

    return column


def _other(leaf: GraphQLScalarType, *, nullable: bool) -> QuickColumn:
    def column(values: list[Any]) -> list[Any] | None:
        try:
            finished = [None if value is None else leaf.coerce_output_value(value) for value in values]
        except Exception:  # noqa: BLE001 - told when it is asked value by value
            return None
        absent = [one is None for one in values]
        is_expected = absent == [one is None for one in finished] and (nullable or not any(absent))
        return finished if is_expected else None

    return column


_NATIVE: dict[str, tuple[type, Callable[[Kinds], QuickColumn]]] = {
    "String": (str, _unchanged),
    "ID": (str, _unchanged),
    "Boolean": (bool, _unchanged),
    "Int": (int, _integers),
    "Float": (float, _floats),
}
_TEXTS: dict[Any, Callable[[Any], str]] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    UUID: str,
}


def _moments(*, nullable: bool) -> QuickColumn:
    kinds = _kinds(datetime, nullable=nullable)
    as_texts = _texts_of(kinds, datetime.isoformat)

    def column(values: list[Any]) -> list[Any] | None:
        # orjson does not know every time zone there is.
        if kinds.issuperset(map(type, values)) and _WRITTEN.issuperset(
            [None if value is None else value.tzinfo for value in values]
        ):
            return values
        return as_texts(values)

    return column


_WRITTEN = frozenset({None, UTC})
