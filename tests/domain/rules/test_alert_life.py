"""The set times of alerts against the page that a doctor reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.kinds import AlertAudience, AlertSeverity
from domain.rules.alert_life import (
    REMINDS_AFTER,
    SNOOZES,
    STEPS,
    first_step_at,
    latest_snooze,
    next_step_at,
    reminds_at,
    steps_after_hand_over,
)
from domain.rules.alert_words import LANGUAGES, patient_advice, patient_title
from domain.rules.limit_rules import RULES

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "alert-life.md"
NOW = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words(length: timedelta | None) -> str:
    """`5 min`, `2 h`, `3 d`, or a dash."""
    if length is None:
        return "–"
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h")):
        if length >= unit and not length % unit:
            return f"{length // unit} {name}"
    return f"{length // timedelta(minutes=1)} min"


def test_the_page_tells_the_steps() -> None:
    columns = (AlertAudience.RESPONSIBLE, AlertAudience.CARE_TEAM, AlertAudience.ON_CALL)
    told = []
    for severity, steps in STEPS.items():
        after = {step.audience: f"after {words(step.after)}" if step.after else "at once" for step in steps}
        told.append([severity.value, *(after.get(column, "–") for column in columns)])
    assert table("The steps") == told
    assert list(STEPS) == list(AlertSeverity)


def test_the_page_tells_the_limits() -> None:
    assert table("The limits") == [
        [one.value, words(SNOOZES[one].longest), words(SNOOZES[one].since_severe), words(REMINDS_AFTER[one])]
        for one in AlertSeverity
    ]


def test_each_step_is_due_its_time_after_the_first() -> None:
    for severity, steps in STEPS.items():
        due = first_step_at(severity, NOW)
        for number, step in enumerate(steps, start=1):
            assert due == NOW + step.after
            due = next_step_at(severity, number, due)
        assert due is None


def test_an_alert_that_was_handed_over_goes_on_with_the_first_step_that_is_not_at_once() -> None:
    assert {one: steps_after_hand_over(one, NOW) for one in AlertSeverity} == {
        AlertSeverity.EMERGENCY: (1, NOW + timedelta(minutes=5)),
        AlertSeverity.URGENT: (1, NOW + timedelta(hours=2)),
        AlertSeverity.REVIEW: (0, NOW + timedelta(days=3)),
        AlertSeverity.INFO: (0, None),
    }


def test_the_worse_it_is_the_shorter_it_may_be_quiet() -> None:
    longest = [latest_snooze(one, NOW, NOW) for one in AlertSeverity]
    assert longest == sorted(longest)
    assert latest_snooze(AlertSeverity.EMERGENCY, NOW - timedelta(minutes=50), NOW) == NOW + timedelta(minutes=10)
    assert latest_snooze(AlertSeverity.EMERGENCY, NOW - timedelta(hours=2), NOW) < NOW
    assert reminds_at(AlertSeverity.INFO, NOW) is None


def test_patients_read_what_an_alert_is_about_in_each_language_and_never_the_rule() -> None:
    rules = {one.id for one in RULES} | {
        "BP-CRISIS-1",
        "W-ESC",
        "HF-CONGESTION",
        "AF-FAST",
        "QT-1",
        "ECG-FAST",
        "ADH-PDC",
    }
    told = {rule: [patient_title(rule, locale) for locale in ("en-GB", "de_AT", "it-IT", "fr-FR")] for rule in rules}
    for rule, (english, german, italian, other) in told.items():
        assert len({english, german, italian}) == len(LANGUAGES)
        assert english == other != "About your measurements"
        assert rule not in english
    assert patient_title("VITALS-CHANGE", "de-DE") == "Zu Ihren Messwerten"
    advice = [patient_advice(severity, language) for severity in AlertSeverity for language in LANGUAGES]
    assert len(set(advice)) == len(advice)
