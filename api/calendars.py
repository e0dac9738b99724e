"""Where calendars fetch a patient's appointments."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain import calendar_entries, calendar_feeds
from domain.errors import NotFound, Unavailable


async def calendar(request: Request) -> Response:
    """The calendar at an unguessable address; one that was revoked never was."""
    try:
        async with request.state.runtime.reading() as work:
            rows = await calendar_feeds.appointments(work, request.path_params["key"])
    except NotFound as refusal:
        return PlainTextResponse(refusal.sentence, status_code=404)
    except Unavailable as away:
        return PlainTextResponse(away.sentence, status_code=503)
    headers = {"cache-control": "private, no-store"}
    return Response(calendar_entries.feed(rows), media_type="text/calendar", headers=headers)
