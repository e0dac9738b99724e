"""Questionnaires as data, and their scores counted by hand."""

import pytest

from domain.errors import BadInput
from domain.rules import questionnaires
from domain.rules.questionnaires import Score, checked, score
from domain.rules.schedules import LANGUAGES

DAILY_LIFE = questionnaires.all_versions()["daily-life", 1]


@pytest.mark.parametrize("one", questionnaires.all_versions().values(), ids=lambda one: f"{one.key}-{one.version}")
def test_every_questionnaire_is_whole_in_every_language(one: questionnaires.Questionnaire) -> None:
    assert one.source
    assert one.scoring
    texts = [one.title, *one.parts.values(), *(item.text for item in one.items)]
    texts += [choice for item in one.items for choice in item.choices]
    for text in texts:
        assert list(text) == list(LANGUAGES)
        assert all(text.values())
    assert len({item.key for item in one.items}) == len(one.items)
    assert {item.part for item in one.items} == set(one.parts)
    assert all(len(item.choices) > 1 for item in one.items)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([4, 4, 4, 4, 4, 4], Score(100.0, {"symptoms": 100.0, "activity": 100.0, "mood": 100.0})),
        ([0, 0, 0, 0, 0, 0], Score(0.0, {"symptoms": 0.0, "activity": 0.0, "mood": 0.0})),
        # 25, 50 | 75, 100 | 0, 25: their mean is 275/6.
        ([1, 2, 3, 4, 0, 1], Score(275 / 6, {"symptoms": 37.5, "activity": 87.5, "mood": 12.5})),
        # Half of a part is enough, and then that half is its score.
        ([1, None, 3, None, 0, None], Score(100 / 3, {"symptoms": 25.0, "activity": 75.0, "mood": 0.0})),
        # A part without any has none, nor has the whole.
        ([1, 2, 3, 4, None, None], Score(None, {"symptoms": 37.5, "activity": 87.5, "mood": None})),
    ],
)
def test_the_score_is_the_one_of_the_rule(answers: list[int | None], expected: Score) -> None:
    told = {item.key: one for item, one in zip(DAILY_LIFE.items, answers, strict=True) if one is not None}
    found = score(DAILY_LIFE, checked(DAILY_LIFE, told))
    assert found.parts == expected.parts
    assert found.total == (None if expected.total is None else pytest.approx(expected.total, abs=1e-12))


@pytest.mark.parametrize("answers", [{}, {"breathless": 5}, {"breathless": -1}, {"pain": 1}])
def test_answers_that_cannot_be_are_refused(answers: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        checked(DAILY_LIFE, answers)


def test_there_is_no_questionnaire_of_another_name() -> None:
    assert questionnaires.newest("daily-life") is DAILY_LIFE
    assert questionnaires.newest("kccq-12") is None
