"""Every enum that is stored: values are never moved or renamed, only added to."""

from enum import StrEnum


class Role(StrEnum):
    PATIENT = "PATIENT"
    CLINICIAN = "CLINICIAN"
    COORDINATOR = "COORDINATOR"
    DEVICE = "DEVICE"
    ADMIN = "ADMIN"


class OrganisationKind(StrEnum):
    CLINIC = "CLINIC"
    INSURER = "INSURER"


class VitalKind(StrEnum):
    BLOOD_PRESSURE = "BLOOD_PRESSURE"
    HEART_RATE = "HEART_RATE"
    WEIGHT = "WEIGHT"
    OXYGEN_SATURATION = "OXYGEN_SATURATION"
    BODY_TEMPERATURE = "BODY_TEMPERATURE"
    STEPS = "STEPS"


class Measure(StrEnum):
    """One number of a reading, of which a trend can be made."""

    SYSTOLIC = "SYSTOLIC"
    DIASTOLIC = "DIASTOLIC"
    HEART_RATE = "HEART_RATE"
    WEIGHT = "WEIGHT"
    OXYGEN_SATURATION = "OXYGEN_SATURATION"
    BODY_TEMPERATURE = "BODY_TEMPERATURE"
    STEPS = "STEPS"


class ReadingSource(StrEnum):
    DEVICE = "DEVICE"
    MANUAL = "MANUAL"
    IMPORT = "IMPORT"
    CORRECTION = "CORRECTION"


class StripFormat(StrEnum):
    JSON = "JSON"
    CSV = "CSV"
    WFDB = "WFDB"


class StripStatus(StrEnum):
    UPLOADING = "UPLOADING"
    RECEIVED = "RECEIVED"
    ANALYSED = "ANALYSED"
    UNREADABLE = "UNREADABLE"


class AlertSeverity(StrEnum):
    EMERGENCY = "EMERGENCY"
    URGENT = "URGENT"
    REVIEW = "REVIEW"
    INFO = "INFO"


class AlertStatus(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


class EventKind(StrEnum):
    READINGS_RECORDED = "READINGS_RECORDED"
    STRIP_RECEIVED = "STRIP_RECEIVED"
    STRIP_ANALYSED = "STRIP_ANALYSED"
    STRIP_UNREADABLE = "STRIP_UNREADABLE"
    ALERT_RAISED = "ALERT_RAISED"
    ALERT_REPEATED = "ALERT_REPEATED"
    ALERT_ACKNOWLEDGED = "ALERT_ACKNOWLEDGED"


class WorkKind(StrEnum):
    """What a row of the outbox asks a worker to do."""

    ANALYSE_VITALS = "ANALYSE_VITALS"
    ANALYSE_STRIP = "ANALYSE_STRIP"
