"""The stored enums under their GraphQL names."""

import strawberry

from domain import kinds

Role = strawberry.enum(kinds.Role, description="What an account may do.")
VitalKind = strawberry.enum(kinds.VitalKind, description="What was measured.")
Measure = strawberry.enum(kinds.Measure, description="One number of a reading, of which a trend can be made.")
ReadingSource = strawberry.enum(kinds.ReadingSource, description="Where a reading came from.")
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
