"""The concepts' parts put together as one schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema import enums
from schema.alerts import AlertsMutation, AlertsSubscription
from schema.context import Info
from schema.errors import CodedErrors
from schema.patients import PatientsQuery
from schema.strips import StripsMutation, StripsQuery
from schema.vitals import BloodPressureReading, QuantityReading, VitalsMutation

__all__ = ["Info", "enums", "schema"]


@strawberry.type(description="What can be read.")
class Query(PatientsQuery, StripsQuery):
    pass


@strawberry.type(description="What can be changed.")
class Mutation(VitalsMutation, StripsMutation, AlertsMutation):
    pass


@strawberry.type(description="What can be followed.")
class Subscription(AlertsSubscription):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[BloodPressureReading, QuantityReading],
    extensions=[CodedErrors],
    config=StrawberryConfig(disable_field_suggestions=True),
)
