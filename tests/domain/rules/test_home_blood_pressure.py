"""BP-PROTO, BP-CAT, BP-OFFICE-PATTERN and BP-TARGET against the page that a doctor reads."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kinds import AlertSeverity, BloodPressureScheme, ReadingSetting
from domain.rules.blood_pressure_classes import CLASSIFICATIONS, BloodPressureCategory, category
from domain.rules.home_blood_pressure import (
    OFFICE_PATTERN,
    PROTOCOL,
    TARGET,
    Average,
    HomeBloodPressure,
    HomeReading,
    above_target,
    home_blood_pressure,
    office_pattern,
    sitting,
)

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "home-blood-pressure.md"
ROME = ZoneInfo("Europe/Rome")
LAST_DAY = date(2026, 2, 8)
ESC, ESH = BloodPressureScheme.ESC_2024, BloodPressureScheme.ESH_2023
CLAUSE = re.compile(
    r"days? (?P<first>-?\d+)(?:–(?P<last>\d+))?: (?P<times>[\d:, ]+) at (?P<pressure>[\d./]+)"
    r"(?P<office> in the clinic)?(?: in (?P<zone>[\w/]+))?"
)


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def cases(heading: str) -> list[object]:
    return [pytest.param(cells, id=cells[0]) for cells in table(heading)]


def pressures(text: str) -> tuple[float, float]:
    systolic, diastolic = text.split("/")
    return float(systolic), float(diastolic)


def reading(
    number: int,
    wall: datetime,
    pressure: tuple[float, float] = (128, 82),
    setting: ReadingSetting = ReadingSetting.HOME,
) -> HomeReading:
    """One that was taken when the clock on that wall showed this."""
    offset = wall.utcoffset()
    assert offset is not None
    minutes = round(offset.total_seconds() / 60)
    return HomeReading(UUID(int=number), wall.astimezone(UTC), minutes, *pressure, setting)


def read(text: str, last_day: date) -> list[HomeReading]:
    """`days 1–7: 07:00, 07:02 at 128/82; day 2: 20:00 at 150/90 in the clinic`."""
    found: list[HomeReading] = []
    for clause in text.split("; ") if text else []:
        said = CLAUSE.fullmatch(clause)
        assert said, clause
        zone = ZoneInfo(said["zone"]) if said["zone"] else ROME
        setting = ReadingSetting.OFFICE if said["office"] else ReadingSetting.HOME
        for day in range(int(said["first"]), int(said["last"] or said["first"]) + 1):
            for clock in said["times"].split(", "):
                wall = datetime.combine(last_day + timedelta(days=day - 7), time.fromisoformat(clock), zone)
                found.append(reading(len(found), wall, pressures(said["pressure"]), setting))
    return found


def week(text: str, last_day: date = LAST_DAY, scheme: BloodPressureScheme = ESC) -> HomeBloodPressure:
    """`134.9/84.9` for a whole week of it, `8 at 134.9/84.9` for three days of it."""
    days = "days 1–3" if text.startswith("8 at ") else "days 1–7"
    readings = read(f"{days}: 07:00, 07:02, 20:00, 20:02 at {text.removeprefix('8 at ')}", last_day)
    return home_blood_pressure(readings, last_day, scheme)


def count(part: Average | None) -> int:
    return part.readings if part else 0


def class_words(found: HomeBloodPressure) -> str:
    if found.category is None:
        return "–"
    rule = CLASSIFICATIONS[found.scheme, ReadingSetting.HOME]
    return next(one.words for one in rule.classes if one.category is found.category)


def check_week(cells: list[str], last_day: date) -> None:
    text, day_one, morning, evening, average, words = cells
    readings = read(text, last_day)
    found = home_blood_pressure(readings, last_day, ESC)
    assert (found.first_day, found.last_day) == (last_day - timedelta(days=6), last_day)
    first_day_out = None if day_one == "–" else last_day + timedelta(days=int(day_one) - 7)
    assert (found.day_one, count(found.morning), count(found.evening)) == (first_day_out, int(morning), int(evening))
    assert (f"{found.overall}".removesuffix(" mm[Hg]") if found.overall else "–") == average
    assert class_words(found) == words
    used = int(morning) + int(evening)
    assert (found.readings_used, found.readings_missing, found.complete) == (used, 24 - used, used == 24)
    random.Random(5).shuffle(readings)  # noqa: S311 - an order, not a secret
    assert home_blood_pressure(readings, last_day, ESC) == found


@pytest.mark.parametrize("cells", cases("Cases of the week"))
def test_each_week_of_the_page(cells: list[str]) -> None:
    check_week(cells[1:], LAST_DAY)


@pytest.mark.parametrize("cells", cases("Cases of clocks"))
def test_each_clock_of_the_page(cells: list[str]) -> None:
    check_week(cells[2:], date.fromisoformat(cells[1]))


@pytest.mark.parametrize("cells", cases("Cases of one morning or evening"))
def test_each_sitting_of_the_page(cells: list[str]) -> None:
    _, measured, counting = cells
    sent = [
        reading(number, datetime.combine(LAST_DAY, time.fromisoformat(clock), ROME))
        for number, clock in enumerate(measured.split(", "))
    ]
    assert [one.wall.time() for one in sitting(sent)] == [time.fromisoformat(clock) for clock in counting.split(", ")]
    assert sitting(sent[::-1]) == sitting(sent)


@pytest.mark.parametrize("cells", cases("Cases of the classes"))
def test_each_class_of_the_page(cells: list[str]) -> None:
    pressure, *expected = cells
    columns = [(ESC, "HOME"), (ESC, "OFFICE"), (ESH, "HOME"), (ESH, "OFFICE")]
    for (scheme, setting), words in zip(columns, expected, strict=True):
        rule = CLASSIFICATIONS[scheme, ReadingSetting(setting)]
        assert rule.words(*pressures(pressure)) == f"{words} by {rule.name}"
        found = category(*pressures(pressure), scheme, ReadingSetting(setting))
        assert found == words.split(" (")[0].replace("-", "_").replace(" ", "_").upper()


@pytest.mark.parametrize("cells", cases("Cases of white-coat and masked"))
@pytest.mark.parametrize("scheme", BloodPressureScheme)
def test_each_pattern_of_the_page(cells: list[str], scheme: BloodPressureScheme) -> None:
    _, home, clinic, treated, expected = cells
    visits = []
    for number, visit in enumerate(clinic.split(", ") if clinic != "–" else []):
        pressure, day = visit.split(" on day ")
        wall = datetime.combine(LAST_DAY + timedelta(days=int(day)), time(10, number), ROME)
        visits.append(reading(number, wall, pressures(pressure), ReadingSetting.OFFICE))
    known = {"yes": True, "no": False, "unknown": None}[treated]
    found = office_pattern(week(home, scheme=scheme), visits, treated=known)
    assert (found.words if found else "–") == expected
    assert office_pattern(week(home, scheme=scheme), visits[::-1], treated=known) == found


@pytest.mark.parametrize("cells", cases("Cases of BP-TARGET"))
def test_each_target_of_the_page(cells: list[str]) -> None:
    _, this_week, the_week_before, review = cells
    weeks = [week(this_week), week(the_week_before, LAST_DAY - timedelta(days=7))]
    assert above_target(weeks) is {"yes": True, "no": False}[review]
    assert not above_target(weeks[:1])


def test_the_page_says_the_limits_of_the_rules() -> None:
    assert dict(table("The limits of the protocol")) == {
        "rule": PROTOCOL.id,
        "version": str(PROTOCOL.version),
        "days": str(PROTOCOL.days),
        "readings a morning or evening": str(PROTOCOL.readings_a_sitting),
        "second reading not before": f"{PROTOCOL.second_not_before_seconds / 60:g} min",
        "second reading not after": f"{PROTOCOL.second_not_after_seconds / 60:g} min",
        "morning": "{} to {}".format(*PROTOCOL.morning_hours),
        "evening": "{} to {}".format(*PROTOCOL.evening_hours),
        "readings when complete": str(PROTOCOL.readings_when_complete),
        "readings for a class, at least": str(PROTOCOL.readings_at_least),
        "unit": PROTOCOL.unit,
        "mark": PROTOCOL.mark,
    }
    assert dict(table("White-coat and masked: the limits")) == {
        "rule": OFFICE_PATTERN.id,
        "version": str(OFFICE_PATTERN.version),
        "in the clinic at least": "{}/{}".format(*OFFICE_PATTERN.office_at_least),
        "at home at least": "{}/{}".format(*OFFICE_PATTERN.home_at_least),
        "days between at most": str(OFFICE_PATTERN.office_within_days),
        "unit": OFFICE_PATTERN.unit,
        "mark": OFFICE_PATTERN.mark,
    }
    assert dict(table("BP-TARGET: the limits")) == {
        "rule": TARGET.id,
        "version": str(TARGET.version),
        "severity": AlertSeverity(TARGET.severity),
        "systolic at least": f"{TARGET.systolic_at_least:g}",
        "diastolic at least": f"{TARGET.diastolic_at_least:g}",
        "weeks in a row": str(TARGET.weeks),
        "unit": TARGET.unit,
        "mark": TARGET.mark,
    }
    assert table("The classes") == [
        [rule.id, rule.name, setting, one.words, f"{one.systolic_at_least:g}", f"{one.diastolic_at_least:g}", one.mark]
        for (_, setting), rule in CLASSIFICATIONS.items()
        for one in rule.classes
    ]


def test_what_no_source_was_read_for_waits_for_a_clinician() -> None:
    assert PROTOCOL.to_be_confirmed_by_a_clinician
    assert OFFICE_PATTERN.to_be_confirmed_by_a_clinician
    assert TARGET.to_be_confirmed_by_a_clinician
    for rule in CLASSIFICATIONS.values():
        assert rule.to_be_confirmed_by_a_clinician is any(one.mark != "[V]" for one in rule.classes)
        assert (rule.classes[0].systolic_at_least, rule.classes[0].diastolic_at_least) == (0, 0)
    assert {one.category for rule in CLASSIFICATIONS.values() for one in rule.classes} == set(BloodPressureCategory)


def test_the_sentence_of_a_complete_week() -> None:
    assert week("131/79").sentence() == (
        "Leaving out the first day, 2026-02-02, 24 of 24 home readings count; their average of 131.0/79.0 mm[Hg] is"
        " elevated by ESC 2024."
    )
    assert "is below hypertension by ESH 2023." in week("131/79", scheme=ESH).sentence()


def test_the_sentence_says_what_is_missing() -> None:
    found = home_blood_pressure(read("days 1–4: 07:00, 07:02, 20:00, 20:02 at 140/80", LAST_DAY), LAST_DAY, ESC)
    assert found.sentence() == (
        "Leaving out the first day, 2026-02-02, 12 of 24 home readings count (missing: 6 in the morning, 6 in the"
        " evening); their average of 140.0/80.0 mm[Hg] is hypertension by ESC 2024."
    )
    mornings = home_blood_pressure(read("days 1–7: 07:00, 07:02 at 140/80", LAST_DAY), LAST_DAY, ESC)
    assert "(missing: 12 in the evening); " in mornings.sentence()


def test_with_too_few_readings_the_sentence_names_no_class() -> None:
    assert week("8 at 170/100").sentence() == (
        "Leaving out the first day, 2026-02-02, 8 of 24 home readings count (missing: 8 in the morning, 8 in the"
        " evening): a class needs at least 12, so there is none."
    )
    assert home_blood_pressure([], LAST_DAY, ESC).sentence() == (
        "0 of 24 home readings count (missing: 12 in the morning, 12 in the evening): a class needs at least 12,"
        " so there is none."
    )


def test_the_sentence_of_a_pattern_has_its_numbers() -> None:
    walls = [datetime(2026, 2, 9, 10, minute, tzinfo=ROME) for minute in (0, 2)]
    visit = [reading(number, wall, (152, 84 + number), ReadingSetting.OFFICE) for number, wall in enumerate(walls)]
    found = office_pattern(week("128/80", scheme=ESH), visit, treated=False)
    assert found is not None
    assert found.sentence() == (
        "In the clinic it was 152.0/84.5 mm[Hg] on 2026-02-09 (2 readings), grade 1 hypertension (isolated systolic)"
        " by ESH 2023: this looks like white-coat hypertension."
    )
    lone = office_pattern(week("128/80"), visit[:1], treated=None)
    assert lone is not None
    assert "(1 reading), hypertension by ESC 2024: this looks like a white-coat pattern." in lone.sentence()


# Few days, hours and minutes, so that pairs, triples and duplicates are common; half numbers have exact means.
MOMENTS = st.tuples(
    st.integers(-1, 8),
    st.sampled_from([3, 4, 7, 11, 12, 16, 17, 20, 23]),
    st.sampled_from([0, 1, 2, 9, 10, 11, 30, 58, 59]),
    st.sampled_from([0, 0, 1, 59]),
)
ONE = st.tuples(
    MOMENTS,
    st.sampled_from([-660, -300, 0, 60, 60, 60, 120, 345, 840]),
    st.integers(220, 300),
    st.integers(120, 190),
    st.sampled_from([ReadingSetting.HOME] * 5 + [ReadingSetting.OFFICE]),
)
# Left to themselves lists stay short, and a class would hardly ever be reached.
READINGS = st.lists(ONE, max_size=15) | st.lists(ONE, min_size=40, max_size=90)


def slow_counts(
    readings: list[HomeReading], first_day: date, last_day: date
) -> Iterator[tuple[date, str, HomeReading]]:
    """Each reading that counts with its day and part, day 1 among them, by going through every day and every pair."""
    day = first_day
    while day <= last_day:
        for part, hours in (("morning", range(4, 12)), ("evening", range(17, 24))):
            there = []
            for one in readings:
                shown = one.measured_at.replace(tzinfo=None) + timedelta(minutes=one.offset_minutes)
                if one.setting == "HOME" and shown.date() == day and shown.hour in hours:
                    there.append(one)
            there.sort(key=lambda one: (one.measured_at, one.id))
            pairs = [
                (first, second)
                for first, second in combinations(there, 2)
                if timedelta(minutes=1) <= second.measured_at - first.measured_at <= timedelta(minutes=10)
            ]
            for one in pairs[0] if pairs else there[:1]:
                yield day, part, one
        day += timedelta(days=1)


def slow_mean(numbers: list[float]) -> float:
    return round(sum(numbers) / len(numbers), 1)


@given(READINGS, st.sampled_from(BloodPressureScheme))
def test_it_is_what_a_slow_count_by_hand_gives(
    drawn: list[tuple[tuple[int, int, int, int], int, int, int, ReadingSetting]], scheme: BloodPressureScheme
) -> None:
    first_day = LAST_DAY - timedelta(days=6)
    readings = []
    for number, ((day, hour, minute, second), offset, systolic, diastolic, setting) in enumerate(drawn):
        shown = datetime.combine(first_day + timedelta(days=day), time(hour, minute, second), UTC)
        at = shown - timedelta(minutes=offset)
        readings.append(HomeReading(UUID(int=number), at, offset, systolic / 2, diastolic / 2, setting))
    counts = list(slow_counts(readings, first_day, LAST_DAY))
    day_one = min((day for day, _, _ in counts), default=None)
    used = {
        part: [one for day, its_part, one in counts if day != day_one and part in ("all", its_part)]
        for part in ("all", "morning", "evening")
    }
    found = home_blood_pressure(readings, LAST_DAY, scheme)
    assert found.day_one == day_one
    for name, part in (("all", found.overall), ("morning", found.morning), ("evening", found.evening)):
        expected = used[name]
        if not expected:
            assert part is None
            continue
        assert part is not None
        assert part.readings == len(expected)
        assert part.systolic == slow_mean([one.systolic for one in expected])
        assert part.diastolic == slow_mean([one.diastolic for one in expected])
    assert found.readings_used <= 24
    enough = len(used["all"]) >= 12
    assert (found.category is not None) is enough
    if enough:
        upper = slow_mean([one.systolic for one in used["all"]])
        lower = slow_mean([one.diastolic for one in used["all"]])
        assert (found.category == "HYPERTENSION") is (upper >= 135 or lower >= 85)
        assert (found.category == "NON_ELEVATED") is (scheme is ESC and upper < 120 and lower < 70)
