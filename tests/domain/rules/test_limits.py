"""The limits against the page that a doctor reads."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.kinds import AlertSeverity, Measure, ReadingSource, VitalKind
from domain.rules.limit_checks import Sample, Seen, Symptom, back_within, crossed
from domain.rules.limit_rules import RULES, LimitRule
from tests.domain.rules.pages import duration, table

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
PAGE = "vital-limits.md"


def sample(number: int, value: float, ago: timedelta, source: str = "DEVICE", late: str = "0 s") -> Sample:
    """A reading that was measured so long before now."""
    at = NOW - ago
    return Sample(UUID(int=number), at, at + duration(late), at.date(), value, ReadingSource(source))


def values(text: str) -> list[tuple[float, timedelta]]:
    """`131 (10 min), 132 (5 min)`."""
    return [(float(value), duration(ago)) for value, ago in re.findall(r"([\d.]+) \((.+?)\)", text)]


def seen_in(cells: list[str]) -> Seen:
    """What one line of the page shows."""
    _, measure, readings, source, received, conditions, symptoms, own, _ = cells
    samples = [sample(n, value, ago, source, received) for n, (value, ago) in enumerate(values(readings), start=1)]
    felt = [
        Symptom(VitalKind(kind), sample(100, float(score), duration(ago)))
        for kind, score, ago in re.findall(r"([A-Z_]+) (\d+) \((.+?)\)", symptoms)
    ]
    side, _, bound = own.partition(" ")
    return Seen(
        {Measure(measure): samples},
        felt,
        conditions.split(", "),
        {(Measure(measure), side == "high"): float(bound)} if bound else {},
    )


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table(PAGE, "Cases")])
def test_each_case_of_the_page(cells: list[str]) -> None:
    seen = seen_in(cells)
    found = crossed(seen, NOW)
    assert [f"{one.rule.id} {one.severity}" for one in found] == ([] if cells[-1] == "–" else [cells[-1]])
    turned = Seen(
        {measure: list(reversed(of)) for measure, of in seen.samples.items()}, seen.symptoms, seen.conditions, seen.own
    )
    assert crossed(turned, NOW) == found


def line(rule: LimitRule) -> list[str]:
    """What the page says of a rule."""
    relation = {(True, True): "≥", (True, False): ">", (False, True): "≤", (False, False): "<"}
    sign = relation[rule.is_high, rule.includes_limit]
    only = [*sorted(rule.conditions), *(f"not {one}" for one in sorted(rule.but_conditions))]
    if rule.needs_symptom:
        only += sorted(rule.symptoms)
    worse = f"{rule.symptom_severity} ({', '.join(sorted(rule.symptoms))})" if rule.symptom_severity else "–"
    return [
        rule.id,
        rule.topic,
        f"{rule.measure} {sign} {rule.limit:g} {rule.unit}",
        rule.persistence.words(),
        ", ".join(only) or "–",
        rule.severity.value,
        worse,
        rule.mark,
    ]


def test_the_page_says_the_limits_of_the_rules() -> None:
    assert table(PAGE, "The limits") == [line(rule) for rule in RULES]


def test_rules_of_a_topic_go_from_the_worst_to_the_mildest() -> None:
    for topic in {rule.topic for rule in RULES}:
        severities = [list(AlertSeverity).index(rule.severity) for rule in RULES if rule.topic == topic]
        measures = {(rule.measure, rule.is_high) for rule in RULES if rule.topic == topic}
        assert severities == sorted(severities)
        assert len(measures) == 1


def test_a_batch_that_ends_well_still_tells_what_was_in_it() -> None:
    readings = [(140, 60), (141, 50), (80, 10), (79, 5)]
    samples = [sample(n, value, timedelta(minutes=ago)) for n, (value, ago) in enumerate(readings)]
    (found,) = crossed(Seen({Measure.RESTING_HEART_RATE: samples}, [], [], {}), NOW)
    assert [one.value for one in found.samples] == [140, 141]
    assert found.sentence() == (
        "Resting heart rate: 140 /min at 2026-03-10 13:30 UTC and 141 /min at 2026-03-10 13:40 UTC; at or above"
        " 131 /min (2 readings 5 min apart within 24 h)."
    )


@pytest.mark.parametrize(
    ("readings", "ended"),
    [
        ([(50, 60), (55, 36), (60, 12)], True),
        ([(50, 60), (60, 12)], False),
        ([(49, 60), (55, 36), (60, 12)], False),
        ([(45, 80), (50, 60), (55, 36), (60, 12)], True),
        ([], False),
    ],
    ids=["three days within", "a day without", "one day beyond", "beyond before that", "nothing"],
)
def test_an_alert_has_ended_when_three_days_are_within(readings: list[tuple[float, int]], *, ended: bool) -> None:
    samples = [sample(n, value, timedelta(hours=ago)) for n, (value, ago) in enumerate(readings)]
    assert back_within("HR-LOW", Seen({Measure.RESTING_HEART_RATE: samples}, [], [], {}), NOW) is ended
