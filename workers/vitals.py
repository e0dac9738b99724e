"""A patient's fresh readings."""

from uuid import UUID

from adapters.runtime import Runtime
from domain import tasks, vital_analysis, vital_rules
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect


async def analyse(runtime: Runtime, patient_id: UUID) -> Effect:
    """Hold guideline rules to them, then the analysis, and complete the tasks that asked for them.

    What a rule finds is committed before, whatever comes after.
    """
    async with lone_connection(runtime.pool) as connection:
        found = await vital_rules.find(connection, patient_id, runtime.now())
    if found != vital_rules.Found():
        async with runtime.unit_of_work() as work:
            await vital_rules.tell(work, patient_id, found)

    async def take_in(work: UnitOfWork) -> None:
        await vital_analysis.take_in(work, patient_id)
        await tasks.complete_by_readings(work, [patient_id])

    return take_in
