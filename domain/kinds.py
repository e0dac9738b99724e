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


class FindingKind(StrEnum):
    """What is unusual in a series."""

    POINT = "POINT"
    SHIFT = "SHIFT"
    RAMP = "RAMP"
    DRIFT = "DRIFT"
    VARIABILITY = "VARIABILITY"


class FindingDirection(StrEnum):
    """Which way."""

    UP = "UP"
    DOWN = "DOWN"


class VitalEventKind(StrEnum):
    """What may change a patient's vitals."""

    MEDICATION_CHANGE = "MEDICATION_CHANGE"


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
    EDF = "EDF"
    DICOM = "DICOM"
    ALIVECOR_ATC = "ALIVECOR_ATC"
    HL7_AECG = "HL7_AECG"


class StripStatus(StrEnum):
    UPLOADING = "UPLOADING"
    RECEIVED = "RECEIVED"
    ANALYSED = "ANALYSED"
    UNREADABLE = "UNREADABLE"
    IN_REVIEW = "IN_REVIEW"
    REVIEWED = "REVIEWED"
    AMENDED = "AMENDED"


class StripUsability(StrEnum):
    """What may be taken from a strip, from best to worst."""

    GOOD = "GOOD"
    USABLE_FOR_RHYTHM = "USABLE_FOR_RHYTHM"
    USABLE_FOR_RATE = "USABLE_FOR_RATE"
    UNUSABLE = "UNUSABLE"


class QualityReason(StrEnum):
    """What disturbs a strip."""

    FLAT_LINE = "FLAT_LINE"
    CLIPPED = "CLIPPED"
    BASELINE_WANDER = "BASELINE_WANDER"
    MAINS_HUM = "MAINS_HUM"
    MUSCLE_NOISE = "MUSCLE_NOISE"
    ELECTRODE_MOTION = "ELECTRODE_MOTION"
    UNLIKE_BEATS = "UNLIKE_BEATS"
    DOUBTFUL_BEATS = "DOUBTFUL_BEATS"
    NO_BEATS = "NO_BEATS"
    TOO_SHORT = "TOO_SHORT"


class BeatKind(StrEnum):
    """What a beat is beside the others of its strip; no diagnosis."""

    NORMAL_LIKE = "NORMAL_LIKE"
    WIDE_OR_EARLY = "WIDE_OR_EARLY"


class RhythmLabel(StrEnum):
    """What the analysis says of fibrillation; no diagnosis."""

    FIBRILLATION_SUSPECTED = "FIBRILLATION_SUSPECTED"
    NO_FIBRILLATION_FOUND = "NO_FIBRILLATION_FOUND"
    INCONCLUSIVE = "INCONCLUSIVE"


class RateFinding(StrEnum):
    """What the rate of a strip does."""

    BRADYCARDIA = "BRADYCARDIA"
    TACHYCARDIA = "TACHYCARDIA"
    PAUSE = "PAUSE"


class StripFinding(StrEnum):
    """What a clinician reads in a strip; its codes are in `domain.rules.strip_findings`."""

    SINUS_RHYTHM = "SINUS_RHYTHM"
    SINUS_BRADYCARDIA = "SINUS_BRADYCARDIA"
    SINUS_TACHYCARDIA = "SINUS_TACHYCARDIA"
    SINUS_ARRHYTHMIA = "SINUS_ARRHYTHMIA"
    ATRIAL_FIBRILLATION = "ATRIAL_FIBRILLATION"
    ATRIAL_FLUTTER = "ATRIAL_FLUTTER"
    SUPRAVENTRICULAR_ECTOPY = "SUPRAVENTRICULAR_ECTOPY"
    SUPRAVENTRICULAR_TACHYCARDIA = "SUPRAVENTRICULAR_TACHYCARDIA"
    VENTRICULAR_ECTOPY = "VENTRICULAR_ECTOPY"
    VENTRICULAR_TACHYCARDIA = "VENTRICULAR_TACHYCARDIA"
    FIRST_DEGREE_BLOCK = "FIRST_DEGREE_BLOCK"
    SECOND_DEGREE_BLOCK = "SECOND_DEGREE_BLOCK"
    COMPLETE_BLOCK = "COMPLETE_BLOCK"
    PACED_RHYTHM = "PACED_RHYTHM"
    LONG_QT = "LONG_QT"
    OTHER_ABNORMALITY = "OTHER_ABNORMALITY"
    NOT_INTERPRETABLE = "NOT_INTERPRETABLE"


class Agreement(StrEnum):
    """Whether a clinician's finding and the analysis say the same of fibrillation."""

    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    NOT_COMPARABLE = "NOT_COMPARABLE"


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


class AlertChange(StrEnum):
    """What happened to an alert; as an event it has the prefix ALERT_."""

    RAISED = "RAISED"
    REPEATED = "REPEATED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ASSIGNED = "ASSIGNED"
    SNOOZED = "SNOOZED"
    REOPENED = "REOPENED"
    ESCALATED = "ESCALATED"
    RESOLVED = "RESOLVED"


class AlertOutcome(StrEnum):
    """What came of an alert."""

    ACTED_ON = "ACTED_ON"
    NO_ACTION_NEEDED = "NO_ACTION_NEEDED"
    FALSE_ALARM = "FALSE_ALARM"
    CONDITION_ENDED = "CONDITION_ENDED"


class AlertAudience(StrEnum):
    """Whom a step of an escalation tells."""

    RESPONSIBLE = "RESPONSIBLE"
    CARE_TEAM = "CARE_TEAM"
    ON_CALL = "ON_CALL"
    COORDINATORS = "COORDINATORS"


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


class ActivityKind(StrEnum):
    """What a part of a therapy plan asks for."""

    MEDICATION = "MEDICATION"
    MEASUREMENT = "MEASUREMENT"
    EXERCISE = "EXERCISE"
    NUTRITION = "NUTRITION"
    EDUCATION = "EDUCATION"
    QUESTIONNAIRE = "QUESTIONNAIRE"


class ExerciseKind(StrEnum):
    WALKING = "WALKING"
    CYCLING = "CYCLING"
    SWIMMING = "SWIMMING"
    STRENGTH = "STRENGTH"
    STRETCHING = "STRETCHING"
    BREATHING = "BREATHING"


class FoodRule(StrEnum):
    """Whether a medicine is taken with a meal."""

    WITH_FOOD = "WITH_FOOD"
    WITHOUT_FOOD = "WITHOUT_FOOD"


class TaskOutcome(StrEnum):
    """What became of a task."""

    TAKEN = "TAKEN"
    DONE = "DONE"
    SKIPPED = "SKIPPED"


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


class EventKind(StrEnum):
    READINGS_RECORDED = "READINGS_RECORDED"
    STRIP_RECEIVED = "STRIP_RECEIVED"
    STRIP_ANALYSED = "STRIP_ANALYSED"
    STRIP_UNREADABLE = "STRIP_UNREADABLE"
    STRIP_IN_REVIEW = "STRIP_IN_REVIEW"
    STRIP_REVIEWED = "STRIP_REVIEWED"
    STRIP_AMENDED = "STRIP_AMENDED"
    ALERT_RAISED = "ALERT_RAISED"
    ALERT_REPEATED = "ALERT_REPEATED"
    ALERT_ACKNOWLEDGED = "ALERT_ACKNOWLEDGED"
    ALERT_ASSIGNED = "ALERT_ASSIGNED"
    ALERT_SNOOZED = "ALERT_SNOOZED"
    ALERT_REOPENED = "ALERT_REOPENED"
    ALERT_ESCALATED = "ALERT_ESCALATED"
    ALERT_RESOLVED = "ALERT_RESOLVED"
    VITAL_LIMITS_SET = "VITAL_LIMITS_SET"
    DEVICE_TOKEN_CREATED = "DEVICE_TOKEN_CREATED"  # noqa: S105 - a word, no secret
    DEVICE_TOKEN_REVOKED = "DEVICE_TOKEN_REVOKED"  # noqa: S105 - a word, no secret
    MEDICATION_CHANGED = "MEDICATION_CHANGED"
    APPOINTMENT_BOOKED = "APPOINTMENT_BOOKED"
    APPOINTMENT_RESCHEDULED = "APPOINTMENT_RESCHEDULED"
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    APPOINTMENT_STATUS_CHANGED = "APPOINTMENT_STATUS_CHANGED"
    PATIENT_CHECKED_IN = "PATIENT_CHECKED_IN"
    CALL_CHANGED = "CALL_CHANGED"
    WAITING_LIST_CHANGED = "WAITING_LIST_CHANGED"
    SLOT_OFFERED = "SLOT_OFFERED"
    OFFER_LAPSED = "OFFER_LAPSED"
    VISIT_NOTE_WRITTEN = "VISIT_NOTE_WRITTEN"
    CARE_TEAM_CHANGED = "CARE_TEAM_CHANGED"
    THERAPY_PLAN_STARTED = "THERAPY_PLAN_STARTED"
    THERAPY_PLAN_STOPPED = "THERAPY_PLAN_STOPPED"
    ACTIVITY_SET = "ACTIVITY_SET"
    ACTIVITY_STOPPED = "ACTIVITY_STOPPED"
    TASK_CHANGED = "TASK_CHANGED"


class WorkKind(StrEnum):
    """What a row of the outbox asks a worker to do."""

    ANALYSE_VITALS = "ANALYSE_VITALS"
    ANALYSE_STRIP = "ANALYSE_STRIP"
    FORGET_STRIP_ORIGINAL = "FORGET_STRIP_ORIGINAL"
    REANALYSE_VITALS = "REANALYSE_VITALS"
