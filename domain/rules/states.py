"""State machines: which verb leads from where to where; what is not here is refused. Drawn in docs/states.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from domain.kinds import AlertStatus, AppointmentStatus, StripStatus

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True)
class StateMachine(Generic[State]):
    """`begins` is the verb and state of a new thing; `verbs` maps each verb to where it may start and where it ends."""

    name: str
    begins: tuple[str, State]
    verbs: Mapping[str, tuple[frozenset[State], State]]

    def allows(self, verb: str, state: str) -> bool:
        """Whether `verb` may be done in `state`."""
        return state in self.verbs[verb][0]

    def after(self, verb: str) -> State:
        """The state that `verb` leads to."""
        return self.verbs[verb][1]


ALERT = StateMachine(
    "Alert",
    ("raise", AlertStatus.OPEN),
    {
        "acknowledge": (frozenset({AlertStatus.OPEN, AlertStatus.SNOOZED}), AlertStatus.ACKNOWLEDGED),
        # To whom it was handed over must say so: until then it escalates.
        "hand over": (frozenset({AlertStatus.ACKNOWLEDGED}), AlertStatus.OPEN),
        "snooze": (frozenset({AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED}), AlertStatus.SNOOZED),
        "wake": (frozenset({AlertStatus.SNOOZED}), AlertStatus.OPEN),
        "worsen": (frozenset({AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED}), AlertStatus.OPEN),
        "remind": (frozenset({AlertStatus.ACKNOWLEDGED}), AlertStatus.OPEN),
        "resolve": (
            frozenset({AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED}),
            AlertStatus.RESOLVED,
        ),
    },
)
STRIP = StateMachine(
    "ECG strip",
    ("begin", StripStatus.UPLOADING),
    {
        "complete": (frozenset({StripStatus.UPLOADING}), StripStatus.RECEIVED),
        "keep analysis": (frozenset({StripStatus.RECEIVED}), StripStatus.ANALYSED),
        "keep reason": (frozenset({StripStatus.RECEIVED}), StripStatus.UNREADABLE),
        "begin review": (frozenset({StripStatus.ANALYSED}), StripStatus.IN_REVIEW),
        "review": (frozenset({StripStatus.ANALYSED, StripStatus.IN_REVIEW}), StripStatus.REVIEWED),
        # Amended once more it stays so: each review is kept.
        "amend": (frozenset({StripStatus.REVIEWED}), StripStatus.AMENDED),
    },
)
_AHEAD = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED})
APPOINTMENT = StateMachine(
    "Appointment",
    ("book", AppointmentStatus.BOOKED),
    {
        "confirm": (frozenset({AppointmentStatus.BOOKED}), AppointmentStatus.CONFIRMED),
        # What was confirmed was the old time; one that is only booked stays so.
        "reschedule": (frozenset({AppointmentStatus.CONFIRMED}), AppointmentStatus.BOOKED),
        "check in": (_AHEAD, AppointmentStatus.CHECKED_IN),
        "begin": (_AHEAD | {AppointmentStatus.CHECKED_IN}, AppointmentStatus.IN_PROGRESS),
        "complete": (frozenset({AppointmentStatus.IN_PROGRESS}), AppointmentStatus.COMPLETED),
        "cancel": (_AHEAD, AppointmentStatus.CANCELLED),
        "miss": (_AHEAD, AppointmentStatus.NO_SHOW),
    },
)
# A slot that came free and is held for one on the waiting list; once accepted it is an appointment like any other.
OFFER = StateMachine(
    "Offered slot",
    ("offer", AppointmentStatus.OFFERED),
    {
        "accept": (frozenset({AppointmentStatus.OFFERED}), AppointmentStatus.BOOKED),
        "lapse": (frozenset({AppointmentStatus.OFFERED}), AppointmentStatus.LAPSED),
    },
)
MACHINES = (ALERT, STRIP, APPOINTMENT, OFFER)
