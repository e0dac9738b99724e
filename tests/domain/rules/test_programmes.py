"""Programmes as data: whole, in every language, and possible."""

from pathlib import Path

import pytest

from domain.kinds import ActivityKind
from domain.rules import programmes, questionnaires
from domain.rules.programmes import Programme
from domain.rules.schedules import LANGUAGES

EVERY = list(programmes.all_versions().values())


def test_the_conditions_of_the_centre_have_their_programme() -> None:
    assert {one.condition for one in programmes.offered()} == {
        *("HYPERTENSION", "ATRIAL_FIBRILLATION", "CORONARY_DISEASE", "HEART_FAILURE", "PREVENTION"),
    }


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.key}-{one.version}")
def test_every_programme_is_whole_in_every_language(one: Programme) -> None:
    assert one.sources
    texts = [one.title, one.description]
    texts += [text for activity in one.activities for text in (activity.title, activity.instructions)]
    for text in texts:
        assert list(text) == list(LANGUAGES)
        assert all(text.values())
    # A text that was copied from another language was forgotten.
    assert [text for text in texts if len(set(text.values())) < len(LANGUAGES)] == []
    assert programmes.read(programmes.FOLDER / f"{one.key}-{one.version}.toml") == one
    assert len({activity.key for activity in one.activities}) == len(one.activities)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.key}-{one.version}")
def test_what_a_programme_asks_for_can_be_done(one: Programme) -> None:
    for activity in one.activities:
        assert 1 <= activity.first_day <= activity.last_day <= one.weeks * 7, activity.key
        assert not activity.schedule.is_as_needed
        is_measured = activity.kind is ActivityKind.MEASUREMENT
        assert (activity.measured_kind is not None, activity.readings_each is not None) == (is_measured, is_measured)
        is_exercise = activity.kind is ActivityKind.EXERCISE
        assert (activity.exercise is not None, activity.minutes is not None) == (is_exercise, is_exercise)
        is_asked = activity.kind is ActivityKind.QUESTIONNAIRE
        assert (activity.questionnaire is not None) == is_asked
        if activity.questionnaire is not None:
            assert questionnaires.newest(activity.questionnaire) is not None
    lessons = [activity for activity in one.activities if activity.kind is ActivityKind.EDUCATION]
    assert [lesson.key for lesson in lessons] == [f"lesson-{number}" for number in range(1, len(lessons) + 1)]
    assert all(lesson.first_day == lesson.last_day for lesson in lessons)
    assert [lesson.first_day for lesson in lessons] == sorted(lesson.first_day for lesson in lessons)
    # Medicines are prescribed by a clinician, never by a programme.
    assert {activity.kind for activity in one.activities} == set(ActivityKind) - {ActivityKind.MEDICATION}


def test_a_new_version_is_offered_and_the_old_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (programmes.FOLDER / "prevention-1.toml").read_text(encoding="utf-8")
    (tmp_path / "prevention-1.toml").write_text(text, encoding="utf-8")
    (tmp_path / "prevention-2.toml").write_text(text.replace("version = 1", "version = 2"), encoding="utf-8")
    monkeypatch.setattr(programmes, "FOLDER", tmp_path)
    for kept in (programmes.all_versions, programmes.offered):
        kept.cache_clear()
    try:
        (newest,) = programmes.offered()
        assert newest.version == 2
        assert set(programmes.all_versions()) == {("prevention", 1), ("prevention", 2)}
        assert newest.id != programmes.all_versions()["prevention", 1].id
    finally:
        for kept in (programmes.all_versions, programmes.offered):
            kept.cache_clear()
