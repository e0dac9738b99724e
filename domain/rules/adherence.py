"""ADH-PDC: medicines that are not taken as planned."""

from dataclasses import dataclass

from domain.kinds import AlertSeverity


@dataclass(frozen=True)
class AdherenceRule:
    """The rule as data: the proportion of days covered in the last `days`, held against the `days_before` them."""

    id: str
    version: int
    days: int
    days_before: int
    days_at_least: int
    review_below: float
    # Below that it is an alert, which stays quiet so many days after somebody has dealt with it.
    alert_below: float
    quiet_days: int
    # So much less than in the days before is told as a fall.
    fall_at_least: float
    severity: AlertSeverity
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


ADHERENCE = AdherenceRule(
    id="ADH-PDC",
    version=1,
    days=14,
    days_before=28,
    days_at_least=7,
    review_below=0.80,
    alert_below=0.50,
    quiet_days=14,
    fall_at_least=0.15,
    severity=AlertSeverity.REVIEW,
    source="Pharmacy Quality Alliance (PQA), proportion of days covered, 80 %; days, 50 % and fall are our own",
    mark="[V]",
    to_be_confirmed_by_a_clinician=True,
)

TITLE = "Medicines rarely taken"


def sentence(covered: int, days: int, covered_before: int, days_before: int) -> str:
    """What the rule found, for the worklist and the alert."""
    said = f"All medicines were booked as taken on {covered} of {days} days"
    fell = days_before and covered_before / days_before - covered / days >= ADHERENCE.fall_at_least
    return f"{said}, before that on {covered_before} of {days_before}." if fell else f"{said}."
