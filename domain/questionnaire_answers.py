"""Questionnaires answered: each answer completes its task, and is scored by the rules of its instrument."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain import tasks
from domain.access import Actor
from domain.errors import BadInput, Conflict
from domain.kinds import TaskOutcome
from domain.ports import Connection
from domain.rules import questionnaires
from domain.rules.questionnaires import Score
from domain.rules.tasks import TaskKey
from domain.unit_of_work import UnitOfWork, new_id


async def answer(
    work: UnitOfWork, by: Actor, key: TaskKey, answers: Mapping[str, int]
) -> tuple[Mapping[str, Any], Score]:
    """Answer the questionnaire of a task, which is done with it.

    Raises:
        NotFound: no such task for `by`.
        BadInput: it is no questionnaire, not open, or an answer is none of its choices.
        Conflict: it was answered otherwise or skipped.
    """
    row = await tasks.opened(work, by, key)
    instrument = questionnaires.newest(row["questionnaire"] or "")
    if instrument is None:
        raise BadInput("taskId: this task asks no questions.")
    told = questionnaires.checked(instrument, answers)
    score = questionnaires.score(instrument, told)
    tasks.check_moment(row, TaskOutcome.DONE, work.at, work.at)
    if row["outcome"] is not None:
        known = await work.connection.fetchval(
            "SELECT answers FROM questionnaire_answer WHERE patient_id = $1 AND activity_id = $2 AND day = $3"
            " ORDER BY answered_at DESC LIMIT 1",
            row["patient_id"],
            key.activity_id,
            key.day,
        )
        if row["outcome"] != TaskOutcome.DONE or orjson.loads(known) != told:
            raise Conflict("Something else became of this task already; take that back first.")
        return row, score
    settled = await tasks.book(work, by, row, key, TaskOutcome.DONE, work.at, is_given=True)
    await work.connection.execute(
        "INSERT INTO questionnaire_answer (id, patient_id, activity_id, day, questionnaire, questionnaire_version,"
        " answers, part_scores, total_score, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new_id(),
        row["patient_id"],
        key.activity_id,
        key.day,
        instrument.key,
        instrument.version,
        orjson.dumps(told).decode(),
        orjson.dumps(score.parts).decode(),
        score.total,
        work.at,
    )
    work.audit("answerQuestionnaire", patient_id=row["patient_id"], subject_id=key.activity_id)
    return settled, score


async def page(
    connection: Connection, patient_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """A patient's answers, the newest first; what was taken back or answered again is left out."""
    return await connection.fetch(
        "SELECT answer.*, patient.locale FROM questionnaire_answer AS answer"
        " JOIN patient ON patient.id = answer.patient_id WHERE answer.patient_id = $1"
        " AND EXISTS (SELECT FROM task_outcome AS outcome WHERE outcome.patient_id = answer.patient_id"
        " AND outcome.day = answer.day AND outcome.activity_id = answer.activity_id AND outcome.outcome = 'DONE'"
        " AND outcome.completed_at = answer.answered_at)"
        " AND ($2::timestamptz IS NULL OR (answered_at, answer.id) < ($2, $3::uuid))"
        " ORDER BY answered_at DESC, answer.id DESC LIMIT $4",
        patient_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
