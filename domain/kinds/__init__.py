"""Every enum that is stored: values are never moved or renamed, only added to."""

from domain.kinds.alerts import AlertAudience, AlertChange, AlertOutcome, AlertSeverity, AlertStatus
from domain.kinds.journal import EventKind, WorkKind
from domain.kinds.people import OrganisationKind, Role
from domain.kinds.reminders import Channel, ReminderAudience, ReminderKind, ReminderStatus, SendStatus, TryOutcome
from domain.kinds.strips import (
    Agreement,
    BeatKind,
    QualityReason,
    RateFinding,
    RhythmLabel,
    StripFinding,
    StripFormat,
    StripStatus,
    StripUsability,
)
from domain.kinds.therapy import ActivityKind, ExerciseKind, FoodRule, TaskOutcome
from domain.kinds.visits import AbsenceKind, AppointmentKind, AppointmentStatus, VisitOutcome, Weekday, WishStatus
from domain.kinds.vitals import (
    Arm,
    BloodPressureScheme,
    BodyPosition,
    FindingDirection,
    FindingKind,
    Measure,
    ReadingSetting,
    ReadingSource,
    VitalEventKind,
    VitalKind,
)

__all__ = [
    "AbsenceKind",
    "ActivityKind",
    "Agreement",
    "AlertAudience",
    "AlertChange",
    "AlertOutcome",
    "AlertSeverity",
    "AlertStatus",
    "AppointmentKind",
    "AppointmentStatus",
    "Arm",
    "BeatKind",
    "BloodPressureScheme",
    "BodyPosition",
    "Channel",
    "EventKind",
    "ExerciseKind",
    "FindingDirection",
    "FindingKind",
    "FoodRule",
    "Measure",
    "OrganisationKind",
    "QualityReason",
    "RateFinding",
    "ReadingSetting",
    "ReadingSource",
    "ReminderAudience",
    "ReminderKind",
    "ReminderStatus",
    "RhythmLabel",
    "Role",
    "SendStatus",
    "StripFinding",
    "StripFormat",
    "StripStatus",
    "StripUsability",
    "TaskOutcome",
    "TryOutcome",
    "VisitOutcome",
    "VitalEventKind",
    "VitalKind",
    "Weekday",
    "WishStatus",
    "WorkKind",
]
