"""Trends as the clinic and the patient see them."""

from datetime import datetime

import strawberry

from domain import trend_charts, trends
from domain.kinds import Measure

strawberry.enum(trends.TrendDirection, description="Which way a measure goes, if one can tell.")
strawberry.enum(trend_charts.PictureFormat, description="As what a chart is drawn.")


@strawberry.type(description="The straight trend of one measure over a window, with how sure it is.")
class Trend:
    measure: Measure = strawberry.field(description="What was measured.")
    unit: str = strawberry.field(description="UCUM unit of every number here.")
    from_: datetime = strawberry.field(name="from", description="Start of the window, in UTC.")
    to: datetime = strawberry.field(description="End of the window, in UTC.")
    readings: int = strawberry.field(description="How many readings the trend rests on.")
    slope_per_week: float | None = strawberry.field(description="Change a week; absent with too few readings.")
    slope_low: float | None = strawberry.field(description="Lower end of the slope's 95 % interval.")
    slope_high: float | None = strawberry.field(description="Upper end of the slope's 95 % interval.")
    expected_low: float | None = strawberry.field(description="Lower end of the next reading's 95 % range.")
    expected_high: float | None = strawberry.field(description="Upper end of the next reading's 95 % range.")
    direction: trends.TrendDirection = strawberry.field(
        description="RISING or FALLING where the interval excludes zero."
    )
    explanation: str = strawberry.field(description="The trend in one sentence.")
    method: str | None = strawberry.field(description="How it was computed.")
    version: str | None = strawberry.field(description="Version of the method and of its noise model.")


def trend_of(found: trends.Trend) -> Trend:
    """The GraphQL type of a trend."""
    fit = found.fit
    low, high = found.expected or (None, None)
    return Trend(
        measure=found.measure,
        unit=found.unit,
        from_=found.since,
        to=found.until,
        readings=found.readings,
        slope_per_week=fit.slope_per_week if fit else None,
        slope_low=fit.slope_low if fit else None,
        slope_high=fit.slope_high if fit else None,
        expected_low=low,
        expected_high=high,
        direction=found.direction,
        explanation=found.sentence(),
        method=fit.method if fit else None,
        version=fit.version if fit else None,
    )
