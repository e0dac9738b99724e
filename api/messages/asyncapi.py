"""The description of the live socket in AsyncAPI 3.0, for those who write what sends to it."""

from typing import Any

from api.messages import ecg_live
from api.messages.openapi_ecg import STRIP_SCHEMAS
from api.messages.openapi_words import NUMBER, TEXT, array, record
from domain.kinds import BeatKind

_LIMITS = ecg_live.LiveLimits()
_CLOSES = (
    "Closed with 1000 after the result; 4400 for a message that is none, or a signal that cannot be that of a heart;"
    " 4401 where nobody is signed in; 4403 when the token has expired or the socket was open for"
    f" {_LIMITS.session_seconds / 60:.0f} minutes; 4408 when nothing came for {_LIMITS.idle_seconds:.0f} s (for the"
    f" token {_LIMITS.init_seconds:.0f} s); 1008 over {_LIMITS.messages_a_second} messages in a second; 1009 over ten"
    f" minutes of signal; 1013 where the messages are not read within {_LIMITS.send_seconds:.0f} s, or a service is"
    " away; 1011 for a fault on our side."
)


def _typed(name: str, description: str, required: dict[str, Any]) -> dict[str, Any]:
    return record(description, {"type": {"const": name}} | required)


def _part(name: str) -> dict[str, Any]:
    part: dict[str, Any] = STRIP_SCHEMAS["StripAnalysis"]["properties"][name]
    return part


SENT: dict[str, dict[str, Any]] = {
    "connection_init": _typed(
        "connection_init",
        "First: who you are.",
        {
            "payload": record(
                "As in a request's head.", {"Authorization": TEXT | {"description": "Bearer and the token."}}
            )
        },
    ),
    "start": _typed(
        "start",
        "Then, once it was acknowledged: how the samples are.",
        {
            "sampleRateHertz": NUMBER | {"description": "50 to 2000, exact to the last digit."},
            "unit": {"enum": ["uV", "mV", "V"]},
        },
    ),
    "samples": _typed("samples", "The next samples, in as large pieces as you like.", {"values": array(NUMBER)}),
    "end": _typed("end", "The recording is over.", {}),
    "ping": _typed("ping", "Are you there?", {}),
}
ANSWERED: dict[str, dict[str, Any]] = {
    "connection_ack": _typed("connection_ack", "You are signed in.", {}),
    "pong": _typed("pong", "Yes.", {}),
    "update": _typed(
        "update",
        f"What the last {ecg_live.WINDOW_SECONDS:.0f} s show, at most every {ecg_live.EVERY_SECONDS:g} s of signal;"
        f" beats are told once, {ecg_live.SETTLED_SECONDS:g} s after they came.",
        {
            "seconds": NUMBER | {"description": "How much of the recording this is about."},
            "beats": record("New beats.", {"seconds": array(NUMBER), "kinds": array({"enum": [*BeatKind]})}),
            "heartRate": _part("heartRate"),
            "quality": _part("quality"),
            "rhythm": _part("rhythm"),
        },
    ),
    "result": record(
        "The analysis of the whole recording, the same as of a file that holds it.",
        {"type": {"const": "result"}} | STRIP_SCHEMAS["StripAnalysis"]["properties"],
    )
    | {"required": ["type", *(name for name in STRIP_SCHEMAS["StripAnalysis"]["required"] if name != "format")]},
}


def _messages(described: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: {"name": name, "payload": payload} for name, payload in described.items()}


def _operation(action: str, title: str, described: dict[str, dict[str, Any]]) -> dict[str, Any]:
    channel = {"$ref": "#/channels/live"}
    names = [{"$ref": f"#/channels/live/messages/{name}"} for name in described]
    return {"action": action, "title": title, "channel": channel, "messages": names}


DESCRIPTION: dict[str, Any] = {
    "asyncapi": "3.0.0",
    "info": {
        "title": "Cuore: a heart as it beats",
        "version": "1",
        "description": "One WebSocket is one recording of one lead. Messages are JSON text. Nothing of it is kept."
        " A hint for a clinician, no diagnosis. " + _CLOSES,
    },
    "channels": {
        "live": {"address": ecg_live.PATH, "messages": _messages(SENT) | _messages(ANSWERED)},
    },
    "operations": {
        # Seen from the server.
        "receive": _operation("receive", "What a client sends.", SENT),
        "send": _operation("send", "What it is told.", ANSWERED),
    },
    "components": {"schemas": {name: one for name, one in STRIP_SCHEMAS.items() if name != "StripAnalysis"}},
}
