"""ECG strips: upload and result."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import patients, strip_reviews, strip_signals, strips
from domain.kinds import Role, StripFormat, StripStatus
from schema.access import loads, needs
from schema.alerts import Clinician
from schema.context import Info
from schema.scalars import as_uuid, required_offset, required_uuid
from schema.strip_results import (
    StripBeats,
    StripGap,
    StripHeartRate,
    StripIntervals,
    StripQuality,
    StripRhythm,
    StripSamples,
    StripVariability,
    beats_of,
    gaps_of,
    heart_rate_of,
    intervals_of,
    quality_of,
    rhythm_of,
    samples_of,
    variability_of,
)
from schema.strip_reviews import StripReview, strip_review_of


@strawberry.type(description="One ECG recording.")
class EcgStrip:
    id: strawberry.ID = strawberry.field(description="The strip's id.")
    status: StripStatus = strawberry.field(description="How far it has come.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    recorded_at: datetime = strawberry.field(description="When it was recorded, in UTC.")
    device: str | None = strawberry.field(description="Make and model of the device.")
    symptoms: list[str] = strawberry.field(description="What the patient felt.")
    duration_seconds: float | None = strawberry.field(description="Length in seconds, once read.")
    sample_rate_hertz: float | None = strawberry.field(description="Samples a second, once read.")
    leads: list[str] | None = strawberry.field(description="Names of the leads, once read.")
    quality: StripQuality | None = strawberry.field(description="How far it can be trusted.")
    heart_rate: StripHeartRate | None = strawberry.field(description="Absent when beats cannot be found.")
    rhythm: StripRhythm | None = strawberry.field(description="What the analysis says of the rhythm.")
    variability: StripVariability | None = strawberry.field(description="Only of a regular rhythm in good quality.")
    intervals: StripIntervals | None = strawberry.field(description="Only in good quality.")
    beats: StripBeats | None = strawberry.field(description="The R peaks.")
    gaps: list[StripGap] = strawberry.field(description="What of this is null, and why.")
    unreadable_reason: str | None = strawberry.field(description="Why the strip could not be read.")
    image_url: str | None = strawberry.field(description="The strip on ECG paper, SVG; the link lives 5 minutes.")
    image_png_url: str | None = strawberry.field(description="The same as PNG; the link lives 5 minutes.")
    raw_url: str | None = strawberry.field(
        description="The upload without its personal lines, once it was read; the link lives 5 minutes."
    )
    key: strawberry.Private[UUID]
    reviewer_key: strawberry.Private[UUID | None]
    row: strawberry.Private[Mapping[str, Any]]

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def samples(
        self,
        info: Info,
        lead: Annotated[
            str, strawberry.argument(description="One of `leads`; I is also an only channel without a name.")
        ],
        from_seconds: Annotated[float, strawberry.argument(description="From here, in seconds.")] = 0.0,
        to_seconds: Annotated[
            float | None, strawberry.argument(description="To before here; the end if absent.")
        ] = None,
        max_points: Annotated[
            int | None, strawberry.argument(description="Thin to at most so many, 10 to 20000, extremes kept.")
        ] = None,
    ) -> StripSamples | None:
        """The analysed signal; null where there is none, or no such lead."""
        work = await info.context.reads()
        # The store may take its time; the connection does not wait for it.
        await work.connection.rest()
        signals = info.context.backend.signals
        found = await strip_signals.samples(signals, self.row, lead, from_seconds, to_seconds, max_points)
        work.audit("ecgSamples", patient_id=self.row["patient_id"], subject_id=self.key)
        return samples_of(found)

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def reviews(ids: list[UUID], info: Info) -> list[list[StripReview]]:
        """What clinicians read in it, the newest first; amended, never overwritten."""
        work = await info.context.reads()
        found: dict[UUID, list[StripReview]] = {one: [] for one in ids}
        for row in await strip_reviews.reviews_of(work.connection, ids):
            found[row["strip_id"]].append(strip_review_of(row))
        return [*found.values()]

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("reviewer_key"))
    @staticmethod
    async def reviewer(ids: list[UUID], info: Info) -> list[Clinician | None]:
        """Who looks at it, or looked at it last."""
        work = await info.context.reads()
        found = await patients.account_names(work.connection, ids)
        return [Clinician(id=strawberry.ID(str(one)), display_name=found[one]) for one in ids]


def strip_of(row: Mapping[str, Any], info: Info) -> EcgStrip:
    """The GraphQL type of a row; a device sees no results."""
    store = info.context.backend.store
    reader = info.context.actor.role in (Role.PATIENT, Role.CLINICIAN)

    def link(key: str | None) -> str | None:
        return store.download_url(key, strips.LINK_LIFETIME) if key and reader else None

    return EcgStrip(
        id=strawberry.ID(str(row["id"])),
        status=StripStatus(row["status"]),
        version=row["version"],
        recorded_at=row["recorded_at"],
        device=row["device"],
        symptoms=row["symptoms"] if reader else [],
        duration_seconds=row["duration_seconds"],
        sample_rate_hertz=row["sample_rate_hertz"],
        leads=row["leads"],
        quality=quality_of(row) if reader else None,
        heart_rate=heart_rate_of(row) if reader else None,
        rhythm=rhythm_of(row) if reader else None,
        variability=variability_of(row) if reader else None,
        intervals=intervals_of(row) if reader else None,
        beats=beats_of(row) if reader else None,
        gaps=gaps_of(row) if reader else [],
        unreadable_reason=row["unreadable_reason"],
        image_url=link(row["svg_key"]),
        image_png_url=link(row["png_key"]),
        raw_url=link(row["raw_key"]),
        key=row["id"],
        reviewer_key=row["reviewer_id"],
        row=row,
    )


@strawberry.type(description="A header to send with the upload.")
class UploadHeader:
    name: str = strawberry.field(description="The header's name.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(description="Where the strip's bytes go.")
class Upload:
    url: str = strawberry.field(description="The address.")
    method: str = strawberry.field(description="The HTTP method.")
    headers: list[UploadHeader] = strawberry.field(description="Headers to send.")
    max_bytes: int = strawberry.field(description="The most bytes that are taken.")
    expires_at: datetime = strawberry.field(description="Until when, in UTC.")


@strawberry.input(description="An ECG strip to be uploaded.")
class BeginEcgUploadInput:
    patient_id: strawberry.ID | None = strawberry.field(default=None, description="Whose strip.")
    client_id: UUID | None = strawberry.field(default=None, description="Made by the phone, for safe retries.")
    recorded_at: datetime = strawberry.field(description="When recorded, with offset.")
    format: StripFormat = strawberry.field(description="How the bytes are written.")
    device: str | None = strawberry.field(default=None, description="Make and model of the device.")
    symptoms: list[str] = strawberry.field(default_factory=list, description="What the patient felt.")
    size_bytes: int = strawberry.field(description="Length of the upload in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of the upload, hexadecimal.")


@strawberry.type(description="The strip and where its bytes go.")
class BeginEcgUploadPayload:
    strip: EcgStrip = strawberry.field(description="The strip.")
    upload: Upload = strawberry.field(description="Where its bytes go.")


@strawberry.input(description="The strip whose bytes were uploaded.")
class CompleteEcgUploadInput:
    strip_id: strawberry.ID = strawberry.field(description="The strip's id.")


@strawberry.type(description="The strip whose upload was confirmed.")
class CompleteEcgUploadPayload:
    strip: EcgStrip = strawberry.field(description="The strip.")


@strawberry.type
class StripsQuery:
    @needs(Role.PATIENT, Role.CLINICIAN)
    async def ecg_strip(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The strip's id.")],  # noqa: A002
    ) -> EcgStrip:
        """One ECG strip."""
        strip_id = required_uuid(id, "id")
        row = await strips.read(await info.context.reads(), info.context.actor, strip_id)
        return strip_of(row, info)


@strawberry.type
class StripsMutation:
    @needs(Role.PATIENT, Role.DEVICE, Role.CLINICIAN)
    async def begin_ecg_upload(
        self,
        info: Info,
        input: Annotated[BeginEcgUploadInput, strawberry.argument(description="The strip.")],  # noqa: A002
    ) -> BeginEcgUploadPayload:
        """Announce a strip and get the address for its bytes."""
        announced = strips.NewStrip(
            input.client_id,
            required_offset(input.recorded_at, "recordedAt"),
            input.format,
            input.device,
            input.symptoms,
            input.size_bytes,
            input.sha256,
        )
        async with info.context.change() as work:
            row = await strips.begin(work, info.context.actor, as_uuid(input.patient_id, "patientId"), announced)
            expires_at = work.at + strips.TICKET_LIFETIME
        url = info.context.backend.store.upload_url(strips.incoming_key(row["id"]), strips.TICKET_LIFETIME)
        upload = Upload(url=url, method="PUT", headers=[], max_bytes=strips.MOST_BYTES, expires_at=expires_at)
        return BeginEcgUploadPayload(strip=strip_of(row, info), upload=upload)

    @needs(Role.PATIENT, Role.DEVICE, Role.CLINICIAN)
    async def complete_ecg_upload(
        self,
        info: Info,
        input: Annotated[CompleteEcgUploadInput, strawberry.argument(description="The strip.")],  # noqa: A002
    ) -> CompleteEcgUploadPayload:
        """Confirm that the bytes are there; size and SHA-256 are checked, then a worker reads them."""
        strip_id = required_uuid(input.strip_id, "stripId")
        context = info.context
        row = await strips.complete(context.change, context.actor, strip_id, context.backend.store)
        return CompleteEcgUploadPayload(strip=strip_of(row, info))
