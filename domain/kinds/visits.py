"""How patients and clinicians meet."""

from enum import StrEnum


class AppointmentKind(StrEnum):
    """How patient and clinician meet."""

    VIDEO = "VIDEO"
    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"


class AppointmentStatus(StrEnum):
    BOOKED = "BOOKED"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    OFFERED = "OFFERED"
    LAPSED = "LAPSED"


class WishStatus(StrEnum):
    """What became of a wish on the waiting list."""

    WAITING = "WAITING"
    BOOKED = "BOOKED"
    WITHDRAWN = "WITHDRAWN"


class VisitOutcome(StrEnum):
    """What a visit led to."""

    NO_CHANGE = "NO_CHANGE"
    THERAPY_CHANGED = "THERAPY_CHANGED"
    FOLLOW_UP = "FOLLOW_UP"
    REFERRED = "REFERRED"
    ADMITTED = "ADMITTED"


class Weekday(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class AbsenceKind(StrEnum):
    """Why a clinician takes no appointments though it is their hour."""

    HOLIDAY = "HOLIDAY"
    SICK = "SICK"
