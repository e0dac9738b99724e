"""What the analysis found in a patient's vitals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import strawberry

from domain import finding_words
from domain.kinds import FindingDirection, FindingKind, Measure


@strawberry.type(description="Something unusual in one measure of a patient, by the patient's own usual values.")
class Anomaly:
    id: strawberry.ID = strawberry.field(description="The anomaly's id; the same when it is computed again.")
    measure: Measure = strawberry.field(description="What was measured.")
    unit: str = strawberry.field(description="UCUM unit of every number here.")
    kind: FindingKind = strawberry.field(description="What is unusual.")
    direction: FindingDirection = strawberry.field(description="Which way.")
    observed_at: datetime = strawberry.field(description="When the reading was measured that showed it, in UTC.")
    onset_at: datetime = strawberry.field(description="When it seems to have begun, in UTC.")
    observed: float = strawberry.field(
        description="The reading; the mean of the last days; or, for VARIABILITY, the standard deviation."
    )
    expected_low: float = strawberry.field(description="Lower end of the 95 % range of what was expected there.")
    expected_high: float = strawberry.field(description="Upper end of that range.")
    is_explained: bool = strawberry.field(description="Whether a change of medication accounts for it.")
    explanation: str = strawberry.field(description="All of it in one sentence, in the patient's language.")
    method: str = strawberry.field(description="How it was found.")
    version: str = strawberry.field(description="Version of the method, its parameters and thresholds.")


def anomaly_of(row: Mapping[str, Any], locale: str, time_zone: str) -> Anomaly:
    """The GraphQL type of a row of `finding`."""
    explanation = orjson.loads(row["explanation"])
    return Anomaly(
        id=strawberry.ID(str(row["id"])),
        measure=Measure(row["measure"]),
        unit=explanation["unit"],
        kind=FindingKind(row["kind"]),
        direction=FindingDirection(row["direction"]),
        observed_at=row["raised_at"],
        onset_at=row["onset_at"],
        observed=row["observed"],
        expected_low=row["expected_low"],
        expected_high=row["expected_high"],
        is_explained=row["is_explained"],
        explanation=finding_words.sentence(row, explanation, finding_words.words_of(locale), ZoneInfo(time_zone)),
        method=row["method"],
        version=row["version"],
    )
