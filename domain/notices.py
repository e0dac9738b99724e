"""What a channel carries, where to, and what it says when it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kinds import Channel, ReminderKind


@dataclass(frozen=True)
class Notice:
    """One thing to be told to one person.

    `send_id` is the same at every try: whoever receives it twice can know that it is one.
    """

    send_id: UUID
    kind: ReminderKind
    title: str
    text: str
    locale: str
    is_urgent: bool
    expires_at: datetime


@dataclass(frozen=True)
class ContactPoint:
    """Where somebody is reached, with what a channel needs besides the address."""

    channel: Channel
    address: str
    keys: Mapping[str, str]


class Refused(Exception):
    """It cannot be sent there, now or later; `is_gone` says that nothing can, ever again.

    `code` names the reason and holds nothing of the notice or of the address.
    """

    def __init__(self, code: str, *, is_gone: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_gone = is_gone


class PutOff(Exception):
    """It could not be sent now; `after_seconds` is what the other side asks to wait."""

    def __init__(self, code: str, after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.after_seconds = after_seconds
