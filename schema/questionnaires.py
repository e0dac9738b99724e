"""Questionnaires: their questions, answering them, and what the answers come to."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
import strawberry

from domain import questionnaire_answers
from domain.errors import NotFound
from domain.kinds import Role
from domain.rules import questionnaires
from domain.rules.programmes import said
from domain.rules.questionnaires import Questionnaire as Instrument
from domain.rules.schedules import LANGUAGES
from domain.rules.tasks import task_key
from schema.access import needs
from schema.context import Context, Info
from schema.pages import Connection, check_first, decode, make_page
from schema.tasks import Task, task_of


@strawberry.type(description="A question.")
class QuestionnaireItem:
    id: strawberry.ID = strawberry.field(description="Of this question within its questionnaire.")
    part: str = strawberry.field(description="The part that it belongs to.")
    text: str = strawberry.field(description="What is asked.")
    choices: list[str] = strawberry.field(description="From worst to best; an answer is the place of one, from 0.")


@strawberry.type(description="An instrument, in the version that is answered now.")
class Questionnaire:
    id: strawberry.ID = strawberry.field(description="The same for every version.")
    version: int = strawberry.field(description="Of its questions and scoring.")
    title: str = strawberry.field(description="What it is called.")
    source: str = strawberry.field(description="Whose it is, and under what licence.")
    scoring: str = strawberry.field(description="How it is scored, and after which rules.")
    to_be_confirmed_by_a_clinician: bool = strawberry.field(description="Whether no clinician has confirmed it yet.")
    items: list[QuestionnaireItem] = strawberry.field(description="The questions, in their order.")


def questionnaire_of(instrument: Instrument, locale: str) -> Questionnaire:
    """The GraphQL type of an instrument, in the language of `locale`."""
    return Questionnaire(
        id=strawberry.ID(instrument.key),
        version=instrument.version,
        title=said(instrument.title, locale),
        source=instrument.source,
        scoring=instrument.scoring,
        to_be_confirmed_by_a_clinician=instrument.to_be_confirmed_by_a_clinician,
        items=[
            QuestionnaireItem(
                id=strawberry.ID(one.key),
                part=said(instrument.parts[one.part], locale),
                text=said(one.text, locale),
                choices=[said(each, locale) for each in one.choices],
            )
            for one in instrument.items
        ],
    )


@strawberry.type(description="What the answers about one part come to.")
class PartScore:
    part: str = strawberry.field(description="The part, in the patient's language.")
    score: float | None = strawberry.field(description="0 worst to 100 best; absent with too few answers.")


@strawberry.type(description="What a patient's answers to a questionnaire came to.")
class QuestionnaireResult:
    questionnaire_id: strawberry.ID = strawberry.field(description="Which one.")
    version: int = strawberry.field(description="In which version.")
    title: str = strawberry.field(description="What it is called, in the patient's language.")
    day: date = strawberry.field(description="For which day of the plan.")
    answered_at: datetime = strawberry.field(description="When, in UTC.")
    score: float | None = strawberry.field(description="0 worst to 100 best; absent with too few answers.")
    parts: list[PartScore] = strawberry.field(description="The same by part.")


def _parts_of(instrument: Instrument, scores: Mapping[str, float | None], locale: str) -> list[PartScore]:
    return [PartScore(part=said(title, locale), score=scores[key]) for key, title in instrument.parts.items()]


def _result_of(row: Mapping[str, Any]) -> QuestionnaireResult:
    instrument = questionnaires.all_versions()[row["questionnaire"], row["questionnaire_version"]]
    return QuestionnaireResult(
        questionnaire_id=strawberry.ID(instrument.key),
        version=instrument.version,
        title=said(instrument.title, row["locale"]),
        day=row["day"],
        answered_at=row["answered_at"],
        score=row["total_score"],
        parts=_parts_of(instrument, orjson.loads(row["part_scores"]), row["locale"]),
    )


async def results_page(
    context: Context, patient_id: UUID, first: int, after: str | None
) -> Connection[QuestionnaireResult]:
    """A page of what a patient's answers came to."""
    work = await context.reads()
    rows = await questionnaire_answers.page(
        work.connection, patient_id, before=decode(after, datetime, UUID), limit=check_first(first) + 1
    )
    work.audit("questionnaireResults", patient_id=patient_id)
    return make_page(rows, first, lambda row: [row["answered_at"], str(row["id"])], _result_of)


@strawberry.input(description="The answer to one question.")
class ItemAnswerInput:
    item_id: strawberry.ID = strawberry.field(description="Which question.")
    choice: int = strawberry.field(description="The place of the choice, counted from 0.")


@strawberry.input(description="The answers to a task's questionnaire; questions may be left out.")
class AnswerQuestionnaireInput:
    task_id: strawberry.ID = strawberry.field(description="The task's id.")
    answers: list[ItemAnswerInput] = strawberry.field(description="At least one; of two to a question the last counts.")


@strawberry.type(description="The task with what the answers come to.")
class AnswerQuestionnairePayload:
    task: Task = strawberry.field(description="As it is now.")
    score: float | None = strawberry.field(description="0 worst to 100 best; absent with too few answers.")
    parts: list[PartScore] = strawberry.field(description="The same by part.")


@strawberry.type
class QuestionnairesQuery:
    @needs(Role.PATIENT, Role.CLINICIAN)
    async def questionnaire(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Such as daily-life.")],  # noqa: A002
        locale: Annotated[
            str, strawberry.argument(description=f"In which language: {', '.join(LANGUAGES)}, or a locale of one.")
        ] = "en",
    ) -> Questionnaire:
        """The questions of a questionnaire."""
        del info
        instrument = questionnaires.newest(id)
        if instrument is None:
            raise NotFound("There is no such questionnaire.")
        return questionnaire_of(instrument, locale)


@strawberry.type
class QuestionnairesMutation:
    @needs(Role.PATIENT)
    async def answer_questionnaire(
        self,
        info: Info,
        input: Annotated[AnswerQuestionnaireInput, strawberry.argument(description="Which task, and what.")],  # noqa: A002
    ) -> AnswerQuestionnairePayload:
        """Answer a task's questionnaire, which completes the task; the same once more changes nothing."""
        key, answers = task_key(input.task_id), {str(one.item_id): one.choice for one in input.answers}
        async with info.context.change() as work:
            row, score = await questionnaire_answers.answer(work, info.context.actor, key, answers)
        instrument = questionnaires.newest(row["questionnaire"])
        assert instrument is not None, "it was answered"
        return AnswerQuestionnairePayload(
            task=task_of(row, info.context, work.at),
            score=score.total,
            parts=_parts_of(instrument, score.parts, row["locale"]),
        )
