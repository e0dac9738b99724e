"""The stored enums under their GraphQL names."""

from collections.abc import Mapping
from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from domain import kinds
from domain.rules.codes import CODES, MEASURE_CODES, Coding


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
    description="How the bytes of a strip are written: JSON {sampleRateHertz, unit, leads}, CSV an Apple Watch"
    " export, WFDB one ZIP archive with the record's .hea and .dat.",
)
StripStatus = strawberry.enum(
    kinds.StripStatus,
    description="UPLOADING until the bytes are confirmed, RECEIVED until a worker has read them.",
)
AlertSeverity = strawberry.enum(
    kinds.AlertSeverity,
    description="EMERGENCY at once, URGENT the same day, REVIEW within three working days, INFO for the chart.",
)
AlertStatus = strawberry.enum(kinds.AlertStatus, description="How far an alert has been handled.")
