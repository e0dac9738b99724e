"""Whether a patient's readings reach the limits: clinic's rules first, and the patient's own limits in their place."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from domain.kinds import AlertSeverity, Measure, ReadingSource, VitalKind
from domain.rules.codes import MEASURE_CODES
from domain.rules.limit_rules import (
    CLOSES_AFTER_DAYS,
    LIVE_WITHIN_SECONDS,
    RULES,
    SYMPTOM_FROM,
    SYMPTOM_WITHIN_SECONDS,
    WITHOUT_OWN,
    LimitRule,
    own_rule,
)
from domain.rules.overrides import Override, adjusted

LIVE_SOURCES = frozenset({ReadingSource.DEVICE, ReadingSource.MANUAL})


@dataclass(frozen=True)
class Sample:
    """What the rules need of a reading: one number in the measure's canonical unit."""

    id: UUID
    at: datetime
    received_at: datetime
    # On the patient's wall clock.
    day: date
    value: float
    source: str

    def is_live(self, now: datetime) -> bool:
        """Whether it may ring today: neither imported, nor corrected, nor late."""
        late = (max(self.received_at, now) - self.at).total_seconds() > LIVE_WITHIN_SECONDS
        return self.source in LIVE_SOURCES and not late

    def was_live(self) -> bool:
        """Whether it could ring when it came."""
        late = (self.received_at - self.at).total_seconds() > LIVE_WITHIN_SECONDS
        return self.source in LIVE_SOURCES and not late


@dataclass(frozen=True)
class Symptom:
    """What a patient has told of how they feel."""

    kind: VitalKind
    sample: Sample


@dataclass(frozen=True)
class Seen:
    """What the rules are held to."""

    samples: Mapping[Measure, Sequence[Sample]]
    symptoms: Sequence[Symptom]
    conditions: Collection[str]
    # A patient's own limits by measure and whether it is the upper one.
    own: Mapping[tuple[Measure, bool], float]
    # What is set of rules for this patient.
    overrides: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Crossed:
    """A limit that was crossed, by which readings, oldest first, and what the patient felt."""

    rule: LimitRule
    severity: AlertSeverity
    samples: Sequence[Sample]
    symptoms: Sequence[str]

    def sentence(self) -> str:
        """What was seen and which limit it crossed."""
        rule = self.rule
        shown = " and ".join(
            f"{one.value:.4g} {rule.unit} at {one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for one in self.samples
        )
        side = ("at or above" if rule.is_high else "at or below") if rule.includes_limit else None
        side = side or ("above" if rule.is_high else "below")
        felt = f" Symptoms: {', '.join(self.symptoms)}." if self.symptoms else ""
        name = MEASURE_CODES[rule.measure].display
        return f"{name}: {shown}; {side} {rule.limit:g} {rule.unit} ({rule.persistence.words()}).{felt}"


def told_symptoms(
    symptoms: Sequence[Symptom], wanted: Collection[VitalKind], at: datetime, now: datetime
) -> Sequence[str]:
    """Names of the symptoms that a patient felt around a moment."""
    felt = {
        one.kind.value.replace("_", " ").lower()
        for one in symptoms
        if one.kind in wanted
        and one.sample.value >= SYMPTOM_FROM
        and one.sample.is_live(now)
        and abs((one.sample.at - at).total_seconds()) <= SYMPTOM_WITHIN_SECONDS
    }
    return sorted(felt)


def _latest(rule: LimitRule, beyond: Sequence[Sample], now: datetime) -> Sequence[Sample] | None:
    """The latest readings that fulfil what has to be seen, of which the last may still ring."""
    needed = rule.persistence
    for place in range(len(beyond) - 1, -1, -1):
        last = beyond[place]
        if not last.is_live(now):
            continue
        chosen = [last]
        for one in reversed(beyond[:place]):
            if len(chosen) == needed.readings or (last.at - one.at).total_seconds() > needed.within_seconds:
                break
            is_apart = (chosen[-1].at - one.at).total_seconds() >= needed.apart_seconds
            if is_apart and (needed.days == 1 or one.day != last.day):
                chosen.append(one)
        if len(chosen) == needed.readings:
            return chosen[::-1]
    return None


def _holds(rule: LimitRule, seen: Seen, now: datetime) -> Crossed | None:
    conditions = frozenset(seen.conditions)
    if (rule.conditions and not rule.conditions & conditions) or rule.but_conditions & conditions:
        return None
    bound = seen.own.get((rule.measure, rule.is_high)) if rule.id != "OWN-LIMIT" else None
    ordered = sorted(seen.samples.get(rule.measure, ()), key=lambda one: (one.at, one.id))
    beyond = [one for one in ordered if one.was_live() and rule.holds(one.value)]
    found = _latest(rule, beyond, now)
    if found is None:
        return None
    felt = told_symptoms(seen.symptoms, rule.symptoms, found[-1].at, now)
    severity = rule.symptom_severity if felt and rule.symptom_severity else rule.severity
    if rule.needs_symptom and not felt:
        return None
    if bound is not None and severity is not AlertSeverity.EMERGENCY:
        # What the patient's clinician allows rings nobody, but for an emergency.
        found = _latest(
            rule, [one for one in beyond if (one.value > bound if rule.is_high else one.value < bound)], now
        )
        if found is None:
            return None
        felt = told_symptoms(seen.symptoms, rule.symptoms, found[-1].at, now)
    return Crossed(rule, severity, found, felt)


def _own_rules(seen: Seen) -> Iterator[LimitRule]:
    for (measure, is_high), bound in seen.own.items():
        if measure not in WITHOUT_OWN:
            yield own_rule(measure, MEASURE_CODES[measure].ucum, bound, is_high=is_high)


def _rules(seen: Seen) -> Iterator[LimitRule]:
    yield from adjusted(RULES, seen.overrides)
    yield from _own_rules(seen)


def crossed(seen: Seen, now: datetime) -> Sequence[Crossed]:
    """Every limit that is crossed, the worst of each topic and reading alone, the worst first."""
    found: dict[tuple[str, UUID], Crossed] = {}
    for rule in _rules(seen):
        one = _holds(rule, seen, now)
        if one is not None:
            found.setdefault((rule.topic, one.samples[-1].id), one)
    clinic = {(one.rule.measure, one.rule.is_high, one.samples[-1].id) for one in found.values() if not _is_own(one)}
    order = list(AlertSeverity)
    return sorted(
        (
            one
            for one in found.values()
            # The patient's own limit adds nothing to a worse one at the same reading.
            if not _is_own(one) or (one.rule.measure, one.rule.is_high, one.samples[-1].id) not in clinic
        ),
        key=lambda one: order.index(one.severity),
    )


def _is_own(one: Crossed) -> bool:
    return one.rule.id == "OWN-LIMIT"


def back_within(topic: str, seen: Seen, now: datetime) -> bool:
    """Whether the readings of the last days, on each of them, are all within the mildest limit of a topic."""
    rules = [rule for rule in _rules(seen) if rule.topic == topic]
    if not rules:
        return False
    since = now - timedelta(days=CLOSES_AFTER_DAYS)
    recent = [one for one in seen.samples.get(rules[0].measure, ()) if one.at >= since]
    if len({(now - one.at) // timedelta(days=1) for one in recent}) < CLOSES_AFTER_DAYS:
        return False
    return not any(rule.holds(one.value) for rule in rules for one in recent)
