"""W-ESC against the page that a doctor reads."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.kinds import AlertSeverity, ReadingSource
from domain.rules.heart_failure_weight import WEIGHT_GAIN, WeightReading, weight_gain

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "heart-failure-weight.md"
NOW = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
SECONDS = {"s": 1, "h": 3600, "d": 86_400}


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def duration(text: str) -> timedelta:
    """`3 d`, `73 h` or `0 s`."""
    number, unit = text.split()
    return timedelta(seconds=float(number) * SECONDS[unit])


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases")])
def test_each_case_of_the_page(cells: list[str]) -> None:
    _, condition, before, latest, source, received, alert = cells
    weights = [WeightReading(UUID(int=1), NOW, NOW + duration(received), float(latest), ReadingSource(source))]
    for number, (kilograms, ago) in enumerate(re.findall(r"([\d.]+) \((.+?)\)", before), start=2):
        at = NOW - duration(ago)
        weights.append(WeightReading(UUID(int=number), at, at, float(kilograms), ReadingSource.IMPORT))
    found = weight_gain([condition], weights)
    assert (found is not None) == {"yes": True, "no": False}[alert]
    assert weight_gain([condition], weights[::-1]) == found


def test_the_page_says_the_limits_of_the_rule() -> None:
    assert dict(table("The limits")) == {
        "rule": WEIGHT_GAIN.id,
        "version": str(WEIGHT_GAIN.version),
        "severity": WEIGHT_GAIN.severity,
        "condition": WEIGHT_GAIN.condition,
        "gain more than": f"{WEIGHT_GAIN.gain_more_than:g} kg",
        "within": f"{WEIGHT_GAIN.within_seconds / 86_400:g} d",
        "received at the latest after being measured": f"{WEIGHT_GAIN.live_within_seconds / 3600:g} h",
    }
    assert WEIGHT_GAIN.mark in PAGE.read_text(encoding="utf-8")
    assert WEIGHT_GAIN.to_be_confirmed_by_a_clinician
    assert AlertSeverity(WEIGHT_GAIN.severity) is AlertSeverity.URGENT


def test_the_sentence_names_values_times_and_limit() -> None:
    weights = [
        WeightReading(UUID(int=number), NOW - timedelta(days=ago), NOW, kilograms, "DEVICE")
        for number, (ago, kilograms) in enumerate([(2, 80.0), (1, 81.0), (0, 82.4)])
    ]
    found = weight_gain(["HEART_FAILURE"], weights)
    assert found is not None
    assert found.sentence() == (
        "Weight was 80.0 kg at 2026-03-08 07:30 UTC and 82.4 kg at 2026-03-10 07:30 UTC: 2.4 kg more, which is more"
        " than 2 kg within 3 days."
    )
