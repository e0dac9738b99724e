"""The over-read of strips: reviews, and how often clinicians and the analysis say different things."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain import strip_reviews
from domain.kinds import Agreement, RhythmLabel, Role, StripFinding
from domain.rules.strip_findings import FINDINGS
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.scalars import required_uuid, with_offset

if TYPE_CHECKING:
    from schema.strips import EcgStrip


@strawberry.type(description="What a clinician read in a strip; it is never changed.")
class StripReview:
    finding: StripFinding = strawberry.field(description="What the strip shows.")
    finding_code: str | None = strawberry.field(description="Its SNOMED CT code, where there is one.")
    note: str | None = strawberry.field(description="In the clinician's words.")
    reviewed_at: datetime = strawberry.field(description="When, in UTC.")
    agreement: Agreement = strawberry.field(description="Beside what the analysis said then.")
    clinician: Clinician = strawberry.field(description="Who read it.")


def strip_review_of(row: Mapping[str, Any]) -> StripReview:
    """The GraphQL type of a row of `strip_review` with the clinician's name."""
    finding = StripFinding(row["finding"])
    return StripReview(
        finding=finding,
        finding_code=FINDINGS[finding].snomed,
        note=row["note"],
        reviewed_at=row["reviewed_at"],
        agreement=Agreement(row["agreement"]),
        clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["clinician_name"]),
    )


@strawberry.type(description="How many strips were judged in one way.")
class AgreementCount:
    label: RhythmLabel | None = strawberry.field(description="What the analysis said; absent where it said nothing.")
    version: str | None = strawberry.field(description="Version of the method that said it.")
    finding: StripFinding = strawberry.field(description="What the clinician read.")
    agreement: Agreement = strawberry.field(description="Whether the two say the same.")
    strips: int = strawberry.field(description="How many strips.")


@strawberry.type(description="Analysis and clinicians beside each other; of each strip the last review counts.")
class EcgAgreement:
    reviewed: int = strawberry.field(description="Strips that were reviewed.")
    compared: int = strawberry.field(description="Those of which both say something of fibrillation.")
    agreed: int = strawberry.field(description="Those of which they say the same.")
    disagreed: int = strawberry.field(description="Those of which they do not.")
    counts: list[AgreementCount] = strawberry.field(description="One for each way in which strips were judged.")


@strawberry.input(description="The strip that you look at now.")
class BeginEcgReviewInput:
    strip_id: strawberry.ID = strawberry.field(description="The strip's id.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.input(description="What you read in a strip.")
class ReviewEcgStripInput:
    strip_id: strawberry.ID = strawberry.field(description="The strip's id.")
    client_id: UUID | None = strawberry.field(default=None, description="Made by the client, for safe retries.")
    finding: StripFinding = strawberry.field(description="What it shows.")
    note: str | None = strawberry.field(default=None, description="In your words, up to 4000 characters.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version you saw; to amend a reviewed strip it must be said."
    )


@strawberry.type(description="The strip as it is now.")
class ReviewEcgStripPayload:
    strip: Annotated["EcgStrip", strawberry.lazy("schema.strips")] = strawberry.field(description="The strip.")


@strawberry.type
class StripReviewsMutation:
    @needs(Role.CLINICIAN)
    async def begin_ecg_review(
        self,
        info: Info,
        input: Annotated[BeginEcgReviewInput, strawberry.argument(description="The strip.")],  # noqa: A002
    ) -> ReviewEcgStripPayload:
        """Tell others that you look at an analysed strip; it does not keep them from reading it."""
        from schema.strips import strip_of  # noqa: PLC0415 - it imports this module

        strip_id = required_uuid(input.strip_id, "stripId")
        async with info.context.change() as work:
            row = await strip_reviews.begin(work, info.context.actor, strip_id, input.expected_version)
        return ReviewEcgStripPayload(strip=strip_of(row, info))

    @needs(Role.CLINICIAN)
    async def review_ecg_strip(
        self,
        info: Info,
        input: Annotated[ReviewEcgStripInput, strawberry.argument(description="What you read.")],  # noqa: A002
    ) -> ReviewEcgStripPayload:
        """Say what a strip shows; a second review amends the first, and both are kept."""
        from schema.strips import strip_of  # noqa: PLC0415 - it imports this module

        new = strip_reviews.NewReview(
            required_uuid(input.strip_id, "stripId"),
            input.client_id,
            input.finding,
            input.note,
            input.expected_version,
        )
        async with info.context.change() as work:
            row = await strip_reviews.review(work, info.context.actor, new)
        return ReviewEcgStripPayload(strip=strip_of(row, info))


@strawberry.type
class StripReviewsQuery:
    @needs(Role.CLINICIAN)
    async def ecg_agreement(
        self,
        info: Info,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="Reviews not before this moment.")
        ] = None,
        to: Annotated[datetime | None, strawberry.argument(description="Reviews before this moment.")] = None,
    ) -> EcgAgreement:
        """How often the clinicians of the caller's patients and the analysis say the same of fibrillation."""
        work = await info.context.reads()
        since, until = with_offset(from_, "from"), with_offset(to, "to")
        rows = await strip_reviews.agreement_counts(work, info.context.actor, since, until)
        counts = [
            AgreementCount(
                label=RhythmLabel(row["rhythm_label"]) if row["rhythm_label"] else None,
                version=row["rhythm_version"],
                finding=StripFinding(row["finding"]),
                agreement=Agreement(row["agreement"]),
                strips=row["strips"],
            )
            for row in rows
        ]

        def strips(*kinds: Agreement) -> int:
            return sum(one.strips for one in counts if one.agreement in kinds)

        return EcgAgreement(
            reviewed=strips(*Agreement),
            compared=strips(Agreement.AGREES, Agreement.DISAGREES),
            agreed=strips(Agreement.AGREES),
            disagreed=strips(Agreement.DISAGREES),
            counts=counts,
        )

    @needs(Role.CLINICIAN)
    async def ecg_disagreements(
        self, info: Info, first: First, after: After = None
    ) -> Connection[Annotated["EcgStrip", strawberry.lazy("schema.strips")]]:
        """Strips of the caller's patients of which analysis and clinician say different things, the last read first."""
        from schema.strips import strip_of  # noqa: PLC0415 - it imports this module

        rows = await strip_reviews.disagreements(
            await info.context.reads(),
            info.context.actor,
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        return make_page(rows, first, lambda row: [row["reviewed_at"], str(row["id"])], lambda row: strip_of(row, info))
