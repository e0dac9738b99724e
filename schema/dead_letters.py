"""Reminders that could not be sent, for the staff of a clinic."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import dead_letters
from domain.kinds import Channel, ReminderKind, Role, TryOutcome
from schema.access import loads, needs
from schema.context import Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.scalars import required_uuid


@strawberry.type(description="One try to send.")
class ReminderTry:
    begun_at: datetime = strawberry.field(description="When it began, in UTC.")
    ended_at: datetime | None = strawberry.field(description="When it was known how it ended, in UTC.")
    outcome: TryOutcome | None = strawberry.field(description="How it ended; absent while it is under way.")
    error: str | None = strawberry.field(description="The protocol and its code.")


@strawberry.type(description="A reminder that could not be sent.")
class DeadLetter:
    id: strawberry.ID = strawberry.field(description="Its id.")
    kind: ReminderKind = strawberry.field(description="What it is about.")
    channel: Channel = strawberry.field(description="By what it was to go.")
    recipient: str = strawberry.field(description="Name of who was to get it.")
    due_at: datetime = strawberry.field(description="When it was to go out, in UTC.")
    dead_at: datetime = strawberry.field(description="When it was given up, in UTC.")
    error: str | None = strawberry.field(description="Why: the protocol and its code.")
    key: strawberry.Private[UUID]

    @loads(Role.COORDINATOR, key=attrgetter("key"))
    @staticmethod
    async def tries(ids: list[UUID], info: Info) -> list[list[ReminderTry]]:
        """Every try, in order."""
        work = await info.context.reads()
        found: dict[UUID, list[ReminderTry]] = {one: [] for one in ids}
        for row in await dead_letters.tries_of(work.connection, ids):
            found[row["send_id"]].append(
                ReminderTry(
                    begun_at=row["begun_at"],
                    ended_at=row["ended_at"],
                    outcome=TryOutcome(row["outcome"]) if row["outcome"] else None,
                    error=row["error"],
                )
            )
        return [*found.values()]


def dead_letter_of(row: Mapping[str, Any]) -> DeadLetter:
    """The GraphQL type of a row of `dead_letters.page`."""
    return DeadLetter(
        id=strawberry.ID(str(row["id"])),
        kind=ReminderKind(row["kind"]),
        channel=Channel(row["channel"]),
        recipient=row["display_name"],
        due_at=row["due_at"],
        dead_at=row["dead_at"],
        error=row["last_error"],
        key=row["id"],
    )


@strawberry.input(description="What is sent once more.")
class ReplayDeadLetterInput:
    dead_letter_id: strawberry.ID = strawberry.field(description="The dead letter's id.")


@strawberry.type(description="What is sent once more.")
class ReplayDeadLetterPayload:
    dead_letter: DeadLetter = strawberry.field(description="As it was.")


@strawberry.type
class DeadLettersQuery:
    @needs(Role.COORDINATOR)
    async def dead_letters(self, info: Info, first: First, after: After = None) -> Connection[DeadLetter]:
        """What could not be sent to people of the clinic, the newest first."""
        work = await info.context.reads()
        rows = await dead_letters.page(
            work.connection,
            info.context.actor,
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        for row in rows[:first]:
            work.audit("deadLetters", patient_id=row["patient_id"])
        return make_page(rows, first, lambda row: [row["dead_at"], str(row["id"])], dead_letter_of)


@strawberry.type
class DeadLettersMutation:
    @needs(Role.COORDINATOR)
    async def replay_dead_letter(
        self,
        info: Info,
        input: Annotated[ReplayDeadLetterInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> ReplayDeadLetterPayload:
        """Send it once more, for two hours; whoever has got it already knows it again by its id."""
        send_id = required_uuid(input.dead_letter_id, "deadLetterId")
        async with info.context.change() as work:
            row = await dead_letters.replay(work, info.context.actor, send_id)
        return ReplayDeadLetterPayload(dead_letter=dead_letter_of(row))
