"""What a scalar's own type does not check, with the argument's name in the refusal."""

from datetime import UTC, datetime
from uuid import UUID

from domain.errors import BadInput


def required_uuid(value: str, name: str) -> UUID:
    """The UUID in an ID.

    Raises:
        BadInput: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise BadInput(f"{name}: this is not an id of Cuore.") from None


def as_uuid(value: str | None, name: str) -> UUID | None:
    """The UUID in an ID that may be left out."""
    return None if value is None else required_uuid(value, name)


def required_offset(moment: datetime, name: str) -> datetime:
    """A moment that says its offset from UTC.

    Raises:
        BadInput: it does not, so nobody can know which moment is meant; or it is beyond every calendar.
    """
    if moment.tzinfo is None:
        raise BadInput(f"{name}: say the offset from UTC, such as 2026-11-23T07:04:00+01:00.")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise BadInput(f"{name}: there is no such moment.") from None
    return moment


def with_offset(moment: datetime | None, name: str) -> datetime | None:
    """The same for a moment that may be left out."""
    return None if moment is None else required_offset(moment, name)
