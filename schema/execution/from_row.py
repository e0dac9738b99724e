"""Objects whose fields are read from a row of the database when they are asked for."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

# Mostly a row of the database; whatever the readers take.
Row = Any
Readers = Mapping[str, Callable[[Row], Any]]


class FromRow:
    """A base beside a Strawberry type: `readers` has for each of its fields what reads it from the row.

    Most fields are not asked for; a plan reads a column of those that are from all rows at once.
    """

    readers: ClassVar[Readers]

    def __init__(self, row: Row) -> None:
        self.row = row

    def __getattr__(self, name: str) -> Any:
        reader = self.readers.get(name)
        if reader is None:
            raise AttributeError(name)
        return reader(self.row)
