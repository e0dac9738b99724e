"""Error reports to a Sentry server: what broke and where in our code, never what it was about.

An exception's text quotes rows, a request's data and a query's variables are health data. So nothing is collected and
then scrubbed: Sentry's own integrations stay off, and each report is built from a few named fields.
"""

import logging
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import sentry_sdk

from adapters.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event

# A log record carries what broke under this name; its text is never sent.
FAILURE = "failure"
REFERENCE = "reference"
PROCESS = "process"
_KEPT_TAGS = frozenset({PROCESS, REFERENCE})
_KEPT = frozenset(
    {"event_id", "timestamp", "level", "logger", "platform", "environment", "release", "exception", "tags"}
)


def _reduced(event: "Event", _: object) -> "Event":
    """The second wall: whatever some code added to a report, these fields alone leave."""
    kept: Any = {name: value for name, value in event.items() if name in _KEPT}
    kept["tags"] = {name: value for name, value in kept.get("tags", {}).items() if name in _KEPT_TAGS}
    return cast("Event", kept)


def start_telemetry(settings: Settings, process: str) -> None:
    """Report the errors of this process, if the settings name a server; `process` is web or worker."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.environment,
        release=settings.release,
        server_name=process,
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=_reduced,
        before_send_transaction=lambda _event, _hint: None,
        traces_sample_rate=0.0,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,
        include_source_context=False,
    )
    logging.getLogger("cuore").addHandler(ErrorReports(process))


class ErrorReports(logging.Handler):
    """Turns our log records of errors into reports."""

    def __init__(self, process: str) -> None:
        super().__init__(logging.ERROR)
        self._process = process

    def emit(self, record: logging.LogRecord) -> None:
        """Send one report."""
        failure = getattr(record, FAILURE, None)
        tags = {PROCESS: self._process}
        if (reference := getattr(record, REFERENCE, None)) is not None:
            tags[REFERENCE] = str(reference)
        event: dict[str, Any] = {"level": "error", "logger": record.name, "platform": "python", "tags": tags}
        if isinstance(failure, BaseException):
            event["exception"] = {"values": [_described(failure)]}
        sentry_sdk.capture_event(cast("Event", event))


def _described(failure: BaseException) -> dict[str, Any]:
    kind = type(failure)
    return {"type": kind.__name__, "module": kind.__module__, "stacktrace": {"frames": _frames(failure.__traceback__)}}


def _frames(traceback: TracebackType | None) -> list[dict[str, Any]]:
    """Where it happened, the outermost first: files, functions and lines, no values."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        frames.append({"module": module, "function": code.co_name, "lineno": traceback.tb_lineno})
        traceback = traceback.tb_next
    return frames
