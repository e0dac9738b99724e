"""Reads one GraphQL-over-HTTP request, and the media type of its answer.

Source: the GraphQL-over-HTTP draft, https://graphql.github.io/graphql-over-http/draft/.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from api.json_body import PLAIN_JSON, Refused, RequestLimits, read_json, strict_json

GRAPHQL_JSON = "application/graphql-response+json"
PARAMETERS = ("query", "operationName", "variables", "extensions")


@dataclass(frozen=True)
class Asked:
    """The four parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def answer_type(accept: str | None) -> str | None:
    """The media type to answer with, or None where the caller accepts neither of ours."""
    best: tuple[float, str] | None = None
    for part in (accept or "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        ours = PLAIN_JSON if name in {"*/*", "application/*", PLAIN_JSON} else name
        if ours in {PLAIN_JSON, GRAPHQL_JSON} and quality > 0 and (best is None or quality > best[0]):
            best = (quality, ours)
    return best[1] if best else None


async def read_post(request: Request, limits: RequestLimits) -> Asked:
    """The request in a POST body.

    Raises:
        Refused: as `read_json` does, and 400 for a parameter that is not what it should be.
    """
    return asked_of(await read_json(request, [PLAIN_JSON], limits))


def read_get(request: Request, limits: RequestLimits) -> Asked:
    """The request in a query string.

    Raises:
        Refused: 400 for a repeated parameter, or one that is not what it should be.
    """
    sent: dict[str, Any] = {}
    for key, value in request.query_params.multi_items():
        if key in sent:
            raise Refused(400, "A parameter is given twice.")
        sent[key] = value
    for key in ("variables", "extensions"):
        if key in sent:
            sent[key] = strict_json(sent[key].encode("utf-8", "surrogatepass"), limits)
    return asked_of(sent)


def asked_of(sent: Any) -> Asked:
    """The parameters in a JSON value.

    Raises:
        Refused: a parameter is missing or of another type than it must have.
    """
    if isinstance(sent, list):
        raise Refused(400, "Send one operation at a time.")
    if not isinstance(sent, dict):
        raise Refused(400, "Send a JSON object.")
    query, name, variables, extensions = (sent.get(key) for key in PARAMETERS)
    if extensions is not None and not isinstance(extensions, dict):
        raise Refused(400, "extensions must be an object.")
    _check_persisted(query, extensions or {})
    if not isinstance(query, str) or not query.strip():
        raise Refused(400, "query must be a text.")
    if name is not None and not isinstance(name, str):
        raise Refused(400, "operationName must be a text.")
    if variables is not None and not isinstance(variables, dict):
        raise Refused(400, "variables must be an object.")
    return Asked(query, name or None, variables or {})


def _check_persisted(query: object, extensions: dict[str, Any]) -> None:
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return
    if not isinstance(query, str):
        raise Refused(400, "PersistedQueryNotSupported")
    said = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if said != hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest():
        raise Refused(400, "The hash is not the hash of this query.")
