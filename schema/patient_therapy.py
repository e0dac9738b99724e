"""What a patient is to do, and how regularly it is done, as fields of a patient."""

from datetime import date
from operator import attrgetter
from typing import Annotated
from uuid import UUID

import strawberry

from domain.kinds import Role
from domain.therapy_plans import PlanStatus
from schema.access import loads, needs
from schema.adherence import Adherence, PressureByAdherence, adherence_of, pressures_of
from schema.context import Info
from schema.pages import After, Connection, First
from schema.questionnaires import QuestionnaireResult, results_page
from schema.tasks import Task, tasks_of
from schema.therapy import TherapyPlan, plans_page


@strawberry.type
class PatientTherapy:
    key: strawberry.Private[UUID]

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def therapy_plans(
        self,
        info: Info,
        first: First,
        status: Annotated[
            list[PlanStatus] | None, strawberry.argument(description="Only those that stand so; all if absent.")
        ] = None,
        after: After = None,
    ) -> Connection[TherapyPlan]:
        """What the patient is to do for their heart, the plans that begin last first."""
        return await plans_page(info.context, self.key, first, status, after)

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=attrgetter("key"))
    @staticmethod
    async def tasks(
        ids: list[UUID],
        info: Info,
        on: Annotated[date, strawberry.argument(description="A day of the patient's calendar, at most 366 away.")],
    ) -> list[list[Task]]:
        """What the patient is to do on a day, in the order of its times."""
        return await tasks_of(info.context, ids, on)

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def adherence(
        ids: list[UUID],
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day.")],
        to: Annotated[date, strawberry.argument(description="The last day; at most 366 in all.")],
    ) -> list[Adherence]:
        """How regularly medicines were taken; what lies ahead does not count."""
        return await adherence_of(info.context, ids, from_, to)

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def pressure_by_adherence(
        ids: list[UUID],
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day with doses.")],
        to: Annotated[date, strawberry.argument(description="The last day with doses; at most 366 in all.")],
    ) -> list[list[PressureByAdherence]]:
        """Blood pressure on the days after all medicines were taken, and on the days after others."""
        return await pressures_of(info.context, ids, from_, to)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def questionnaire_results(
        self, info: Info, first: First, after: After = None
    ) -> Connection[QuestionnaireResult]:
        """What the patient's answers to questionnaires came to, the newest first."""
        return await results_page(info.context, self.key, first, after)
