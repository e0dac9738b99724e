"""NO-DATA: a patient who measured regularly has fallen silent."""

from dataclasses import dataclass

from domain.kinds import AlertSeverity


@dataclass(frozen=True)
class NoDataRule:
    """The rule as data."""

    id: str = "NO-DATA"
    version: int = 1
    title: str = "No measurements for several days"
    severity: AlertSeverity = AlertSeverity.REVIEW
    silent_days: int = 7
    # Who measured on fewer days in the two weeks before the last reading was not regular.
    least_days_before: int = 4
    days_before: int = 14
    # Older silences are history, such as those of an import.
    told_within_days: int = 14
    source: str = "our own"
    mark: str = "own"


NO_DATA = NoDataRule()
