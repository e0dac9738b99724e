"""The stored enums under their GraphQL names."""

from collections.abc import Mapping
from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from domain import kinds
from domain.rules.codes import CODES, MEASURE_CODES, Coding
from domain.rules.strip_findings import FINDINGS


def coded_enum(cls: type[Enum], description: str, codes: Mapping[str, Coding]) -> type[Enum]:
    """The enum with each value described by its name, LOINC code and UCUM unit."""
    made = strawberry.enum(cls, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        coding = codes[value.name]
        codes_of_it = [f"LOINC {coding.loinc}"] if coding.loinc else []
        codes_of_it += [f"SNOMED CT {coding.snomed}"] if coding.snomed else []
        value.description = f"{coding.display}: {', '.join([*codes_of_it, f'in {coding.ucum}'])}."
    return made


Role = strawberry.enum(kinds.Role, description="What an account may do.")
VitalKind = coded_enum(kinds.VitalKind, "What was measured.", CODES)
Measure = coded_enum(kinds.Measure, "One number of a reading, of which a trend can be made.", MEASURE_CODES)
ReadingSource = strawberry.enum(kinds.ReadingSource, description="Where a reading came from.")
ReadingSetting = strawberry.enum(kinds.ReadingSetting, description="Where a reading was taken.")
Arm = strawberry.enum(kinds.Arm, description="Where the cuff was.")
BodyPosition = strawberry.enum(kinds.BodyPosition, description="How the patient was.")
StripFormat = strawberry.enum(
    kinds.StripFormat,
    description="How the bytes of a strip are said to be written; they are read by what they are. JSON"
    " {sampleRateHertz, unit, leads}, CSV a table or an Apple Watch export, WFDB one ZIP archive with the record's .hea"
    " and .dat.",
)
StripStatus = strawberry.enum(
    kinds.StripStatus,
    description="UPLOADING until the bytes are confirmed, RECEIVED until a worker has read them; then ANALYSED or"
    " UNREADABLE; IN_REVIEW while a clinician looks at it, REVIEWED, and AMENDED when it was read again.",
)
StripUsability = strawberry.enum(kinds.StripUsability, description="What may be taken from a strip, best to worst.")
QualityReason = strawberry.enum(kinds.QualityReason, description="What disturbs a strip.")
BeatKind = strawberry.enum(kinds.BeatKind, description="What a beat is beside the others of its strip; no diagnosis.")
RhythmLabel = strawberry.enum(kinds.RhythmLabel, description="What the analysis says of fibrillation; no diagnosis.")
RateFinding = strawberry.enum(
    kinds.RateFinding, description="BRADYCARDIA below 50/min, TACHYCARDIA above 100/min, PAUSE of 2 s or more."
)
StripFinding = strawberry.enum(kinds.StripFinding, description="What a clinician reads in a strip.")
for _value in StripFinding.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _code = FINDINGS[kinds.StripFinding(_value.name)]
    _value.description = f"{_code.display}{f': SNOMED CT {_code.snomed}' if _code.snomed else ''}."
Agreement = strawberry.enum(
    kinds.Agreement,
    description="Whether clinician and analysis say the same of fibrillation, where both say something of it.",
)
AlertSeverity = strawberry.enum(
    kinds.AlertSeverity,
    description="EMERGENCY at once, URGENT the same day, REVIEW within three working days, INFO for the chart.",
)
AlertStatus = strawberry.enum(kinds.AlertStatus, description="How far an alert has been handled.")
AlertChange = strawberry.enum(
    kinds.AlertChange,
    description="RAISED, REPEATED at another reading; ACKNOWLEDGED, ASSIGNED, SNOOZED and RESOLVED by somebody;"
    " REOPENED when a snooze ends, it became worse, or it went on long after somebody took it; ESCALATED when nobody"
    " does.",
)
AlertOutcome = strawberry.enum(
    kinds.AlertOutcome,
    description="ACTED_ON, NO_ACTION_NEEDED, FALSE_ALARM when the measurement was wrong, CONDITION_ENDED when what was"
    " found went away.",
)
AlertAudience = strawberry.enum(
    kinds.AlertAudience,
    description="RESPONSIBLE the assignee, or who cares for the patient longest; the CARE_TEAM; who is ON_CALL; the"
    " clinic's COORDINATORS where nobody else is there.",
)
EventKind = strawberry.enum(kinds.EventKind, description="What happened to a patient, as feeds tell it.")
AnomalyKind = strawberry.enum(
    kinds.FindingKind,
    name="AnomalyKind",
    description="POINT one reading that does not fit, SHIFT a step, RAMP a change within days, DRIFT one within weeks,"
    " VARIABILITY more scatter than usual.",
)
AnomalyDirection = strawberry.enum(kinds.FindingDirection, name="AnomalyDirection", description="Which way it goes.")
AppointmentKind = strawberry.enum(kinds.AppointmentKind, description="How patient and clinician meet.")
AppointmentStatus = strawberry.enum(
    kinds.AppointmentStatus,
    description="BOOKED, CONFIRMED by either side, CHECKED_IN as the patient waits, IN_PROGRESS, COMPLETED; CANCELLED,"
    " or NO_SHOW when the patient did not come. OFFERED and LAPSED are of slots on the waiting list, which are told as"
    " offers.",
)
WishStatus = strawberry.enum(
    kinds.WishStatus, description="WAITING, BOOKED once an offer was accepted, WITHDRAWN by the patient or the clinic."
)
VisitOutcome = strawberry.enum(kinds.VisitOutcome, description="What a visit led to.")
Weekday = strawberry.enum(kinds.Weekday, description="A day of the week.")
AbsenceKind = strawberry.enum(
    kinds.AbsenceKind, description="Why a clinician takes no appointments though it is their hour."
)
ActivityKind = strawberry.enum(kinds.ActivityKind, description="What a part of a therapy plan asks for.")
ExerciseKind = strawberry.enum(kinds.ExerciseKind, description="How the patient moves.")
FoodRule = strawberry.enum(kinds.FoodRule, description="Whether a medicine is taken with a meal.")
TaskOutcome = strawberry.enum(
    kinds.TaskOutcome, description="What became of a task: medicines are TAKEN, all else is DONE; SKIPPED on purpose."
)
ReminderKind = strawberry.enum(kinds.ReminderKind, description="What somebody is told.")
Channel = strawberry.enum(
    kinds.Channel, description="By what somebody is reached: WEBHOOK a gateway to SMS or to an app's own push."
)
TryOutcome = strawberry.enum(
    kinds.TryOutcome,
    description="SENT; REFUSED for good; PUT_OFF until another try; LOST where its worker ended before it was known.",
)
