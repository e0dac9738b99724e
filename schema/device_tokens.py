"""Device tokens: with what the gateway of a patient's devices signs in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import device_tokens
from domain.kinds import Role
from schema.access import needs
from schema.context import Info
from schema.scalars import as_uuid, required_uuid, with_offset


@strawberry.type(description="With what the gateway of a patient's devices signs in; it records and sees nothing.")
class DeviceToken:
    id: strawberry.ID = strawberry.field(description="The token's id; not its secret.")
    name: str = strawberry.field(description="Which device it is for.")
    made_by: str = strawberry.field(description="Name of who made it.")
    made_at: datetime = strawberry.field(description="When it was made, in UTC.")
    expires_at: datetime = strawberry.field(description="Until when it works, in UTC.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, in UTC, to within five minutes; absent if never."
    )
    revoked_at: datetime | None = strawberry.field(description="Since when it works no more, in UTC.")


def device_token_of(row: Mapping[str, Any]) -> DeviceToken:
    """The GraphQL type of a row of `device_tokens`."""
    return DeviceToken(
        id=strawberry.ID(str(row["id"])),
        name=row["name"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


@strawberry.input(description="For whose device a token is wanted.")
class CreateDeviceTokenInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    name: str = strawberry.field(
        description="Which device it is for, such as Omron bridge in the kitchen; 1 to 100 characters."
    )
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom the device records; a patient may leave it out."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="Until when it works, with offset, at most 730 days; so long if absent."
    )


@strawberry.type(description="A device token and its secret.")
class CreateDeviceTokenPayload:
    device_token: DeviceToken = strawberry.field(description="The token.")
    secret: str | None = strawberry.field(
        description="What the device sends as its bearer token. Shown this once and not kept: absent when the same"
        " clientId is sent again; then revoke the token and make another."
    )


@strawberry.input(description="Which device token is revoked.")
class RevokeDeviceTokenInput:
    device_token_id: strawberry.ID = strawberry.field(description="The token's id.")


@strawberry.type(description="The revoked device token.")
class RevokeDeviceTokenPayload:
    device_token: DeviceToken = strawberry.field(description="As it is now.")


@strawberry.type
class DeviceTokensMutation:
    @needs(Role.PATIENT, Role.CLINICIAN)
    async def create_device_token(
        self,
        info: Info,
        input: Annotated[CreateDeviceTokenInput, strawberry.argument(description="For which device.")],  # noqa: A002
    ) -> CreateDeviceTokenPayload:
        """Make a token with which a device records for one patient; a patient may have 10 at a time, else CONFLICT."""
        patient_id = as_uuid(input.patient_id, "patientId")
        expires_at = with_offset(input.expires_at, "expiresAt")
        async with info.context.change() as work:
            created = await device_tokens.create(
                work, info.context.actor, input.client_id, patient_id, input.name, expires_at
            )
        return CreateDeviceTokenPayload(device_token=device_token_of(created.token), secret=created.secret)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def revoke_device_token(
        self,
        info: Info,
        input: Annotated[RevokeDeviceTokenInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> RevokeDeviceTokenPayload:
        """Let a token work no more, from now on and everywhere; what it recorded stays."""
        token_id = required_uuid(input.device_token_id, "deviceTokenId")
        async with info.context.change() as work:
            row = await device_tokens.revoke(work, info.context.actor, token_id)
        return RevokeDeviceTokenPayload(device_token=device_token_of(row))
