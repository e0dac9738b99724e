"""How people are told, by what, and how it ended."""

from enum import StrEnum


class ReminderKind(StrEnum):
    """What somebody is told."""

    APPOINTMENT = "APPOINTMENT"
    APPOINTMENT_OFFER = "APPOINTMENT_OFFER"
    MEDICATION = "MEDICATION"
    MEASUREMENT = "MEASUREMENT"
    EXERCISE = "EXERCISE"
    NUTRITION = "NUTRITION"
    EDUCATION = "EDUCATION"
    QUESTIONNAIRE = "QUESTIONNAIRE"
    MISSED_TASK = "MISSED_TASK"
    ALERT = "ALERT"
    CONFIRM_ADDRESS = "CONFIRM_ADDRESS"


class ReminderAudience(StrEnum):
    """Who is told: the care team is that of the moment at which a reminder goes out."""

    PATIENT = "PATIENT"
    CARE_TEAM = "CARE_TEAM"
    ACCOUNT = "ACCOUNT"


class ReminderStatus(StrEnum):
    PLANNED = "PLANNED"
    HANDED_OVER = "HANDED_OVER"
    UNADDRESSED = "UNADDRESSED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class SendStatus(StrEnum):
    """How far a reminder is on its way to one contact point."""

    WAITING = "WAITING"
    SENT = "SENT"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"


class TryOutcome(StrEnum):
    """How one try to send ended; LOST when its worker ended before it was known."""

    SENT = "SENT"
    REFUSED = "REFUSED"
    PUT_OFF = "PUT_OFF"
    LOST = "LOST"


class Channel(StrEnum):
    """By what somebody is reached."""

    EMAIL = "EMAIL"
    WEB_PUSH = "WEB_PUSH"
    WEBHOOK = "WEBHOOK"
