"""Which strips become alerts and how urgent, and what reviews say beside the analysis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics import beat_shapes, rhythm, strip_quality
from domain import kinds
from domain.kinds import Agreement, RhythmLabel, StripFinding, StripUsability
from domain.rules.codes import snomed_check_digit_holds
from domain.rules.strip_alerts import RULES, ReadStrip, concerns
from domain.rules.strip_findings import FINDINGS, agreement

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
CALM = ReadStrip(
    NOW,
    NOW,
    (),
    StripUsability.GOOD,
    RhythmLabel.NO_FIBRILLATION_FOUND,
    0.97,
    70.0,
    [beat * 60 / 70 for beat in range(30)],
    410.0,
)
FLUTTERING = replace(CALM, label=RhythmLabel.FIBRILLATION_SUSPECTED)
PAUSING = replace(CALM, beat_seconds=(0.0, 1.0, 4.0, 5.0))


@pytest.mark.parametrize(
    ("strip", "found"),
    [
        (CALM, []),
        (FLUTTERING, [("AF-SUSPECT", "REVIEW")]),
        (replace(FLUTTERING, symptoms=("syncope",)), [("AF-SUSPECT", "URGENT")]),
        (replace(FLUTTERING, symptoms=("palpitations",)), [("AF-SUSPECT", "REVIEW")]),
        (replace(FLUTTERING, symptoms=("SPEECH DIFFICULTY",)), [("AF-SUSPECT", "URGENT")]),
        (replace(FLUTTERING, rate_bpm=130.9), [("AF-SUSPECT", "REVIEW")]),
        (replace(FLUTTERING, rate_bpm=131.0), [("AF-SUSPECT", "URGENT"), ("ECG-FAST", "URGENT")]),
        (replace(CALM, rate_bpm=131.0), [("ECG-FAST", "URGENT")]),
        (replace(CALM, rate_bpm=130.9), []),
        (replace(CALM, rate_bpm=131.0, symptoms=("CHEST_PAIN",)), [("ECG-FAST", "EMERGENCY")]),
        (replace(CALM, rate_bpm=40.0), [("ECG-SLOW", "URGENT")]),
        (replace(CALM, rate_bpm=40.1), []),
        (PAUSING, [("ECG-PAUSE", "REVIEW")]),
        (replace(PAUSING, beat_seconds=(0.0, 2.99, 4.0)), []),
        (replace(PAUSING, beat_seconds=(0.0, 6.0, 7.0)), [("ECG-PAUSE", "URGENT")]),
        (replace(PAUSING, usability=StripUsability.USABLE_FOR_RATE), []),
        (replace(CALM, qt_milliseconds=500.0), [("QT-1", "URGENT")]),
        (replace(CALM, qt_milliseconds=499.9), []),
        (replace(CALM, qt_milliseconds=520.0, rate_bpm=121.0), []),
        (replace(FLUTTERING, usability=StripUsability.UNUSABLE), []),
        (replace(FLUTTERING, received_at=NOW + timedelta(hours=24)), [("AF-SUSPECT", "REVIEW")]),
        (replace(FLUTTERING, received_at=NOW + timedelta(hours=24, seconds=1)), []),
        (replace(CALM, rate_bpm=None, qt_milliseconds=None, beat_seconds=()), []),
    ],
)
def test_boundaries(strip: ReadStrip, found: list[tuple[str, str]]) -> None:
    assert [(one.rule.id, one.severity.value) for one in concerns(strip)] == found


def test_rules_have_sources_and_say_what_a_clinician_must_confirm() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.source
        assert rule.to_be_confirmed_by_a_clinician is (rule.mark != "[V]")


def test_an_explanation_has_the_numbers_and_a_title_has_none() -> None:
    (found,) = concerns(replace(CALM, rate_bpm=38.0, symptoms=("SYNCOPE",)))
    assert found.explanation == "Strip of 2026-11-25 08:00 UTC: 38/min, limit 40/min. Symptoms: SYNCOPE."
    assert not any(letter.isdigit() for letter in found.rule.title)


def test_every_finding_has_a_code_that_holds_or_none() -> None:
    assert set(FINDINGS) == set(StripFinding)
    codes = [one.snomed for one in FINDINGS.values() if one.snomed]
    assert len(set(codes)) == len(codes) == len(FINDINGS) - 2
    assert all(snomed_check_digit_holds(code) for code in codes)


@pytest.mark.parametrize(
    ("label", "finding", "said"),
    [
        ("FIBRILLATION_SUSPECTED", "ATRIAL_FIBRILLATION", "AGREES"),
        ("FIBRILLATION_SUSPECTED", "VENTRICULAR_ECTOPY", "DISAGREES"),
        ("NO_FIBRILLATION_FOUND", "ATRIAL_FIBRILLATION", "DISAGREES"),
        ("NO_FIBRILLATION_FOUND", "PACED_RHYTHM", "NOT_COMPARABLE"),
        ("INCONCLUSIVE", "ATRIAL_FIBRILLATION", "NOT_COMPARABLE"),
        (None, "SINUS_RHYTHM", "NOT_COMPARABLE"),
    ],
)
def test_agreement(label: str | None, finding: str, said: str) -> None:
    assert agreement(label, StripFinding(finding)) is Agreement(said)


def test_what_is_stored_has_the_words_of_the_analysis() -> None:
    pairs = [
        (kinds.StripUsability, strip_quality.Usability),
        (kinds.QualityReason, strip_quality.Reason),
        (kinds.BeatKind, beat_shapes.BeatKind),
        (kinds.RhythmLabel, rhythm.RhythmLabel),
        (kinds.RateFinding, rhythm.RateFinding),
    ]
    for stored, said in pairs:
        assert {one.value for one in said} <= {one.value for one in stored}
