"""A part of the analysis of all patients anew."""

from uuid import UUID

from adapters.runtime import Runtime
from domain import reanalyses
from domain.unit_of_work import UnitOfWork
from workers.effects import Effect


async def reanalyse(_: Runtime, part_id: UUID) -> Effect:
    """All of it is the effect: what is read and what is written belong to one transaction."""

    async def do_part(work: UnitOfWork) -> None:
        await reanalyses.do_part(work, part_id)

    return do_part
