"""Limits of pulse, oxygen saturation, temperature and low blood pressure as data, told by docs/rules/vital-limits.md.

Rules of one topic share one open alert; the worst that holds is told.
"""

from dataclasses import dataclass, replace

from domain.kinds import AlertSeverity, Measure, VitalKind

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
# A reading that is received later, or was measured longer ago, rings no alarm of today.
LIVE_WITHIN_SECONDS = DAY
# A symptom counts from this score on, so long before or after the reading.
SYMPTOM_FROM = 1.0
SYMPTOM_WITHIN_SECONDS = 2 * HOUR
SHORT_OF_BREATH = frozenset({VitalKind.BREATHLESSNESS})
DANGER = frozenset({VitalKind.CHEST_PAIN, VitalKind.BREATHLESSNESS})
DIZZY = frozenset({VitalKind.DIZZINESS})
FIBRILLATION = frozenset({"ATRIAL_FIBRILLATION", "PAROXYSMAL_ATRIAL_FIBRILLATION", "PERSISTENT_ATRIAL_FIBRILLATION"})
LUNG_DISEASE = frozenset({"COPD", "HYPERCAPNIC_RESPIRATORY_FAILURE"})
AT_RISK_OF_INFECTION = frozenset({"PROSTHETIC_VALVE", "RECENT_DEVICE_IMPLANT", "IMMUNOSUPPRESSED"})


@dataclass(frozen=True)
class Persistence:
    """What has to be seen: so many readings, so long apart; or on so many days of some."""

    readings: int = 2
    apart_seconds: float = MINUTE
    within_seconds: float = DAY
    days: int = 1

    def words(self) -> str:
        """For the page of the rules."""
        if self.readings == 1:
            return "1 reading"
        if self.days > 1:
            return f"on {self.days} days of {self.within_seconds / DAY:g}"
        if self.within_seconds < HOUR:
            within = f"{self.within_seconds / MINUTE:g} min"
        else:
            within = f"{self.within_seconds / HOUR:g} h"
        return f"{self.readings} readings {self.apart_seconds / MINUTE:g} min apart within {within}"


@dataclass(frozen=True)
class LimitRule:
    """A limit that readings reach or cross; in `unit` (UCUM)."""

    id: str
    topic: str
    title: str
    measure: Measure
    unit: str
    is_high: bool
    limit: float
    severity: AlertSeverity
    persistence: Persistence
    source: str
    mark: str
    # Whether the limit itself counts.
    includes_limit: bool = True
    # With one of these it is `symptom_severity`; with `needs_symptom` it holds only with one.
    symptoms: frozenset[VitalKind] = frozenset()
    symptom_severity: AlertSeverity | None = None
    needs_symptom: bool = False
    # Only patients with one of these conditions, and none of the others.
    conditions: frozenset[str] = frozenset()
    but_conditions: frozenset[str] = frozenset()
    version: int = 1
    to_be_confirmed_by_a_clinician: bool = True

    def holds(self, value: float) -> bool:
        """Whether a value is at or beyond the limit."""
        # 100.4 [degF] is 38 Cel, not a little less.
        value = round(value, 6)
        if value == self.limit:
            return self.includes_limit
        return value > self.limit if self.is_high else value < self.limit


EMERGENCY, URGENT, REVIEW = AlertSeverity.EMERGENCY, AlertSeverity.URGENT, AlertSeverity.REVIEW
# Of these, one that nobody has taken closes when the readings of so many days are all back within; and what somebody
# resolved stays quiet for so long, unless it is worse.
MILD = frozenset({REVIEW, AlertSeverity.INFO})
CLOSES_AFTER_DAYS = 3
QUIET_DAYS = 7
_NEWS2 = "National Early Warning Score 2, Royal College of Physicians 2017"
_PULSE = Persistence(apart_seconds=5 * MINUTE)
_OXYGEN = Persistence(apart_seconds=MINUTE, within_seconds=HOUR)
_PRESSURE = Persistence(apart_seconds=MINUTE, within_seconds=30 * MINUTE)

_SLOW = LimitRule(
    "HR-LOW-1",
    "HR-LOW",
    "Very slow pulse at rest",
    Measure.RESTING_HEART_RATE,
    "/min",
    False,
    40,
    URGENT,
    _PULSE,
    f"{_NEWS2}: up to 40/min three points; the symptoms are our own",
    "[V]",
    symptoms=DANGER,
    symptom_severity=EMERGENCY,
)
_FAST = LimitRule(
    "HR-HIGH-1",
    "HR-HIGH",
    "Very fast pulse at rest",
    Measure.RESTING_HEART_RATE,
    "/min",
    True,
    131,
    URGENT,
    _PULSE,
    f"{_NEWS2}: from 131/min three points; the symptoms are our own",
    "[V]",
    symptoms=DANGER,
    symptom_severity=EMERGENCY,
)
_OXYGEN_LOW = LimitRule(
    "O2-1",
    "O2-LOW",
    "Low oxygen saturation",
    Measure.OXYGEN_SATURATION,
    "%",
    False,
    92,
    URGENT,
    _OXYGEN,
    "NHS England, oximetry at home: up to 92 % severe",
    "[V]",
    symptoms=SHORT_OF_BREATH,
    symptom_severity=EMERGENCY,
    but_conditions=LUNG_DISEASE,
)
_OXYGEN_LUNGS = replace(
    _OXYGEN_LOW,
    id="O2-COPD",
    topic="O2-COPD",
    title="Low oxygen saturation for a lung disease",
    limit=83,
    severity=EMERGENCY,
    source=f"{_NEWS2}, scale 2: target 88 to 92 %",
    symptoms=frozenset(),
    symptom_severity=None,
    conditions=LUNG_DISEASE,
    but_conditions=frozenset(),
)
_HOT = LimitRule(
    "T-HIGH",
    "T-HIGH",
    "High fever",
    Measure.BODY_TEMPERATURE,
    "Cel",
    True,
    39.1,
    URGENT,
    Persistence(readings=1),
    f"{_NEWS2}: from 39.1 Cel two points, from 38.1 one",
    "[V]",
)
_LOW = LimitRule(
    "BP-LOW-1",
    "BP-LOW",
    "Low blood pressure with dizziness",
    Measure.SYSTOLIC,
    "mm[Hg]",
    False,
    90,
    URGENT,
    _PRESSURE,
    f"{_NEWS2}: up to 90 mm[Hg] three points, up to 100 two; the symptoms are our own",
    "[V]",
    includes_limit=False,
    symptoms=DIZZY,
    needs_symptom=True,
)

# The worst first, topic by topic.
RULES: tuple[LimitRule, ...] = (
    _SLOW,
    replace(
        _SLOW,
        id="HR-LOW-2",
        title="Slow pulse at rest",
        limit=49,
        severity=REVIEW,
        source="American Heart Association: below 50/min",
        symptoms=frozenset(),
        symptom_severity=None,
    ),
    _FAST,
    replace(
        _FAST,
        id="HR-HIGH-2",
        title="Fast pulse at rest",
        limit=111,
        source=f"{_NEWS2}: from 111/min two points",
        symptoms=frozenset(),
        symptom_severity=None,
    ),
    replace(
        _FAST,
        id="HR-AF-RATE",
        title="Fast pulse at rest in atrial fibrillation",
        limit=110,
        severity=REVIEW,
        source="RACE II and ESC: lenient control of the rate is below 110/min",
        symptoms=frozenset(),
        symptom_severity=None,
        conditions=FIBRILLATION,
    ),
    replace(
        _FAST,
        id="HR-HIGH-3",
        title="Pulse at rest above 100 on several days",
        limit=101,
        severity=REVIEW,
        persistence=Persistence(within_seconds=3 * DAY, days=2),
        source="above 100/min is tachycardia",
        mark="[M]",
        symptoms=frozenset(),
        symptom_severity=None,
    ),
    _OXYGEN_LOW,
    replace(
        _OXYGEN_LOW,
        id="O2-2",
        title="Oxygen saturation below the usual",
        limit=94,
        severity=REVIEW,
        source="NHS England, oximetry at home: 93 to 94 %",
        symptoms=frozenset(),
        symptom_severity=None,
    ),
    _OXYGEN_LUNGS,
    replace(_OXYGEN_LUNGS, limit=85, severity=URGENT),
    replace(_OXYGEN_LUNGS, limit=87, severity=REVIEW),
    _HOT,
    replace(
        _HOT,
        title="Fever in a patient at risk of infection",
        limit=38.0,
        source="risk groups from memory, to be confirmed",
        mark="[M]",
        conditions=AT_RISK_OF_INFECTION,
    ),
    replace(_HOT, title="Fever", limit=38.1, severity=REVIEW),
    replace(
        _HOT,
        id="T-LOW",
        topic="T-LOW",
        title="Low body temperature",
        is_high=False,
        limit=35.0,
        persistence=Persistence(apart_seconds=5 * MINUTE, within_seconds=6 * HOUR),
        source=f"{_NEWS2}: up to 35.0 Cel three points",
    ),
    _LOW,
    replace(
        _LOW,
        id="BP-LOW-2",
        title="Low blood pressure",
        severity=REVIEW,
        symptoms=frozenset(),
        needs_symptom=False,
    ),
    replace(
        _LOW,
        id="BP-LOW-2",
        title="Blood pressure on the low side with dizziness",
        limit=100,
        includes_limit=True,
        severity=REVIEW,
    ),
)

OWN_PERSISTENCE = Persistence(within_seconds=2 * DAY)
OWN_VERSION = 1
# A day's steps come in parts, of which none tells whether the day was below a limit.
WITHOUT_OWN = frozenset({Measure.STEPS})


def own_rule(measure: Measure, unit: str, bound: float, *, is_high: bool) -> LimitRule:
    """The rule of a limit that a clinician has set for one patient."""
    name = measure.value.replace("_", " ").capitalize()
    side, words = ("HIGH", "above") if is_high else ("LOW", "below")
    return LimitRule(
        "OWN-LIMIT",
        f"OWN-{measure}-{side}",
        f"{name} {words} the patient's own limit",
        measure,
        unit,
        is_high,
        bound,
        REVIEW,
        OWN_PERSISTENCE,
        "set by a clinician of the care team",
        "own",
        includes_limit=False,
        version=OWN_VERSION,
        to_be_confirmed_by_a_clinician=False,
    )
