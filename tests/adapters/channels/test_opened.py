"""Which channels the settings open, and which settings nobody starts with."""

import pytest

from adapters.channels.opened import make_messengers
from adapters.channels.web_push_encryption import encoded
from adapters.settings import UnsafeSettings, read_settings
from domain.kinds import Channel

LEAST = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgres://cuore:x@db.example/cuore?sslmode=verify-full",
    "VALKEY_URL": "rediss://valkey.example",
    "S3_ENDPOINT": "https://s3.example",
    "S3_ACCESS_KEY": "x",
    "S3_SECRET_KEY": "x",
    "OIDC_ISSUER": "https://issuer.example",
}
MAIL = {"SMTP_URL": "smtps://user:p%40ss@mail.example:465", "MAIL_FROM": "Cuore <cuore@clinic.example>"}
PUSH = {"VAPID_PRIVATE_KEY": encoded((12345).to_bytes(32)), "VAPID_CONTACT": "mailto:heart@clinic.example"}


async def test_what_is_not_set_up_is_not_there() -> None:
    messengers = make_messengers(read_settings(LEAST))
    assert ({*messengers}, messengers.web_push_key) == ({Channel.WEBHOOK}, None)
    await messengers.close()


async def test_what_is_set_up_is_there_and_production_takes_https_alone() -> None:
    messengers = make_messengers(read_settings(LEAST | MAIL | PUSH))
    assert {*messengers} == {*Channel}
    assert messengers.web_push_key is not None
    assert messengers.web_push_key.startswith("B")
    assert messengers[Channel.WEBHOOK].accepts("https://gateway.example/")
    assert not messengers[Channel.WEBHOOK].accepts("http://gateway.example/")
    await messengers.close()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (MAIL | {"SMTP_URL": "smtp://mail.example:25"}, "SMTP_URL must begin with smtps:// or smtp"),
        (MAIL | {"SMTP_URL": "mail.example"}, "SMTP_URL must begin with smtps://, smtp"),
        (MAIL | {"MAIL_FROM": "Cuore"}, "MAIL_FROM must be a mail address"),
        (PUSH | {"VAPID_CONTACT": "heart@clinic.example"}, "VAPID_CONTACT must begin with mailto:"),
    ],
)
def test_settings_that_reach_nobody_or_in_the_clear_are_refused(wrong: dict[str, str], sentence: str) -> None:
    with pytest.raises(UnsafeSettings) as refused:
        read_settings(LEAST | wrong)
    assert sentence in str(refused.value)
    assert "p%40ss" not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["short", encoded(b"short"), encoded(b"\0" * 32), encoded(b"\xff" * 32), "no base64 at all!"]
)
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(UnsafeSettings, match="VAPID_PRIVATE_KEY is not a P-256 key"):
        make_messengers(read_settings(LEAST | PUSH | {"VAPID_PRIVATE_KEY": key}))
