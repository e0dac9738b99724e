"""ECG strips: upload and result."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import strips
from domain.kinds import Role, StripFormat, StripStatus
from schema.access import needs
from schema.context import Info
from schema.scalars import as_uuid, required_offset, required_uuid


@strawberry.type(description="Heart rate over a strip, from the distances of its R peaks.")
class StripHeartRate:
    mean: float = strawberry.field(description="Mean in /min.")
    minimum: float = strawberry.field(description="Lowest in /min.")
    maximum: float = strawberry.field(description="Highest in /min.")
    unit: str = strawberry.field(default="/min", description="UCUM unit.")


@strawberry.type(description="One ECG recording.")
class EcgStrip:
    id: strawberry.ID = strawberry.field(description="The strip's id.")
    status: StripStatus = strawberry.field(description="How far it has come.")
    recorded_at: datetime = strawberry.field(description="When it was recorded, in UTC.")
    duration_seconds: float | None = strawberry.field(description="Length in seconds, once read.")
    sample_rate_hertz: float | None = strawberry.field(description="Samples a second, once read.")
    leads: list[str] | None = strawberry.field(description="Names of the leads, once read.")
    heart_rate: StripHeartRate | None = strawberry.field(description="Absent when beats cannot be found.")
    unreadable_reason: str | None = strawberry.field(description="Why the strip could not be read.")
    image_url: str | None = strawberry.field(description="The strip on ECG paper, SVG; the link lives 5 minutes.")
    image_png_url: str | None = strawberry.field(description="The same as PNG; the link lives 5 minutes.")
    raw_url: str | None = strawberry.field(description="The untouched upload; the link lives 5 minutes.")


def strip_of(row: Mapping[str, Any], info: Info) -> EcgStrip:
    """The GraphQL type of a row; a device sees no results."""
    store = info.context.backend.store
    reader = info.context.actor.role in (Role.PATIENT, Role.CLINICIAN)

    def link(key: str | None) -> str | None:
        return store.download_url(key, strips.LINK_LIFETIME) if key and reader else None

    rate = None
    if row["heart_rate_mean"] is not None and reader:
        rate = StripHeartRate(
            # A tenth of a beat is already more than a strip of half a minute can tell.
            **{name: round(row[f"heart_rate_{name}"], 1) for name in ("mean", "minimum", "maximum")}
        )
    return EcgStrip(
        id=strawberry.ID(str(row["id"])),
        status=StripStatus(row["status"]),
        recorded_at=row["recorded_at"],
        duration_seconds=row["duration_seconds"],
        sample_rate_hertz=row["sample_rate_hertz"],
        leads=row["leads"],
        heart_rate=rate,
        unreadable_reason=row["unreadable_reason"],
        image_url=link(row["svg_key"]),
        image_png_url=link(row["png_key"]),
        raw_url=link(row["raw_key"]),
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
