"""What is measured at home, how and where, and what is found in it."""

from enum import StrEnum


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
