"""The API form of the formats: a message's entries come out as readings and refusals, each with its place and field."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.new_readings import NewReading, Rejection


@dataclass(frozen=True)
class Entry:
    """What one entry of a message says, before anyone knows in which zone its patient lives."""

    index: int
    content: dict[str, Any]


@dataclass
class Message:
    """The entries of one message, the patients that it names, and the entries that cannot be read."""

    entries: list[Entry] = field(default_factory=list)
    patients: set[UUID] = field(default_factory=set)
    refused: list[Rejection] = field(default_factory=list)


@dataclass
class Parsed:
    """The readings of a message with the index of the entry of each, and the entries that hold none."""

    readings: list[tuple[int, NewReading]] = field(default_factory=list)
    refused: list[Rejection] = field(default_factory=list)

    def add(self, index: int, readings: Sequence[NewReading]) -> None:
        """What one entry holds; an oximeter's holds two."""
        self.readings += [(index, reading) for reading in readings]


def patient_named(text: object, prefix: str = "") -> UUID | None:
    """The id of a patient behind a prefix, in its one right spelling."""
    if not isinstance(text, str) or not text.startswith(prefix):
        return None
    try:
        named = UUID(text.removeprefix(prefix))
    except ValueError:
        return None
    return named if f"{prefix}{named}" == text else None
