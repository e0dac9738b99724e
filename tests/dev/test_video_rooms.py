"""The stand-in for Jitsi lets in whom Jitsi would let in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from adapters.video_jitsi import JitsiRooms
from dev.video_rooms import DevelopmentRooms
from domain.video_calls import CallPass

URL = "http://127.0.0.1:9"
ROOMS = DevelopmentRooms(URL)
SECRET = ROOMS.environment["JITSI_APP_SECRET"]


def join_url(*, secret: str = SECRET, app_id: str = "cuore", opened_minutes_ago: int = 0, lives: int = 10) -> str:
    now = datetime.now(UTC)
    opens = now - timedelta(minutes=opened_minutes_ago)
    entry = CallPass(uuid4(), uuid4(), "Dr <b>Zoe</b>", True, opens, now + timedelta(minutes=lives))
    return JitsiRooms(f"{URL}/meet", app_id, secret, "jitsi").join_url(entry)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[ROOMS.route])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as opened:
        yield opened


async def test_who_has_a_link_comes_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(join_url(opened_minutes_ago=5))
    assert answer.status_code == 200
    assert "You came in as Dr &lt;b&gt;Zoe&lt;/b&gt;, the host." in answer.text


async def test_nobody_else_does(browser: httpx.AsyncClient) -> None:
    token = join_url().partition("?")[2]
    links = [
        f"{URL}/meet/{'0' * 32}?{token}",
        f"{URL}/meet/{'0' * 32}",
        f"{URL}/meet/{'0' * 32}?jwt=none",
        join_url(secret="b" * 64),
        join_url(app_id="another"),
        join_url(opened_minutes_ago=20, lives=-10),
        join_url(opened_minutes_ago=-5),
    ]
    assert [(await browser.get(link)).status_code for link in links] == [403] * len(links)
