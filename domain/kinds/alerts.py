"""What alerts are and what becomes of them."""

from enum import StrEnum


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
