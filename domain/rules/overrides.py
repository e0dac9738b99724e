"""What a clinician has set of a rule for one patient, for a time; an emergency stays what it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from domain.kinds import AlertSeverity
from domain.rules.heart_failure_weight import WEIGHT_GAIN
from domain.rules.limit_rules import MILD, QUIET_DAYS, RULES, LimitRule
from domain.rules.no_data import NO_DATA


@dataclass(frozen=True)
class Override:
    """What differs from the rule as it ships; what is absent does not."""

    is_off: bool = False
    limit: float | None = None
    readings: int | None = None
    apart_minutes: float | None = None
    quiet_days: float | None = None


@dataclass(frozen=True)
class Adjustable:
    """A rule that may be set for one patient: its words, and what of it; limits in `unit`."""

    id: str
    title: str
    unit: str
    # Absent where the rule has several, or none that may be moved.
    limit: float | None
    least: float
    most: float
    has_readings: bool
    may_be_off: bool
    severity: AlertSeverity
    source: str


def _can_be_emergency(rules: Iterable[LimitRule]) -> bool:
    return any(AlertSeverity.EMERGENCY in (rule.severity, rule.symptom_severity) for rule in rules)


def _adjustable() -> Iterator[Adjustable]:
    for id_ in dict.fromkeys(rule.id for rule in RULES):
        tiers = [rule for rule in RULES if rule.id == id_]
        first = tiers[0]
        limit = first.limit if len(tiers) == 1 else None
        # Half and double of what it is are no limit of the same kind any more.
        yield Adjustable(
            id_,
            first.title,
            first.unit,
            limit,
            first.limit / 2,
            first.limit * 2,
            has_readings=True,
            may_be_off=not _can_be_emergency(tiers),
            severity=first.severity,
            source=first.source,
        )
    yield Adjustable(
        WEIGHT_GAIN.id,
        "Fast weight gain in heart failure",
        "kg",
        WEIGHT_GAIN.gain_more_than,
        0.5,
        10,
        has_readings=False,
        may_be_off=True,
        severity=AlertSeverity(WEIGHT_GAIN.severity),
        source=WEIGHT_GAIN.source,
    )
    yield Adjustable(
        NO_DATA.id,
        NO_DATA.title,
        "d",
        NO_DATA.silent_days,
        1,
        60,
        has_readings=False,
        may_be_off=True,
        severity=NO_DATA.severity,
        source=NO_DATA.source,
    )


ADJUSTABLE: Mapping[str, Adjustable] = {one.id: one for one in _adjustable()}


def adjusted(rules: Iterable[LimitRule], overrides: Mapping[str, Override]) -> Iterator[LimitRule]:
    """The rules as they hold for a patient; what is an emergency, by itself or with a symptom, rings as it ships."""
    for rule in rules:
        override = overrides.get(rule.id)
        if override is None or rule.severity is AlertSeverity.EMERGENCY:
            yield rule
            continue
        if rule.symptom_severity is AlertSeverity.EMERGENCY:
            yield replace(rule, needs_symptom=True)
        if override.is_off:
            continue
        held = rule.persistence
        yield replace(
            rule,
            limit=rule.limit if override.limit is None else override.limit,
            persistence=replace(
                held,
                readings=held.readings if override.readings is None else override.readings,
                apart_seconds=held.apart_seconds if override.apart_minutes is None else override.apart_minutes * 60,
            ),
        )


def quiet_days(rule: str, severity: AlertSeverity, overrides: Mapping[str, Override]) -> float:
    """For how long what somebody resolved stays quiet, unless it is worse."""
    override = overrides.get(rule)
    if override is not None and override.quiet_days is not None and severity is not AlertSeverity.EMERGENCY:
        return override.quiet_days
    return QUIET_DAYS if severity in MILD else 0
