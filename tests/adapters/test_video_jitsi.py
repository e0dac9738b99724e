"""A token as Jitsi's Prosody reads it: for one room, of one person, for a while."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import OctKey

from adapters.settings import UnsafeSettings, read_settings
from adapters.video_jitsi import JitsiRooms
from domain.video_calls import CallPass

SECRET = "known-to-jitsi-and-cuore-and-nobody-else"
ROOMS = JitsiRooms("https://meet.example.org/", "cuore", SECRET, "jitsi")
OPENS = datetime(2026, 11, 25, 9, 45, tzinfo=UTC)


def entry(appointment_id: UUID, *, is_host: bool) -> CallPass:
    return CallPass(appointment_id, uuid4(), "Dr Zoe", is_host, OPENS, OPENS + timedelta(minutes=10))


def opened(url: str, secret: str = SECRET) -> tuple[str, jwt.Token]:
    parts = urlsplit(url)
    (token,) = parse_qs(parts.query)["jwt"]
    return parts.path.strip("/"), jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"])


def test_a_token_says_what_jitsi_asks_for() -> None:
    visit = uuid4()
    room, token = opened(ROOMS.join_url(entry(visit, is_host=True)))
    user = token.claims["context"]["user"]
    assert token.header == {"alg": "HS256", "typ": "JWT"}
    assert token.claims | {"context": None} == {
        "aud": "jitsi",
        "iss": "cuore",
        "sub": "meet.example.org",
        "room": room,
        "nbf": int(OPENS.timestamp()),
        "exp": int(OPENS.timestamp()) + 600,
        "context": None,
    }
    assert user == {"id": user["id"], "name": "Dr Zoe", "moderator": "true", "affiliation": "owner"}
    guest = opened(ROOMS.join_url(entry(visit, is_host=False)))[1].claims["context"]["user"]
    assert (guest["moderator"], guest["affiliation"]) == ("false", "member")
    assert guest["id"] != user["id"]


def test_both_come_to_one_room_whose_name_tells_nothing_and_others_to_another() -> None:
    visit = uuid4()
    host, guest = (opened(ROOMS.join_url(entry(visit, is_host=one)))[0] for one in (True, False))
    assert host == guest
    assert opened(ROOMS.join_url(entry(uuid4(), is_host=False)))[0] != host
    assert (len(host), str(visit).partition("-")[0] in host) == (32, False)


def test_a_token_of_another_secret_is_refused() -> None:
    with pytest.raises(BadSignatureError):
        opened(ROOMS.join_url(entry(uuid4(), is_host=True)), "a-secret-that-this-jitsi-does-not-know-of")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"JITSI_URL": "https://meet.example.org"}, "JITSI_APP_SECRET must have 32 characters"),
        ({"JITSI_URL": "http://meet.example.org", "JITSI_APP_SECRET": SECRET}, "JITSI_URL must begin with https://"),
    ],
)
def test_production_takes_no_jitsi_that_is_not_safe(more: dict[str, str], sentence: str) -> None:
    safe = {
        "DATABASE_URL": "postgres://u:p@db/cuore?sslmode=verify-full",
        "VALKEY_URL": "rediss://valkey",
        "S3_ENDPOINT": "https://store",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        "OIDC_ISSUER": "https://issuer",
    }
    assert read_settings(safe).jitsi_url is None
    with pytest.raises(UnsafeSettings, match=sentence):
        read_settings(safe | more)
