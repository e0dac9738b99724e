"""The concepts' parts put together as one schema."""

from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema import enums
from schema.agenda import AgendaQuery
from schema.alert_burden import AlertBurdenQuery
from schema.alert_life import AlertLifeMutation
from schema.alert_rules import AlertRulesMutation, AlertRulesQuery
from schema.alerts import AlertsMutation
from schema.appointments import AppointmentsMutation
from schema.availability import AvailabilityMutation, AvailabilityQuery
from schema.calendars import CalendarsMutation
from schema.care_teams import CareTeamsMutation, CareTeamsQuery
from schema.context import Info, SettledReads
from schema.dead_letters import DeadLettersMutation, DeadLettersQuery
from schema.device_tokens import DeviceTokensMutation
from schema.errors import CodedErrors
from schema.execution.core import PlannedExecution
from schema.feeds import FeedsSubscription
from schema.on_call import OnCallMutation, OnCallQuery
from schema.patients import PatientsQuery
from schema.people import PeopleMutation, PeopleQuery
from schema.questionnaires import QuestionnairesMutation, QuestionnairesQuery
from schema.reminders import RemindersMutation, RemindersQuery
from schema.series import COLUMN, Column
from schema.strip_reviews import StripReviewsMutation, StripReviewsQuery
from schema.strips import StripsMutation, StripsQuery
from schema.tasks import TasksMutation
from schema.telemedic import TelemedicQuery
from schema.therapy import ACTIVITY_TYPES, TherapyQuery
from schema.therapy_changes import TherapyMutation
from schema.visit_notes import VisitNotesMutation
from schema.vital_events import VitalEventsMutation
from schema.vital_limits import VitalLimitsMutation
from schema.vitals import BloodPressureReading, QuantityReading, VitalsMutation
from schema.waiting_list import WaitingListMutation
from schema.worklist import WorklistQuery

__all__ = ["Info", "enums", "schema"]


@strawberry.type(description="What can be read.")
class Query(
    PeopleQuery,
    CareTeamsQuery,
    PatientsQuery,
    AvailabilityQuery,
    TelemedicQuery,
    AgendaQuery,
    StripsQuery,
    StripReviewsQuery,
    WorklistQuery,
    AlertBurdenQuery,
    AlertRulesQuery,
    RemindersQuery,
    DeadLettersQuery,
    TherapyQuery,
    QuestionnairesQuery,
    OnCallQuery,
):
    pass


@strawberry.type(description="What can be changed.")
class Mutation(
    PeopleMutation,
    CareTeamsMutation,
    AvailabilityMutation,
    AppointmentsMutation,
    WaitingListMutation,
    VisitNotesMutation,
    CalendarsMutation,
    DeviceTokensMutation,
    VitalsMutation,
    VitalLimitsMutation,
    VitalEventsMutation,
    StripsMutation,
    StripReviewsMutation,
    AlertsMutation,
    RemindersMutation,
    DeadLettersMutation,
    TherapyMutation,
    TasksMutation,
    QuestionnairesMutation,
    AlertLifeMutation,
    AlertRulesMutation,
    OnCallMutation,
):
    pass


@strawberry.type(description="What can be followed.")
class Subscription(FeedsSubscription):
    pass


class Schema(strawberry.Schema):
    """Strawberry's schema without its log of every error: refusals are no errors, and its text may quote data.

    graphql-core is told which inputs are one-of: Strawberry checks them by itself, but says neither where nor which.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in self._schema.type_map.values():
            definition = kind.extensions.get("strawberry-definition")
            if isinstance(kind, GraphQLInputObjectType) and definition is not None:
                kind.is_one_of = definition.is_one_of

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """`CodedErrors` logs what is a bug, once, with a reference."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[BloodPressureReading, QuantityReading, *ACTIVITY_TYPES],
    extensions=[CodedErrors, SettledReads],
    execution_context_class=PlannedExecution,
    config=StrawberryConfig(disable_field_suggestions=True, scalar_map={Column: COLUMN}),
)
