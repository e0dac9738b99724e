"""Questionnaires through the real schema, as every kind of caller."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.asking import ask
from tests.people import People
from tests.schema.test_people import code
from tests.schema.test_therapy import started
from tests.schema.therapy import MORNING, UNDO, Centre

QUESTIONS = """query ($id: ID!, $locale: String = "en") { questionnaire(id: $id, locale: $locale) {
  id version title source scoring toBeConfirmedByAClinician items { id part text choices } } }"""
ANSWER = """mutation ($input: AnswerQuestionnaireInput!) { answerQuestionnaire(input: $input) {
  task { id status completedAt } score parts { part score } } }"""
RESULTS = """query ($id: ID!, $first: Int!, $after: String) { patient(id: $id) {
  questionnaireResults(first: $first, after: $after) { edges { node {
    questionnaireId version title day answeredAt score parts { part score } } }
  pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture
async def centre(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> Centre:
    made = Centre(runtime, people, monkeypatch)
    await made.settled()
    await started(made)
    made.set_clock(MORNING.replace(hour=18, minute=40))
    return made


async def questions_of_today(centre: Centre) -> dict[str, Any]:
    return next(one for one in await centre.tasks() if one["kind"] == "QUESTIONNAIRE")


def answers(*choices: int) -> list[dict[str, Any]]:
    names = ("breathless", "tired", "stairs", "household", "worried", "joy")
    return [{"itemId": name, "choice": choice} for name, choice in zip(names, choices, strict=False)]


async def results(centre: Centre, **more: Any) -> dict[str, Any]:
    found = await centre.ask(centre.zoe, RESULTS, id=str(centre.people.patient_id), **({"first": 10} | more))
    told: dict[str, Any] = found["questionnaireResults"]
    return told


async def test_a_patient_answers_and_the_score_is_kept(centre: Centre) -> None:
    task = await questions_of_today(centre)
    asked = await centre.ask(centre.ada, QUESTIONS, id=task["questionnaireId"], locale="it-IT")
    assert (asked["title"], asked["version"]) == ("La vita di ogni giorno con il suo cuore", 1)
    assert [one["id"] for one in asked["items"]] == [one["itemId"] for one in answers(*range(6))]
    assert asked["items"][0]["choices"] == ["ogni giorno", "quasi ogni giorno", "alcuni giorni", "di rado", "mai"]
    sent = {"taskId": task["id"], "answers": answers(1, 2, 3, 4, 0, 1)}
    done = await centre.ask(centre.ada, ANSWER, input=sent)
    assert done["task"]["status"] == "DONE"
    assert done["score"] == pytest.approx(275 / 6)
    parts = [{"part": "Disturbi", "score": 37.5}, {"part": "Attività", "score": 87.5}, {"part": "Umore", "score": 12.5}]
    assert done["parts"] == parts
    before = await centre.looked()
    assert await centre.ask(centre.ada, ANSWER, input=sent) == done
    other = sent | {"answers": answers(0, 0)}
    assert code(await ask(centre.runtime, centre.ada, ANSWER, input=other)) == "CONFLICT"
    assert await centre.looked() == before
    told = {
        "questionnaireId": "daily-life",
        "version": 1,
        "title": "La vita di ogni giorno con il suo cuore",
        "day": "2026-11-10",
        "answeredAt": done["task"]["completedAt"],
        "score": done["score"],
        "parts": parts,
    }
    assert (await results(centre))["edges"] == [{"node": told}]
    # What is taken back and answered anew counts once.
    await centre.ask(centre.ada, UNDO, input={"taskId": task["id"]})
    assert (await results(centre))["edges"] == []
    centre.set_clock(centre.at + timedelta(minutes=1))
    await centre.ask(centre.ada, ANSWER, input=other)
    assert [one["node"]["score"] for one in (await results(centre))["edges"]] == [None]


async def test_results_come_in_pages(centre: Centre) -> None:
    for weeks in (0, 4, 8):
        centre.set_clock(MORNING.replace(hour=19) + timedelta(weeks=weeks))
        task = await questions_of_today(centre)
        await centre.ask(centre.ada, ANSWER, input={"taskId": task["id"], "answers": answers(*[weeks // 4] * 6)})
    page = await results(centre, first=2)
    assert [one["node"]["score"] for one in page["edges"]] == [50.0, 25.0]
    page = await results(centre, first=2, after=page["pageInfo"]["endCursor"])
    assert [one["node"]["score"] for one in page["edges"]] == [0.0]
    assert not page["pageInfo"]["hasNextPage"]


async def test_what_cannot_be_answered_is_refused(centre: Centre) -> None:
    task = await questions_of_today(centre)
    lesson = next(one for one in await centre.tasks() if one["kind"] == "EDUCATION")
    before = await centre.looked()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"answers": []}, "BAD_USER_INPUT"),
        ({"answers": answers(9)}, "BAD_USER_INPUT"),
        ({"answers": [{"itemId": "pain", "choice": 1}]}, "BAD_USER_INPUT"),
        ({"taskId": lesson["id"]}, "BAD_USER_INPUT"),
        ({"taskId": "x"}, "BAD_USER_INPUT"),
    ]
    for more, refusal in refused:
        answer = await ask(
            centre.runtime, centre.ada, ANSWER, input={"taskId": task["id"], "answers": answers(1), **more}
        )
        assert code(answer) == refusal, more
    for role in set(Role) - {Role.PATIENT}:
        sent = {"taskId": task["id"], "answers": answers(1)}
        assert code(await ask(centre.runtime, centre.people.actors[role], ANSWER, input=sent)) == "FORBIDDEN"
    for role in (Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
        actor = centre.people.actors[role]
        assert code(await ask(centre.runtime, actor, QUESTIONS, id="daily-life")) == "FORBIDDEN"
        answer = await ask(centre.runtime, actor, RESULTS, id=str(centre.people.patient_id), first=1)
        assert code(answer) == "FORBIDDEN"
    assert code(await ask(centre.runtime, centre.ada, QUESTIONS, id="kccq-12")) == "NOT_FOUND"
    assert await centre.looked() == before
    centre.set_clock(MORNING)
    early = {"taskId": task["id"], "answers": answers(1)}
    assert code(await ask(centre.runtime, centre.ada, ANSWER, input=early)) == "BAD_USER_INPUT"
    assert await centre.looked() == before
