"""What ECG strips are and what is said of them."""

from enum import StrEnum


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
