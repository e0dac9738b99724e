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
    RESTING_HEART_RATE = "RESTING_HEART_RATE"
    RESPIRATORY_RATE = "RESPIRATORY_RATE"
    HEART_RATE_VARIABILITY_RMSSD = "HEART_RATE_VARIABILITY_RMSSD"
    HEART_RATE_VARIABILITY_SDNN = "HEART_RATE_VARIABILITY_SDNN"
    SLEEP_DURATION = "SLEEP_DURATION"
    BREATHLESSNESS = "BREATHLESSNESS"
    CHEST_PAIN = "CHEST_PAIN"
    DIZZINESS = "DIZZINESS"
    SWELLING = "SWELLING"


class Measure(StrEnum):
    """One number of a reading, of which a trend can be made."""

    SYSTOLIC = "SYSTOLIC"
    DIASTOLIC = "DIASTOLIC"
    HEART_RATE = "HEART_RATE"
    WEIGHT = "WEIGHT"
    OXYGEN_SATURATION = "OXYGEN_SATURATION"
    BODY_TEMPERATURE = "BODY_TEMPERATURE"
    STEPS = "STEPS"
    RESTING_HEART_RATE = "RESTING_HEART_RATE"
    RESPIRATORY_RATE = "RESPIRATORY_RATE"
    HEART_RATE_VARIABILITY_RMSSD = "HEART_RATE_VARIABILITY_RMSSD"
    HEART_RATE_VARIABILITY_SDNN = "HEART_RATE_VARIABILITY_SDNN"
    SLEEP_DURATION = "SLEEP_DURATION"
    BREATHLESSNESS = "BREATHLESSNESS"
    CHEST_PAIN = "CHEST_PAIN"
    DIZZINESS = "DIZZINESS"
    SWELLING = "SWELLING"


class ReadingSource(StrEnum):
    DEVICE = "DEVICE"
    MANUAL = "MANUAL"
    IMPORT = "IMPORT"
    CORRECTION = "CORRECTION"


class BloodPressureScheme(StrEnum):
    """By which guideline a clinic puts blood pressures into classes."""

    ESC_2024 = "ESC_2024"
    ESH_2023 = "ESH_2023"


class ReadingSetting(StrEnum):
    """Where a reading was taken: guidelines have other limits for the clinic's cuff than for the one at home."""

    HOME = "HOME"
    OFFICE = "OFFICE"


class Arm(StrEnum):
    LEFT = "LEFT"
    RIGHT = "RIGHT"


class BodyPosition(StrEnum):
    SITTING = "SITTING"
    STANDING = "STANDING"
    LYING = "LYING"


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
    VITAL_LIMITS_SET = "VITAL_LIMITS_SET"
    DEVICE_TOKEN_CREATED = "DEVICE_TOKEN_CREATED"  # noqa: S105 - a word, no secret
    DEVICE_TOKEN_REVOKED = "DEVICE_TOKEN_REVOKED"  # noqa: S105 - a word, no secret


class WorkKind(StrEnum):
    """What a row of the outbox asks a worker to do."""

    ANALYSE_VITALS = "ANALYSE_VITALS"
    ANALYSE_STRIP = "ANALYSE_STRIP"
