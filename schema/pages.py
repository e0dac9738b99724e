"""Relay connections in keyset order."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from domain.errors import BadInput
from schema.execution.from_row import FromRow, Readers
from schema.scalars import required_offset

Node = TypeVar("Node")
MOST = 100

First = Annotated[int, strawberry.argument(description="How many to return: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor behind which to begin.")]


@strawberry.type(description="Where a page ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follow.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor, to pass as `after`.")


@strawberry.type(description="A node and its cursor.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The place of this node in the list.")
    node: Node = strawberry.field(description="The thing itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The nodes with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")


def check_first(first: int) -> int:
    """`first`, if a page may be that long."""
    if not 1 <= first <= MOST:
        raise BadInput(f"first: ask for 1 to {MOST}.")
    return first


def make_page(
    rows: Sequence[Any], first: int, key: Callable[[Any], list[Any]], node: Callable[[Any], Node]
) -> Connection[Node]:
    """A connection of the first `first` rows; one more row than that means there is a next page."""
    shown = rows[:first]
    end_cursor = encode(key(shown[-1])) if shown else None
    return Connection(
        edges=[_EdgeFromRow((row, key, node)) for row in shown],
        page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end_cursor),
    )


def _moment(part: str) -> datetime:
    # Shifted to UTC here, because PostgreSQL knows no year before the first nor after the last that Python knows.
    return required_offset(datetime.fromisoformat(part), "after").astimezone(UTC)


def _number(part: int) -> int:
    if not isinstance(part, int) or not 0 <= part < 2**63:
        raise ValueError
    return part


def _text(part: str) -> str:
    if "\0" in part:
        raise ValueError
    return part


class _EdgeFromRow(FromRow, Edge[Any]):
    """An edge whose cursor is made only when it is asked for."""

    readers: ClassVar[Readers] = {
        "cursor": lambda made: encode(made[1](made[0])),
        "node": lambda made: made[2](made[0]),
    }


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_READERS: dict[type, Callable[[Any], Any]] = {datetime: _moment, UUID: UUID, int: _number, str: _text}


def encode(key: list[Any]) -> str:
    """An opaque cursor of texts, numbers and moments."""
    return binascii.b2a_base64(orjson.dumps(key, default=str), newline=False).translate(_URL_SAFE).decode()


def decode(cursor: str | None, *types: type) -> Any:
    """The key in a cursor, as a tuple of `types`; `None` for none.

    Raises:
        BadInput: the cursor is not one of ours.
    """
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(parts, list):
            raise TypeError  # noqa: TRY301 - one refusal for every broken cursor
        return tuple(_READERS[kind](part) for kind, part in zip(types, parts, strict=True))
    except (ValueError, TypeError, binascii.Error, AttributeError, OverflowError):
        raise BadInput("after: this is not a cursor of this list.") from None
