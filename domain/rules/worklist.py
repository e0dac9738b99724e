"""WORKLIST: in which order a clinic looks at its patients, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.kinds import AlertSeverity, AlertStatus, FindingDirection, FindingKind, Measure
from domain.rules.vital_changes import CHANGES

_EMERGENCY, _URGENT, _REVIEW, _INFO = AlertSeverity


@dataclass(frozen=True)
class WorklistRule:
    """The rule as data: places from 0 on; of two patients in the same place comes first who has waited longer."""

    # Who is being seen to comes after who is not; what is snoozed presses nobody.
    alert_places: Mapping[tuple[AlertSeverity, AlertStatus], int]
    # What lasts in a patient's vitals, goes the wrong way and stands in no alert.
    worsening_place: int
    worsening_days: int
    worsening_kinds: frozenset[FindingKind]
    worse: Mapping[Measure, FindingDirection]
    # Medicines that are not taken as planned (ADH-PDC).
    lapse_place: int
    silence_place: int
    silent_days: int
    # Of patients without any reason to look.
    last_place: int
    # How soon someone should look, by place.
    urgencies: Mapping[int, AlertSeverity]
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


_UP, _DOWN = FindingDirection.UP, FindingDirection.DOWN
WORKLIST = WorklistRule(
    alert_places={
        (_EMERGENCY, AlertStatus.OPEN): 0,
        (_EMERGENCY, AlertStatus.ACKNOWLEDGED): 1,
        (_URGENT, AlertStatus.OPEN): 2,
        (_URGENT, AlertStatus.ACKNOWLEDGED): 3,
        (_REVIEW, AlertStatus.OPEN): 4,
        (_REVIEW, AlertStatus.ACKNOWLEDGED): 6,
        (_INFO, AlertStatus.OPEN): 8,
        (_INFO, AlertStatus.ACKNOWLEDGED): 8,
        **{(severity, AlertStatus.SNOOZED): 8 for severity in AlertSeverity},
    },
    worsening_place=5,
    worsening_days=14,
    worsening_kinds=CHANGES.kinds - {FindingKind.VARIABILITY},
    worse={
        Measure.SYSTOLIC: _UP,
        Measure.DIASTOLIC: _UP,
        Measure.HEART_RATE: _UP,
        Measure.RESTING_HEART_RATE: _UP,
        Measure.WEIGHT: _UP,
        Measure.OXYGEN_SATURATION: _DOWN,
        Measure.BODY_TEMPERATURE: _UP,
        Measure.RESPIRATORY_RATE: _UP,
        Measure.BREATHLESSNESS: _UP,
        Measure.CHEST_PAIN: _UP,
        Measure.DIZZINESS: _UP,
        Measure.SWELLING: _UP,
    },
    lapse_place=7,
    silence_place=8,
    silent_days=3,
    last_place=9,
    urgencies={
        **dict.fromkeys((0, 1), _EMERGENCY),
        **dict.fromkeys((2, 3), _URGENT),
        **dict.fromkeys((4, 5, 6, 7), _REVIEW),
        8: _INFO,
    },
    source="our own",
    mark="own",
    to_be_confirmed_by_a_clinician=True,
)


def silence(days: int | None) -> str:
    """How long nothing was measured; without days, never."""
    return "Nothing has been measured yet." if days is None else f"Nothing has been measured for {days} days."
