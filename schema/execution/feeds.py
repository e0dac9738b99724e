"""Follows a subscription by its plan: where its events come from, and what each of them comes to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import ExecutionResult

from schema.execution.plans import FOR_ALL, FieldPlan, Selection, below
from schema.execution.running import Arguments, Run


class EventForAll:
    """A base beside the type of an event that is one object for everybody of one role who may see it.

    What it comes to for one selection is then made once, however many follow.
    """

    @cached_property
    def _texts(self) -> dict[int, tuple[Selection, asyncio.Future[str | None]]]:
        # The selection is kept so that its identity stays its own.
        return {}

    async def text(self, selection: Selection, make: Callable[[], Awaitable[str | None]]) -> str | None:
        """What the first who asks makes; None where that failed, as it may for that one alone."""
        known = self._texts.get(id(selection))
        if known is not None:
            return await asyncio.shield(known[1])
        made: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._texts[id(selection)] = selection, made
        try:
            text = await make()
        except BaseException:
            text = None
            raise
        finally:
            made.set_result(text)
        return text


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription that is followed; `is_for_all` if everybody of one role gets the same of an event."""

    events: AsyncGenerator[Any]
    selection: Selection
    arguments: Arguments
    context: Any
    is_for_all: bool

    async def answer(self, event: Any) -> ExecutionResult:
        """What an event comes to, for orjson to write."""
        run = Run(self.arguments, self.context, for_orjson=True, serially=False)
        data = await run.data(self.selection, event)
        return ExecutionResult(data, run.errors or None)


def is_for_all(selection: Selection) -> bool:
    """Whether nothing that it asks for depends on who asks, apart from their role."""
    return all(
        (field.resolver is None or _is_for_all(field)) and all(map(is_for_all, below(field.completion)))
        for field in selection.fields
        if isinstance(field, FieldPlan)
    )


def _is_for_all(field: FieldPlan) -> bool:
    metadata = field.definition.extensions["strawberry-definition"].metadata
    return bool(metadata.get(FOR_ALL)) and not field.definition.args
