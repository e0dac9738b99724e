"""The tables, one file per concept; Tortoise finds every model through this module."""

from domain.tables.alerts import Alert, AlertOccurrence
from domain.tables.appointments import Appointment, AppointmentChange, Availability, CalendarFeed
from domain.tables.device_tokens import DeviceToken
from domain.tables.findings import Finding
from domain.tables.journal import AuditEntry, Event
from domain.tables.outbox import OutboxItem
from domain.tables.people import Account, ActivationCode, ActivationTry, CareRelation, Organisation, Patient
from domain.tables.reanalyses import Reanalysis, ReanalysisPart
from domain.tables.strips import EcgStrip, StripReview
from domain.tables.vital_events import VitalEvent
from domain.tables.vital_limits import VitalLimit

__all__ = [
    "Account",
    "ActivationCode",
    "ActivationTry",
    "Alert",
    "AlertOccurrence",
    "Appointment",
    "AppointmentChange",
    "AuditEntry",
    "Availability",
    "CalendarFeed",
    "CareRelation",
    "DeviceToken",
    "EcgStrip",
    "Event",
    "Finding",
    "Organisation",
    "OutboxItem",
    "Patient",
    "Reanalysis",
    "ReanalysisPart",
    "StripReview",
    "VitalEvent",
    "VitalLimit",
]
