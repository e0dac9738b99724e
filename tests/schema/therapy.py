"""What tests of therapy share: the operations, a clock to move, and a clinic that has long been there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from tests.asking import ask
from tests.people import People
from tests.schema.test_people import data

ROME = ZoneInfo("Europe/Rome")
# A Tuesday, far from any change of the clocks.
MORNING = datetime(2026, 11, 10, 6, 0, tzinfo=ROME)
TABLES = ("therapy_plan", "activity", "activity_schedule", "task_outcome", "vital_event", "event")

_SHARED = """__typename id kind title instructions startsOn endsOn version
  schedule { text timesOfDay everyDays weekdays recurrence asNeeded }
  phases { startsOn endsOn dose { value unit } schedule { timesOfDay } }"""
_MEDICINE = f"{{ {_SHARED} medication atcCode dose {{ value unit }} food }}"
_ACTIVITY = f"""{{ {_SHARED}
  ... on MedicationActivity {{ medication atcCode dose {{ value unit }} food }}
  ... on MeasurementActivity {{ measuredKind readings }}
  ... on ExerciseActivity {{ exercise minutes targetPulse {{ low high }} }}
  ... on QuestionnaireActivity {{ questionnaireId }} }}"""
_PLAN = f"""{{ id title status startsOn endsOn version programme {{ id title version condition weeks }}
  activities {_ACTIVITY} }}"""
PROGRAMMES = """query ($first: Int!, $after: String, $locale: String = "en") {
  programmes(first: $first, after: $after, locale: $locale) {
    edges { node { id title description condition weeks version sources toBeConfirmedByAClinician
      activities { kind title instructions firstDay lastDay } } } pageInfo { hasNextPage endCursor } } }"""
START_PROGRAMME = f"""mutation ($input: StartProgrammeInput!) {{
  startProgramme(input: $input) {{ therapyPlan {_PLAN} }} }}"""
START = f"mutation ($input: StartTherapyPlanInput!) {{ startTherapyPlan(input: $input) {{ therapyPlan {_PLAN} }} }}"
STOP_PLAN = f"mutation ($input: StopTherapyPlanInput!) {{ stopTherapyPlan(input: $input) {{ therapyPlan {_PLAN} }} }}"
PRESCRIBE = f"""mutation ($input: PrescribeMedicationInput!) {{ prescribeMedication(input: $input) {{
  activity {_MEDICINE} warnings {{ code sentence source beside }} }} }}"""
ADD = f"mutation ($input: AddActivityInput!) {{ addActivity(input: $input) {{ activity {_ACTIVITY} }} }}"
CHANGE = f"mutation ($input: ChangeActivityInput!) {{ changeActivity(input: $input) {{ activity {_ACTIVITY} }} }}"
STOP = f"mutation ($input: StopActivityInput!) {{ stopActivity(input: $input) {{ activity {_ACTIVITY} }} }}"
PLANS = f"""query ($id: ID!, $first: Int!, $after: String, $status: [TherapyPlanStatus!]) {{ patient(id: $id) {{
  therapyPlans(first: $first, after: $after, status: $status) {{
    edges {{ node {_PLAN} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
_TASK = """{ id activityId kind title instructions status opensAt dueAt closesAt completedAt wasLate byReadings
  questionnaireId }"""
TASKS = f"query ($id: ID!, $on: Date!) {{ patient(id: $id) {{ tasks(on: $on) {_TASK} }} }}"
COMPLETE = f"mutation ($input: CompleteTaskInput!) {{ completeTask(input: $input) {{ task {_TASK} }} }}"
UNDO = f"mutation ($input: UndoTaskInput!) {{ undoTask(input: $input) {{ task {_TASK} }} }}"
ADHERENCE = """query ($id: ID!, $from: Date!, $to: Date!) { patient(id: $id) { adherence(from: $from, to: $to) {
  proportionOfDaysCovered days scheduled taken skipped missed
  byMedication { medication proportionOfDaysCovered days scheduled taken skipped missed }
  byWeek { week proportionOfDaysCovered scheduled taken } } } }"""


class Centre:
    """A clinic whose clock a test sets, with the asking made short."""

    def __init__(self, runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runtime, self.people, self._patch = runtime, people, monkeypatch
        self.ada, self.zoe = people.actors[Role.PATIENT], people.actors[Role.CLINICIAN]
        self.at = MORNING
        self.set_clock(MORNING)

    def set_clock(self, at: datetime) -> None:
        self.at = at
        self._patch.setattr(Runtime, "now", lambda _: at)

    async def ask(self, by: Actor, query: str, **variables: Any) -> Any:
        """The answer's only field; what was asked must be granted."""
        (found,) = data(await ask(self.runtime, by, query, **variables)).values()
        return found

    async def plan(self, **more: Any) -> dict[str, Any]:
        """A plan without a programme, from today on."""
        sent = {"clientId": str(self.people.foreign_id), "patientId": str(self.people.patient_id), "title": "Tablets"}
        made: dict[str, Any] = (
            await self.ask(self.zoe, START, input=sent | {"startsOn": self.at.date().isoformat()} | more)
        )["therapyPlan"]
        return made

    def medicine(self, plan: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """The input of prescribeMedication: ramipril, morning and evening, from today on."""
        return {
            "therapyPlanId": plan["id"],
            "medication": "Ramipril",
            "atcCode": "C09AA05",
            "dose": {"value": 2.5, "unit": "mg"},
            "timesOfDay": ["08:00", "20:00"],
            "startsOn": self.at.date().isoformat(),
        } | more

    async def prescribed(self, plan: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        sent = self.medicine(plan, **more)
        made: dict[str, Any] = (await self.ask(self.zoe, PRESCRIBE, input=sent))["activity"]
        return made

    async def tasks(self, day: datetime | None = None, by: Actor | None = None) -> list[dict[str, Any]]:
        on = (day or self.at).date().isoformat()
        found: list[dict[str, Any]] = (await self.ask(by or self.ada, TASKS, id=str(self.people.patient_id), on=on))[
            "tasks"
        ]
        return found

    async def complete(self, task: Mapping[str, Any], outcome: str, **more: Any) -> dict[str, Any]:
        sent = {"taskId": task["id"], "outcome": outcome} | more
        done: dict[str, Any] = (await self.ask(self.ada, COMPLETE, input=sent))["task"]
        return done

    async def looked(self) -> dict[str, list[str]]:
        """Everything that therapy could change; reading leaves audit entries and changes nothing else."""
        return {
            table: [
                row["line"]
                for row in await self.runtime.pool.fetch(f"SELECT t::text AS line FROM {table} AS t ORDER BY 1")  # noqa: S608
            ]
            for table in TABLES
        }

    async def settled(self) -> None:
        """Let the care team be as old as the tests' clock needs it."""
        await self.runtime.pool.execute("UPDATE care_relation SET starts_at = $1", MORNING - timedelta(days=400))


def shown(at: str, zone: ZoneInfo = ROME) -> str:
    """`11-10 08:00`: a moment of an answer as a wall clock shows it."""
    return f"{datetime.fromisoformat(at).astimezone(zone):%m-%d %H:%M}"
