"""A patient's fresh readings."""

from uuid import UUID

from adapters.runtime import Runtime
from domain import vital_analysis
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect


async def analyse(runtime: Runtime, patient_id: UUID) -> Effect:
    """Hold guideline rules to them, then the analysis; what a rule finds is committed before, whatever comes after."""
    now = runtime.now()
    async with lone_connection(runtime.pool) as connection:
        crisis = await vital_analysis.crisis(connection, patient_id, now)
        gain = await vital_analysis.fast_weight_gain(connection, patient_id, now)
    if crisis or gain:
        async with runtime.unit_of_work() as work:
            if crisis:
                await vital_analysis.raise_crisis(work, patient_id, crisis)
            if gain:
                await vital_analysis.raise_weight_gain(work, patient_id, gain)

    async def take_in(work: UnitOfWork) -> None:
        await vital_analysis.take_in(work, patient_id)

    return take_in
