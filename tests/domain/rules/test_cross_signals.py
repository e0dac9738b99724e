"""Rules across signals against the page that a doctor reads."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.kinds import AlertSeverity, Measure, ReadingSource, VitalKind
from domain.rules.cross_signals import (
    AFTER_DOSE,
    CONGESTION,
    FAST_IRREGULAR,
    WITHOUT_ANTICOAGULANT,
    after_dose,
    congestion,
    fast_irregular,
    without_anticoagulant,
)
from domain.rules.limit_checks import Sample, Seen, Symptom
from domain.rules.medication_safety import ANTICOAGULANTS
from tests.domain.rules.pages import PAGES, duration, table

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
PAGE = "cross-signals.md"
ANSWERS = {"yes": True, "no": False}


def samples(text: str, source: str = "DEVICE") -> list[Sample]:
    """`80.0 (2 d), 81.1 (1 h)`."""
    return [
        sample(number, float(value), duration(ago), source)
        for number, (value, ago) in enumerate(re.findall(r"([\d.]+) \((.+?)\)", text), start=1)
    ]


def sample(number: int, value: float, ago: timedelta, source: str = "DEVICE") -> Sample:
    """A reading that was measured so long before now, and received at once."""
    at = NOW - ago
    return Sample(UUID(int=number), at, at, at.date(), value, ReadingSource(source))


def lines(heading: str) -> list[object]:
    """The cases under a heading."""
    return [pytest.param(cells, id=cells[0]) for cells in table(PAGE, heading)]


@pytest.mark.parametrize("cells", lines("Heart failure"))
def test_each_case_of_heart_failure(cells: list[str]) -> None:
    _, condition, weights, pulses, breathlessness, source, rings = cells
    seen = Seen(
        {Measure.WEIGHT: samples(weights, source)[::-1], Measure.RESTING_HEART_RATE: samples(pulses)},
        [Symptom(VitalKind.BREATHLESSNESS, one) for one in samples(breathlessness)],
        [condition],
        {},
    )
    assert (congestion(seen, NOW) is not None) is ANSWERS[rings]


@pytest.mark.parametrize("cells", lines("Fibrillation"))
def test_each_case_of_fibrillation(cells: list[str]) -> None:
    _, condition, pulses, source, rings = cells
    found = fast_irregular(samples(pulses, source)[::-1], [condition], NOW)
    assert (found is not None) is ANSWERS[rings]


@pytest.mark.parametrize("cells", lines("After another dose"))
def test_each_case_after_another_dose(cells: list[str]) -> None:
    _, changed, before, after, source, rings = cells
    ago = duration(changed)
    readings: list[Sample] = []
    for text, first in ((before, ago + timedelta(hours=1)), (after, timedelta(minutes=1))):
        mean, count = re.fullmatch(r"([\d.]+) \((\d+)\)", text).groups()  # type: ignore[union-attr]
        readings += [
            sample(len(readings) + n, float(mean), first + timedelta(days=n), source) for n in range(int(count))
        ]
    assert (after_dose(readings, NOW - ago, NOW) is not None) is ANSWERS[rings]


def test_the_page_says_how_soon_someone_should_look() -> None:
    page = (PAGES / PAGE).read_text(encoding="utf-8")
    for rule in (CONGESTION, FAST_IRREGULAR, WITHOUT_ANTICOAGULANT, AFTER_DOSE):
        assert f"**{rule.id}** ({rule.severity.lower()})" in page
        assert rule.mark == "own"
    assert (CONGESTION.severity, AFTER_DOSE.severity) == (AlertSeverity.URGENT, AlertSeverity.REVIEW)


@pytest.mark.parametrize(
    ("doses", "rule", "words"),
    [
        (0, "AF-FAST", "limit 110/min."),
        (1, "AF-FAST-OAC", "In the last 48 hours 1 dose of Apixaban was not taken."),
        (3, "AF-FAST-OAC", "In the last 48 hours 3 doses of Apixaban were not taken."),
    ],
)
def test_a_missed_anticoagulant_is_told_with_a_fast_irregular_pulse(doses: int, rule: str, words: str) -> None:
    found = fast_irregular(samples("118 (10 min), 121 (5 min)"), ["ATRIAL_FIBRILLATION"], NOW)
    assert found is not None
    told = without_anticoagulant(found, doses, ["Apixaban"])
    assert (told.rule.id, told.sentence.endswith(words)) == (rule, True)
    assert all(group in (PAGES / PAGE).read_text(encoding="utf-8") for group in ANTICOAGULANTS)


def test_the_sentence_tells_what_rose() -> None:
    seen = Seen(
        {
            Measure.WEIGHT: samples("80.0 (2 d), 81.4 (1 h)"),
            Measure.RESTING_HEART_RATE: samples("60 (4 d), 62 (3 d), 64 (2 d), 75 (2 h)"),
        },
        [Symptom(VitalKind.BREATHLESSNESS, sample(9, 5, timedelta(minutes=10)))],
        ["HEART_FAILURE"],
        {},
    )
    found = congestion(seen, NOW)
    assert found is not None
    assert found.sentence == (
        "Weight rose by 1.4 kg within 3 days, and the pulse at rest is 13/min above that of the 7 days before and"
        " breathlessness was 5 of 10."
    )
    assert found.last.id == UUID(int=9)


def test_without_a_change_nothing_comes_after_it() -> None:
    assert after_dose(samples("90 (1 h), 90 (2 h), 90 (3 h), 90 (4 h)"), None, NOW) is None
