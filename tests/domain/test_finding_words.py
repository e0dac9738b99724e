"""A finding in one sentence, in three languages, exactly."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.finding_words import ENGLISH, GERMAN, ITALIAN, Words, sentence, words_of
from domain.kinds import FindingDirection, FindingKind, Measure

ROME = ZoneInfo("Europe/Rome")


def told(words: Words, explanation: dict[str, Any] | None = None, **found: Any) -> str:
    """A weight that rises, or whatever is told of it."""
    columns = {
        "measure": "WEIGHT",
        "kind": "RAMP",
        "direction": "UP",
        # Already the next day in Rome.
        "onset_at": datetime(2026, 11, 2, 23, 30, tzinfo=UTC),
        "raised_at": datetime(2026, 11, 9, 6, 30, tzinfo=UTC),
        "observed": 84.26,
        "expected_low": 80.1,
        "expected_high": 81.94,
        "is_explained": False,
    }
    known = {"unit": "kg", "size": 3.24, "readings": 7, "missing_days": 1, "medication_changes": []}
    return sentence(columns | found, known | (explanation or {}), words, ROME)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ENGLISH,
            (
                "Weight: rising since 2026-11-03, 84.3 kg in the last days where 80.1 to 81.9 kg was expected at those"
                " hours, +3.2 kg (7 readings, 1 day without any)."
            ),
        ),
        (
            GERMAN,
            (
                "Gewicht: Anstieg seit 03.11.2026, 84,3 kg in den letzten Tagen, zu diesen Stunden erwartet 80,1 bis"
                " 81,9 kg, +3,2 kg (7 Messungen, 1 Tag ohne)."
            ),
        ),
        (
            ITALIAN,
            (
                "Peso: in aumento dal 03/11/2026, 84,3 kg negli ultimi giorni, a quelle ore si attendeva da 80,1 a"
                " 81,9 kg, +3,2 kg (7 misure, 1 giorno senza)."
            ),
        ),
    ],
    ids=["en", "de", "it"],
)
def test_a_ramp(words: Words, expected: str) -> None:
    assert told(words) == expected


def test_what_a_change_of_medication_accounts_for_says_so() -> None:
    change = {"medication_changes": [{"at": "2026-11-01T08:00:00+00:00", "label": "furosemide 40 mg to 20 mg"}]}
    assert told(ENGLISH, change, is_explained=True).endswith(
        "any); furosemide 40 mg to 20 mg on 2026-11-01 may account for it."
    )
    assert "furosemide" not in told(ENGLISH, change)


def test_a_point_asks_for_another_reading() -> None:
    found = {"kind": "POINT", "measure": "STEPS", "observed": 54321.0, "expected_low": -200.0, "expected_high": 9000.0}
    assert told(ENGLISH, {"unit": "{steps}"}, **found) == (
        "Number of steps: 54,321 on 2026-11-09 does not fit the 0 to 9,000 that was expected at that hour;"
        " measure once more."
    )


def test_restlessness_is_told_as_a_standard_deviation() -> None:
    found = {"kind": "VARIABILITY", "measure": "SYSTOLIC", "observed": 14.2, "expected_low": 5.0, "expected_high": 8.1}
    assert told(ENGLISH, {"unit": "mm[Hg]", "readings": 1, "missing_days": 0}, **found) == (
        "Systolic blood pressure: varying more than usual since 2026-11-03, readings scatter by 14.2 mmHg (standard"
        " deviation) where 5.0 to 8.1 mmHg is usual (1 reading)."
    )


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, ITALIAN], ids=["en", "de", "it"])
def test_every_measure_and_every_kind_has_its_words(words: Words) -> None:
    assert len({words.name(measure) for measure in Measure}) == len(Measure)
    for kind in set(FindingKind) - {FindingKind.POINT}:
        for direction in FindingDirection if kind is not FindingKind.VARIABILITY else [FindingDirection.UP]:
            assert told(words, kind=kind, direction=direction).count(".") >= 1


@pytest.mark.parametrize(
    ("locale", "words"), [("de-AT", GERMAN), ("IT_it", ITALIAN), ("fr-FR", ENGLISH), ("", ENGLISH)]
)
def test_the_language_is_that_of_the_locale(locale: str, words: Words) -> None:
    assert words_of(locale) is words
