"""What leaves the process when something breaks: where it broke, and not one word of what it was about."""

import gzip
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest
import sentry_sdk

from adapters.settings import Settings, UnsafeSettings, read_settings
from adapters.telemetry import ErrorReports, start_telemetry
from schema.errors import coded

CANARY = "canary-184/112-of-Ada-Prova"


class Receiver(HTTPServer):
    """A Sentry server that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeps)
        self.envelopes: list[bytes] = []


class Keeps(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        packed = self.headers.get("content-encoding") == "gzip"
        assert isinstance(self.server, Receiver)
        self.server.envelopes.append(gzip.decompress(body) if packed else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    logger = logging.getLogger("cuore")
    before = list(logger.handlers)
    yield server
    logger.handlers[:] = before
    sentry_sdk.get_global_scope().set_client(None)  # off again
    server.shutdown()
    thread.join()
    server.server_close()


def settings(migrated: dict[str, str], server: Receiver) -> Settings:
    dsn = f"http://public@127.0.0.1:{server.server_port}/1"
    return replace(read_settings(migrated), sentry_dsn=dsn, release="1.2.3")


def breaks() -> None:
    secret = CANARY
    raise ValueError(f"row of {secret}")


def test_a_bug_is_reported_by_type_and_place_alone(
    migrated: dict[str, str], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    start_telemetry(settings(migrated, receiver), "web")
    sentry_sdk.set_user({"id": CANARY})
    sentry_sdk.set_tag("patient", CANARY)
    sentry_sdk.set_context("query", {"variables": CANARY})
    sentry_sdk.add_breadcrumb(message=CANARY)
    logging.getLogger("elsewhere").error(CANARY)
    with pytest.raises(ValueError, match="row of") as caught:
        breaks()
    from graphql import GraphQLError  # noqa: PLC0415 - beside its only use

    masked = coded(GraphQLError(CANARY, original_error=caught.value))
    sentry_sdk.flush(5)
    assert masked.extensions is not None
    (envelope,) = receiver.envelopes
    assert CANARY.encode() not in envelope
    assert "row of" not in caplog.text
    event = orjson.loads(envelope.splitlines()[2])
    assert set(event) <= {
        "event_id", "timestamp", "level", "logger", "platform", "environment", "release", "exception", "tags",
    }  # fmt: skip
    (value,) = event["exception"]["values"]
    assert (value["type"], value["module"], set(value)) == ("ValueError", "builtins", {"type", "module", "stacktrace"})
    assert value["stacktrace"]["frames"][-1]["function"] == "breaks"
    assert {name for frame in value["stacktrace"]["frames"] for name in frame} == {"module", "function", "lineno"}
    assert event["tags"] == {"process": "web", "reference": masked.extensions["reference"]}
    assert (event["environment"], event["release"]) == ("test", "1.2.3")


def test_without_a_server_nothing_is_started(migrated: dict[str, str]) -> None:
    start_telemetry(read_settings(migrated), "web")
    assert not any(isinstance(one, ErrorReports) for one in logging.getLogger("cuore").handlers)


def test_production_refuses_reports_in_plain_text(migrated: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings, match="SENTRY_DSN must begin with https://"):
        read_settings(migrated | {"ENVIRONMENT": "production", "SENTRY_DSN": "http://public@sentry.example/1"})
