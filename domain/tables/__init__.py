"""The tables, one file per concept; Tortoise finds every model through this module."""

from domain.tables.alerts import (
    Alert,
    AlertChanged,
    AlertEscalation,
    AlertNotice,
    AlertOccurrence,
    OnCallShift,
    RuleOverride,
)
from domain.tables.appointments import (
    Appointment,
    AppointmentChange,
    Availability,
    CalendarFeed,
    CallPresence,
    VisitNote,
    WaitingWish,
)
from domain.tables.device_tokens import DeviceToken
from domain.tables.findings import Finding
from domain.tables.journal import AuditEntry, Event
from domain.tables.outbox import OutboxItem
from domain.tables.people import Account, ActivationCode, ActivationTry, CareRelation, Organisation, Patient
from domain.tables.reanalyses import Reanalysis, ReanalysisPart
from domain.tables.strips import EcgStrip, StripReview
from domain.tables.therapy import Activity, ActivitySchedule, QuestionnaireAnswer, TherapyPlan
from domain.tables.vital_events import VitalEvent
from domain.tables.vital_limits import VitalLimit
from domain.tables.worklist import MedicationLapse

__all__ = [
    "Account",
    "ActivationCode",
    "ActivationTry",
    "Activity",
    "ActivitySchedule",
    "Alert",
    "AlertChanged",
    "AlertEscalation",
    "AlertNotice",
    "AlertOccurrence",
    "Appointment",
    "AppointmentChange",
    "AuditEntry",
    "Availability",
    "CalendarFeed",
    "CallPresence",
    "CareRelation",
    "DeviceToken",
    "EcgStrip",
    "Event",
    "Finding",
    "MedicationLapse",
    "OnCallShift",
    "Organisation",
    "OutboxItem",
    "Patient",
    "QuestionnaireAnswer",
    "Reanalysis",
    "ReanalysisPart",
    "RuleOverride",
    "StripReview",
    "TherapyPlan",
    "VisitNote",
    "VitalEvent",
    "VitalLimit",
    "WaitingWish",
]
