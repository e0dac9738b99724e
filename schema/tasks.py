"""A patient's tasks of a day: reading, completing and taking back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import activity_words, tasks
from domain.kinds import ActivityKind, Role, TaskOutcome
from domain.rules.tasks import TaskKey, TaskStatus, is_late, status, task_id, task_key
from schema.access import needs
from schema.context import Context, Info
from schema.scalars import with_offset

strawberry.enum(
    TaskStatus,
    description="UPCOMING, DUE from some hours before its time on, LATE an hour after it, MISSED once the next one"
    " opens; then TAKEN, DONE or SKIPPED, whenever that was.",
)


@strawberry.type(description="Something for the patient to do at one time of one day.")
class Task:
    id: strawberry.ID = strawberry.field(description="The task's id.")
    activity_id: strawberry.ID = strawberry.field(description="The activity that it is of.")
    kind: ActivityKind = strawberry.field(description="What it asks for.")
    title: str = strawberry.field(
        description="What it is called, in the patient's language; for coordinators its kind alone."
    )
    instructions: str | None = strawberry.field(description="What is said to the patient; absent for coordinators.")
    status: TaskStatus = strawberry.field(description="How it stands now.")
    opens_at: datetime = strawberry.field(description="From when on it can be completed, in UTC.")
    due_at: datetime = strawberry.field(description="Its time, in UTC.")
    closes_at: datetime = strawberry.field(description="When it counts as missed and the next one opens, in UTC.")
    completed_at: datetime | None = strawberry.field(description="When it was taken, done or skipped, in UTC.")
    was_late: bool = strawberry.field(description="Whether that was an hour or more after its time.")
    by_readings: bool = strawberry.field(description="Whether readings completed it by themselves.")
    questionnaire_id: strawberry.ID | None = strawberry.field(description="Which one is to be answered, if it is that.")


def task_of(row: Mapping[str, Any], context: Context, at: datetime) -> Task:
    """The GraphQL type of a row of `tasks` at a moment."""
    role = context.actor.role
    return Task(
        id=strawberry.ID(task_id(TaskKey(row["activity_id"], row["day"], row["time_of_day"]))),
        activity_id=strawberry.ID(str(row["activity_id"])),
        kind=ActivityKind(row["kind"]),
        title=activity_words.title(row, role),
        instructions=None if role is Role.COORDINATOR else activity_words.instructions(row),
        status=status(row, at),
        opens_at=row["opens_at"],
        due_at=row["due_at"],
        closes_at=row["closes_at"],
        completed_at=row["completed_at"],
        was_late=is_late(row),
        by_readings=row["outcome"] is not None and row["recorded_by_id"] is None,
        questionnaire_id=row["questionnaire"] and strawberry.ID(row["questionnaire"]),
    )


async def tasks_of(context: Context, ids: list[UUID], on: date) -> list[list[Task]]:
    """The tasks of these patients on a day, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[Task]] = {one: [] for one in ids}
    for row in await tasks.of_day(work.connection, ids, on, work.at):
        found[row["patient_id"]].append(task_of(row, context, work.at))
    for one in ids:
        work.audit("tasks", patient_id=one)
    return list(found.values())


@strawberry.input(description="What became of a task.")
class CompleteTaskInput:
    task_id: strawberry.ID = strawberry.field(description="The task's id.")
    outcome: TaskOutcome = strawberry.field(description="What became of it.")
    completed_at: datetime | None = strawberry.field(
        default=None, description="When, with offset, if that was before; not before the task opened."
    )


@strawberry.input(description="What is taken back.")
class UndoTaskInput:
    task_id: strawberry.ID = strawberry.field(description="The task's id.")


@strawberry.type(description="The task.")
class TaskPayload:
    task: Task = strawberry.field(description="As it is now.")


@strawberry.type
class TasksMutation:
    @needs(Role.PATIENT)
    async def complete_task(
        self,
        info: Info,
        input: Annotated[CompleteTaskInput, strawberry.argument(description="Which one, and how.")],  # noqa: A002
    ) -> TaskPayload:
        """Book a task as taken, done or skipped, until 7 days after; the same once more changes nothing."""
        key, completed_at = task_key(input.task_id), with_offset(input.completed_at, "completedAt")
        async with info.context.change() as work:
            row = await tasks.complete(work, info.context.actor, key, input.outcome, completed_at)
        return TaskPayload(task=task_of(row, info.context, work.at))

    @needs(Role.PATIENT)
    async def undo_task(
        self,
        info: Info,
        input: Annotated[UndoTaskInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> TaskPayload:
        """Take back what became of a task, until 7 days after its day."""
        async with info.context.change() as work:
            row = await tasks.undo(work, info.context.actor, task_key(input.task_id))
        return TaskPayload(task=task_of(row, info.context, work.at))
