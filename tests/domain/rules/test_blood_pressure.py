"""BP-CRISIS against the page that a doctor reads."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.kinds import AlertSeverity, ReadingSource, VitalKind
from domain.rules.blood_pressure import (
    CRISIS,
    UNCONFIRMED,
    WITH_SYMPTOMS,
    ConfirmedCrisis,
    PressureReading,
    confirmed_crisis,
    unconfirmed_crisis,
)
from domain.rules.limit_checks import Sample, Symptom, told_symptoms
from domain.rules.limit_rules import DANGER

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "blood-pressure-crisis.md"
START = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
SECONDS = {"s": 1, "min": 60, "h": 3600}


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def duration(text: str) -> timedelta:
    """`30 min`, `59 s` or `24 h`."""
    number, unit = text.split()
    return timedelta(seconds=float(number) * SECONDS[unit])


def reading(
    number: int, pressures: str, after: timedelta, source: str = "DEVICE", late: str = "0 s"
) -> PressureReading:
    """`184/112` measured that long after the start."""
    systolic, diastolic = (float(part) for part in pressures.split("/"))
    at = START + after
    return PressureReading(UUID(int=number), at, at + duration(late), systolic, diastolic, source)


def case(cells: list[str]) -> tuple[list[PressureReading], bool]:
    """The readings of one line and whether they raise an alert."""
    _, first, second, apart, sources, received, alert = cells
    pressures = [one for one in (first, second) if one != "–"]
    moments = [timedelta()] if apart == "–" else [timedelta(), duration(apart)]
    rows = zip(pressures, moments, sources.split(", "), received.split(", "), strict=True)
    return [reading(number, *row) for number, row in enumerate(rows, start=1)], {"yes": True, "no": False}[alert]


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases")])
def test_each_case_of_the_page(cells: list[str]) -> None:
    readings, alert = case(cells)
    assert {one.source for one in readings} <= set(ReadingSource)
    expected = ConfirmedCrisis(readings[0], readings[1], CRISIS) if alert else None
    assert confirmed_crisis(readings) == expected
    assert confirmed_crisis(readings[::-1]) == expected


def test_the_page_says_the_limits_of_the_rule() -> None:
    assert dict(table("The limits")) == {
        "rule": CRISIS.id,
        "version": str(CRISIS.version),
        "severity": CRISIS.severity,
        "systolic at least": f"{CRISIS.systolic_at_least:g} mm[Hg]",
        "diastolic at least": f"{CRISIS.diastolic_at_least:g} mm[Hg]",
        "second reading not before": f"{CRISIS.confirm_after_seconds / 60:g} min",
        "second reading not after": f"{CRISIS.confirm_within_seconds / 60:g} min",
        "received at the latest after being measured": f"{CRISIS.live_within_seconds / 3600:g} h",
    }
    assert CRISIS.mark in PAGE.read_text(encoding="utf-8")
    assert CRISIS.to_be_confirmed_by_a_clinician
    assert AlertSeverity(CRISIS.severity) is AlertSeverity.URGENT


def test_of_many_the_latest_pair_is_named_whatever_their_order() -> None:
    minutes = [0, 5, 200, 203, 260]
    readings = [reading(number, "184/112", timedelta(minutes=minute)) for number, minute in enumerate(minutes)]
    random.Random(3).shuffle(readings)  # noqa: S311 - an order, not a secret
    found = confirmed_crisis(readings)
    assert found is not None
    assert (found.first.id, found.second.id) == (UUID(int=2), UUID(int=3))


def test_a_reading_too_soon_is_passed_over_for_one_before_it() -> None:
    readings = [reading(number, "184/112", timedelta(seconds=at)) for number, at in enumerate((0, 50, 100))]
    found = confirmed_crisis(readings)
    assert found is not None
    assert (found.first.id, found.second.id) == (UUID(int=0), UUID(int=2))


def test_a_normal_reading_between_does_not_undo_the_pair() -> None:
    readings = [reading(n, p, timedelta(minutes=5 * n)) for n, p in enumerate(("184/112", "130/80", "186/104"))]
    found = confirmed_crisis(readings)
    assert found is not None
    assert (found.first.id, found.second.id) == (UUID(int=0), UUID(int=2))


def test_nothing_confirms_nothing() -> None:
    assert confirmed_crisis([]) is None


def test_the_sentence_names_values_times_and_limit() -> None:
    found = confirmed_crisis([reading(1, "184/112", timedelta()), reading(2, "182/108", timedelta(minutes=4))])
    assert found is not None
    assert found.sentence() == (
        "Blood pressure was 184/112 mm[Hg] at 2026-03-01 07:30 UTC and 182/108 mm[Hg] at 2026-03-01 07:34 UTC:"
        " at or above 180/110 mm[Hg], confirmed by a second reading."
    )


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases with symptoms")])
def test_each_case_with_symptoms_of_the_page(cells: list[str]) -> None:
    _, first, second, symptom, rings = cells
    pair = [reading(1, first, timedelta()), reading(2, second, timedelta(minutes=5))]
    told = []
    if symptom != "–":
        kind, score, after = re.fullmatch(r"(\w+) (\d+) \((.+)\)", symptom).groups()  # type: ignore[union-attr]
        at = pair[1].measured_at + duration(after)
        told = [Symptom(VitalKind(kind), Sample(UUID(int=3), at, at, at.date(), float(score), "MANUAL"))]
    now = pair[1].measured_at + timedelta(hours=3)
    worst = confirmed_crisis(pair, WITH_SYMPTOMS)
    felt = told_symptoms(told, DANGER, pair[1].measured_at, now)
    rule = WITH_SYMPTOMS if worst is not None and felt else CRISIS
    assert confirmed_crisis(pair, rule) is not None
    assert f"{rule.id} {rule.severity}" == rings


@pytest.mark.parametrize(
    "cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases without a second reading")]
)
def test_each_case_without_a_second_reading_of_the_page(cells: list[str]) -> None:
    _, first, source, then, asked, rings = cells
    readings = [reading(1, first, timedelta(), source)]
    for number, (pressures, after) in enumerate(re.findall(r"(\S+) \((.+?)\)", then), start=2):
        readings.append(reading(number, pressures, duration(after)))
    found = unconfirmed_crisis(readings)
    rings_now = found is not None and found.rings_at <= START + duration(asked)
    assert rings_now is {"yes": True, "no": False}[rings]
    assert UNCONFIRMED.severity == AlertSeverity.URGENT


def test_an_unconfirmed_crisis_says_what_is_missing() -> None:
    found = unconfirmed_crisis([reading(1, "190/115", timedelta())])
    assert found is not None
    assert found.sentence() == (
        "Blood pressure was 190/115 mm[Hg] at 2026-03-01 07:30 UTC: at or above 180/110 mm[Hg], and not repeated within"
        " 30 minutes."
    )
