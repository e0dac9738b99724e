"""A patient's fresh readings."""

from uuid import UUID

from adapters.runtime import Runtime
from domain import tasks, vital_analysis
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect


async def analyse(runtime: Runtime, patient_id: UUID) -> Effect:
    """Hold guideline rules to them, then the analysis, and complete the tasks that asked for them.

    What a rule finds is committed before, whatever comes after.
    """
    async with lone_connection(runtime.pool) as connection:
        found = await vital_analysis.guidelines(connection, patient_id, runtime.now())
    if found.crisis or found.gain:
        async with runtime.unit_of_work() as work:
            if found.crisis:
                await vital_analysis.raise_crisis(work, patient_id, found.crisis)
            if found.gain:
                await vital_analysis.raise_weight_gain(work, patient_id, found.gain)

    async def take_in(work: UnitOfWork) -> None:
        await vital_analysis.take_in(work, patient_id)
        await tasks.complete_by_readings(work, [patient_id])

    return take_in
