"""VITALS-CHANGE against the page that a doctor reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.kinds import AlertSeverity, FindingDirection, FindingKind, Measure, ReadingSource
from domain.rules.vital_changes import CHANGES, NewFinding, is_news, title

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "vital-changes.md"
START = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
SECONDS = {"s": 1, "min": 60, "h": 3600}


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def duration(text: str) -> timedelta:
    """`1 min`, `0 s` or `24 h`."""
    number, unit = text.split()
    return timedelta(seconds=float(number) * SECONDS[unit])


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases")])
def test_each_case_of_the_page(cells: list[str]) -> None:
    _, measure, kind, explained, before, source, received, told, item = cells
    says = {"yes": True, "no": False}
    found = NewFinding(
        Measure(measure),
        FindingKind(kind),
        FindingDirection.UP,
        is_explained=says[explained],
        measured_at=START,
        received_at=START + duration(received),
        source=ReadingSource(source),
        reading_id=UUID(int=1),
        came_before=says[before],
    )
    assert is_news(found, START + duration(told)) == says[item]


def test_the_page_says_the_limits_of_the_rule() -> None:
    live = f"{CHANGES.live_within_seconds / 3600:g} h"
    assert dict(table("The limits")) == {
        "rule": CHANGES.id,
        "version": str(CHANGES.version),
        "severity": CHANGES.severity,
        "more scatter counts again within": f"{CHANGES.variability_again_within_days} d",
        "received at the latest after being measured": live,
        "told at the latest after being measured": live,
    }
    assert CHANGES.to_be_confirmed_by_a_clinician
    assert AlertSeverity(CHANGES.severity) is AlertSeverity.REVIEW


def test_a_title_names_each_change_once_and_no_value() -> None:
    told = [
        ("Weight", "RAMP", "UP"),
        ("Heart rate", "SHIFT", "DOWN"),
        ("Weight", "RAMP", "UP"),
        ("Systolic blood pressure", "VARIABILITY", "UP"),
    ]
    assert title(told) == (
        "Weight has risen within days above the usual; Heart rate has stepped down below the usual;"
        " Systolic blood pressure varies more than usual"
    )
