"""The port: whatever files of readings look like, they come out as readings and refusals, one after the other."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import BinaryIO, Protocol
from zoneinfo import ZoneInfo

# As in `domain.rules.identity`: Python's own UUIDs take longer to make than a line to read.
from asyncpg.pgproto import pgproto

from domain.kinds import Arm, BodyPosition, ReadingSource, VitalKind
from domain.new_readings import NewReading
from domain.rules.device_names import LONGEST_DEVICE_NAME

# So much of a file is enough to know it by; the declarations before an Apple export take 15 kilobytes.
HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
MOST_ITEM_BYTES = 1024 * 1024
# Beyond every number of every kind; a claim of more is no measurement.
HIGHEST_NUMBER = 1e7
LONGEST_DAY = len("2026-01-31")
_NUMBER = re.compile(r"[+-]?(\d{1,12}\.?\d{0,18}|\.\d{1,18})([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A reading, and the line or entry where it stands."""

    place: int
    reading: NewReading


@dataclass(frozen=True)
class Refused:
    """What stands at `place` and cannot be a reading: a code for programs and one sentence for people."""

    place: int
    code: str
    sentence: str


@dataclass(frozen=True)
class NotRead:
    """A column or kind of record that is left alone; told once."""

    name: str


@dataclass(frozen=True)
class Empty:
    """A line or entry that holds no value of a kind that is kept."""

    place: int


Outcome = Found | Refused | NotRead | Empty


class VitalFormat(Protocol):
    """One format of files with readings; `places` says what its places count, lines or entries."""

    name: str
    places: str

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins like this is of this format; its name says nothing."""

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """All that the file holds, in constant memory; times without an offset are of the clock of `zone`."""


class Unusable(ValueError):
    """Why one record gives no reading."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def damaged(place: int) -> Refused:
    """The refusal with which a file ends that breaks off or contradicts itself."""
    return Refused(place, "DAMAGED", "The file is damaged or incomplete here; nothing after it was read.")


def number_of(value: object) -> float:
    """A number that a measurement can be, from JSON or from the text of an attribute.

    Raises:
        Unusable: it is none.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("NOT_A_NUMBER", "A value is no number.")
    # Compared before it is made a float: JSON knows whole numbers that no float can hold.
    if not -HIGHEST_NUMBER <= value <= HIGHEST_NUMBER:
        raise Unusable("NOT_A_NUMBER", "A value is beyond every measurement.")
    return float(value)


def moment_of(text: object, zone: ZoneInfo) -> datetime:
    """The moment that an ISO text names; a day without an hour means noon, a time without offset the clock of `zone`.

    Raises:
        Unusable: it names none.
    """
    wrong = Unusable("NOT_A_TIME", "A time is no time such as 2026-01-31T07:30:00+01:00.")
    if not isinstance(text, str):
        raise wrong
    plain = " ".join(text.split())
    try:
        is_day = len(plain) <= LONGEST_DAY
        at = datetime.combine(date.fromisoformat(plain), time(12), zone) if is_day else datetime.fromisoformat(plain)
    except ValueError:
        raise wrong from None
    return dated(at if at.tzinfo else at.replace(tzinfo=zone))


def moment_of_seconds(seconds: object, zone: ZoneInfo) -> datetime:
    """The moment so many seconds after 1970.

    Raises:
        Unusable: it is none.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e11:  # noqa: PLR2004 - the year 5138
        raise Unusable("NOT_A_TIME", "A time is no number of seconds since 1970.")
    return datetime.fromtimestamp(seconds, zone)


def dated(at: datetime) -> datetime:
    """The moment itself, if its year is one that can be converted to every zone.

    Raises:
        Unusable: it is not.
    """
    if not 1900 < at.year < 9999:  # noqa: PLR2004 - further than any record, nearer than datetime's own ends
        raise Unusable("NOT_A_TIME", "A time is in no year of a record.")
    return at


def device_of(*words: object) -> str | None:
    """The words as a device's name, cut to what may be kept."""
    text = " ".join(word.strip() for word in words if isinstance(word, str) and word.strip())
    return "".join(sign for sign in text if sign.isprintable())[:LONGEST_DEVICE_NAME].strip() or None


def reading_of(
    kind: VitalKind,
    at: datetime,
    values: Mapping[str, float],
    unit: str | None = None,
    device: str | None = None,
    *,
    source: ReadingSource = ReadingSource.IMPORT,
    arm: Arm | None = None,
    body_position: BodyPosition | None = None,
    is_irregular: bool | None = None,
) -> NewReading:
    """A reading whose clientId is made of what it says: the same in every file and every format."""
    if not all(math.isfinite(value) for value in values.values()):
        raise Unusable("NOT_A_NUMBER", "A value is no number.")
    said = f"import/{kind.value}/{at.timestamp()}/{sorted(values.items())}/{unit}"
    return NewReading(
        client_id=pgproto.UUID(hashlib.md5(said.encode(), usedforsecurity=False).digest()),
        kind=kind,
        measured_at=at,
        source=source,
        values=values,
        unit=unit,
        device=device,
        arm=arm,
        body_position=body_position,
        is_irregular=is_irregular,
    )


@dataclass
class Seen:
    """Names of what is left alone, each told once; a hostile file cannot fill the memory with them."""

    names: set[str]
    most = 200

    def tell(self, name: object) -> Iterator[NotRead]:
        """What to say of one more of that name."""
        text = device_of(name) or "?"
        if text not in self.names and len(self.names) < self.most:
            self.names.add(text)
            yield NotRead(text)
