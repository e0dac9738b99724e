"""Rules that hold several signals against each other; docs/rules/cross-signals.md tells them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean, median

from domain.kinds import AlertSeverity, Measure, VitalKind
from domain.rules.limit_checks import Sample, Seen
from domain.rules.limit_rules import FIBRILLATION


@dataclass(frozen=True)
class CongestionRule:
    """Heart failure: weight rises, and the pulse at rest rises or breathing becomes hard; kg, /min, scores."""

    id: str = "HF-CONGESTION"
    version: int = 1
    topic: str = "W-ESC"
    title: str = "Weight rises in heart failure, with the pulse or breathlessness"
    severity: AlertSeverity = AlertSeverity.URGENT
    condition: str = "HEART_FAILURE"
    gain_more_than: float = 1.0
    gain_within_days: int = 3
    pulse_rise_at_least: float = 10.0
    pulse_days_before: int = 7
    least_pulses_before: int = 3
    breathlessness_at_least: float = 4.0
    source: str = "own; weight alone is a weak sign (JMIR Med Inform 2016;4:e3, EHJ Digital Health 2023;4:455)"
    mark: str = "own"


@dataclass(frozen=True)
class FastIrregularRule:
    """Known atrial fibrillation, and a cuff that found the pulse irregular and fast, twice; /min."""

    id: str = "AF-FAST"
    version: int = 1
    topic: str = "HR-HIGH"
    title: str = "Fast irregular pulse in atrial fibrillation"
    severity: AlertSeverity = AlertSeverity.URGENT
    pulse_at_least: float = 110.0
    apart_minutes: int = 5
    within_hours: int = 24
    # Doses of anticoagulants that were due so long before now count.
    missed_within_hours: int = 48
    source: str = "RACE II and ESC: lenient control of the rate is below 110/min; that it is irregular is our own"
    mark: str = "own"


@dataclass(frozen=True)
class AfterDoseRule:
    """The systolic pressure of the days after another dose against those before; mm[Hg]."""

    id: str = "BP-AFTER-DOSE"
    version: int = 1
    topic: str = "BP-AFTER-DOSE"
    title: str = "Blood pressure after a change of medication"
    severity: AlertSeverity = AlertSeverity.REVIEW
    days_before: int = 14
    days_after: int = 14
    least_readings: int = 4
    fall_at_least: float = 20.0
    fall_below: float = 110.0
    rise_at_least: float = 15.0
    rise_from: float = 135.0
    source: str = "own; 135 is ESC 2024's limit at home"
    mark: str = "own"


CONGESTION, FAST_IRREGULAR, AFTER_DOSE = CongestionRule(), FastIrregularRule(), AfterDoseRule()
WITHOUT_ANTICOAGULANT = replace(
    FAST_IRREGULAR,
    id="AF-FAST-OAC",
    title="Fast irregular pulse in atrial fibrillation, and an anticoagulant that was not taken",
)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Signals:
    """One of these rules that holds: its words, and the reading that completed it."""

    rule: CongestionRule | FastIrregularRule | AfterDoseRule
    sentence: str
    last: Sample


def congestion(seen: Seen, now: datetime, rule: CongestionRule = CONGESTION) -> Signals | None:
    """Whether the latest weight rose, and what rose with it."""
    weights = _ordered(seen.samples.get(Measure.WEIGHT, ()))
    if rule.condition not in seen.conditions or not weights or not weights[-1].is_live(now):
        return None
    latest = weights[-1]
    before = [
        one.value for one in weights[:-1] if timedelta() < latest.at - one.at <= timedelta(days=rule.gain_within_days)
    ]
    # A tenth of a gram: 81.1 is 1 kg more than 80.1, not a little more than that.
    if not before or latest.value - min(before) <= rule.gain_more_than + 1e-4:
        return None
    words, evidence = [], [latest]
    pulses = _ordered(seen.samples.get(Measure.RESTING_HEART_RATE, ()))
    fresh = [one for one in pulses if one.is_live(now)]
    earlier = [one.value for one in pulses if _DAY < now - one.at <= timedelta(days=rule.pulse_days_before) + _DAY]
    if fresh and len(earlier) >= rule.least_pulses_before:
        rise = median(one.value for one in fresh) - median(earlier)
        if rise >= rule.pulse_rise_at_least:
            words.append(f"the pulse at rest is {rise:.0f}/min above that of the {rule.pulse_days_before} days before")
            evidence.append(fresh[-1])
    breathless = [
        one.sample
        for one in seen.symptoms
        if one.kind is VitalKind.BREATHLESSNESS
        and one.sample.is_live(now)
        and one.sample.value >= rule.breathlessness_at_least
    ]
    if breathless:
        worst = max(one.value for one in breathless)
        words.append(f"breathlessness was {worst:.0f} of 10")
        evidence.extend(breathless)
    if not words:
        return None
    gain = f"Weight rose by {latest.value - min(before):.1f} kg within {rule.gain_within_days} days"
    return Signals(rule, f"{gain}, and {' and '.join(words)}.", max(evidence, key=lambda one: (one.at, one.id)))


def fast_irregular(
    irregular: Sequence[Sample],
    conditions: Collection[str],
    now: datetime,
    rule: FastIrregularRule = FAST_IRREGULAR,
) -> Signals | None:
    """Whether two of the pulses that a cuff found irregular are fast."""
    if not FIBRILLATION & frozenset(conditions):
        return None
    fast = [one for one in _ordered(irregular) if one.was_live() and one.value >= rule.pulse_at_least]
    for place in range(len(fast) - 1, 0, -1):
        last = fast[place]
        for first in fast[:place]:
            apart = last.at - first.at
            within = timedelta(minutes=rule.apart_minutes) <= apart <= timedelta(hours=rule.within_hours)
            if within and last.is_live(now):
                shown = f"{first.value:.0f} and {last.value:.0f}/min"
                return Signals(rule, f"The pulse was irregular and {shown}, limit {rule.pulse_at_least:.0f}/min.", last)
    return None


def without_anticoagulant(found: Signals, doses: int, names: Sequence[str]) -> Signals:
    """A fast irregular pulse, told with the doses of anticoagulants that were missed, if there are any."""
    if not doses:
        return found
    told = f"{doses} dose{'s' if doses > 1 else ''} of {', '.join(names)}"
    hours = WITHOUT_ANTICOAGULANT.missed_within_hours
    sentence = f"{found.sentence} In the last {hours} hours {told} {'were' if doses > 1 else 'was'} not taken."
    return Signals(WITHOUT_ANTICOAGULANT, sentence, found.last)


def after_dose(
    systolic: Sequence[Sample], changed_at: datetime | None, now: datetime, rule: AfterDoseRule = AFTER_DOSE
) -> Signals | None:
    """Whether the pressure has moved too far since medication changed."""
    if changed_at is None or not timedelta() <= now - changed_at <= timedelta(days=rule.days_after):
        return None
    ordered = _ordered(systolic)
    before = [one for one in ordered if timedelta() < changed_at - one.at <= timedelta(days=rule.days_before)]
    after = [one for one in ordered if one.at >= changed_at]
    if min(len(before), len(after)) < rule.least_readings or not after[-1].is_live(now):
        return None
    was, becomes = fmean(one.value for one in before), fmean(one.value for one in after)
    falls = was - becomes >= rule.fall_at_least and becomes < rule.fall_below
    rises = becomes - was >= rule.rise_at_least and becomes >= rule.rise_from
    if not (falls or rises):
        return None
    sentence = (
        f"Systolic pressure was {was:.0f} mm[Hg] on average in the {rule.days_before} days before medication changed on"
        f" {changed_at:%Y-%m-%d}, and {becomes:.0f} mm[Hg] since."
    )
    return Signals(rule, sentence, after[-1])


def _ordered(samples: Sequence[Sample]) -> Sequence[Sample]:
    return sorted(samples, key=lambda one: (one.at, one.id))
