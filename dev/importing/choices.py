"""What a file cannot say and its importer may, and what became of the file."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from domain.errors import BadInput

Progress = Callable[[int, int], None]
MOST_REASONS = 1000


@dataclass(frozen=True)
class Choices:
    """The options of one import; each belongs to some kinds of files only."""

    person: str | None = None
    recorded_at: datetime | None = None
    microvolts_per_step: float | None = None
    from_seconds: float | None = None
    seconds: float | None = None

    def allow_only(self, names: set[str], what: str) -> None:
        """See that nothing was chosen in vain.

        Raises:
            BadInput: an option was given that means nothing for `what`.
        """
        for each in fields(self):
            if each.name not in names and getattr(self, each.name) is not None:
                raise BadInput(f"--{each.name.replace('_', '-')} means nothing for {what}; leave it out.")


@dataclass(frozen=True)
class SentStrip:
    """A strip on its way to a worker, or one that had come before; `time_from` says who told the moment."""

    id: UUID
    is_known: bool
    recorded_at: datetime
    time_from: str


@dataclass
class ImportReport:
    """What became of a file: counts of readings, the first refused lines with their reasons, or the strip."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    refused_besides: int = 0
    places: str = "line"
    without_value: int = 0
    not_read: tuple[str, ...] = ()
    strip: SentStrip | None = None

    def refuse(self, place: int, reason: str) -> None:
        """Note one more; of a file that is refused on and on, most are only counted."""
        if len(self.refused) < MOST_REASONS:
            self.refused.append((place, reason))
        else:
            self.refused_besides += 1
