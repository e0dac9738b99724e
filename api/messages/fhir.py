"""FHIR R4: an Observation or a Bundle in, and out what became of each, refusals as OperationOutcome.

Sources: https://hl7.org/fhir/R4/http.html#create, #transaction, and https://hl7.org/fhir/R4/valueset-issue-type.html.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

from adapters.runtime import Runtime
from adapters.vital_formats.fhir_message import (
    OBSERVATION_FIELDS,
    bundle_message,
    observation_message,
    parse_observations,
)
from api.json_body import PLAIN_JSON, Refused
from api.messages.door import MessageDoor, NothingKept, record
from domain.access import Actor
from domain.messages import Kept
from domain.new_readings import Rejection

FHIR_JSON = "application/fhir+json"
BASE = "/v1/fhir"
_RESOURCE = "resource."
# The issue type of a refusal by its status, and of a refused entry by its code; what is not named breaks a rule.
_ISSUES = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    413: "too-long",
    415: "not-supported",
    422: "invalid",
    500: "exception",
    503: "transient",
}
_ENTRY_ISSUES = {
    "NOT_A_CREATION": "not-supported",
    "NOT_AN_OBSERVATION": "not-supported",
    "UNKNOWN_CODE": "not-supported",
    "UNKNOWN_SUBJECT": "value",
    "UNKNOWN_UNIT": "value",
    "NOT_A_NUMBER": "value",
    "NOT_A_TIME": "value",
    "NO_VALUE": "required",
    "UNPAIRED": "required",
    "CONFLICT": "conflict",
}
_REFUSED_STATUS = 422


def _fhir(status: int, resource: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    # FHIR's JSON is UTF-8 and says so.
    return Response(orjson.dumps(resource), status, headers, media_type=f"{FHIR_JSON}; charset=utf-8")


def _outcome(issues: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [*issues]}


def _issue(kind: str, code: str, sentence: str, expression: str | None = None) -> dict[str, Any]:
    where = {"expression": [expression]} if expression else {}
    return {"severity": "error", "code": kind, "details": {"coding": [{"code": code}]}, "diagnostics": sentence} | where


def _refuse(refused: Refused) -> Response:
    issue = _issue(_ISSUES[refused.status], refused.code, refused.message)
    return _fhir(refused.status, _outcome([issue]), refused.headers)


def _refused_entries(rejected: Iterable[Rejection], *, in_bundle: bool) -> dict[str, Any]:
    """The outcome that tells what is wrong where."""
    issues = []
    for one in rejected:
        at_fault = OBSERVATION_FIELDS.get(one.field, one.field)
        if in_bundle:
            is_outside = at_fault in {"request", "resource"} or at_fault.startswith(_RESOURCE)
            place = f"Bundle.entry[{one.index}].{at_fault if is_outside else _RESOURCE + at_fault}"
        else:
            place = f"Observation.{at_fault.removeprefix(_RESOURCE)}"
        issues.append(_issue(_ENTRY_ISSUES.get(one.code, "business-rule"), one.code, one.message, place))
    return _outcome(issues)


async def _observation(runtime: Runtime, by: Actor, sent: object) -> Response:
    try:
        outcome = await record(runtime, by, lambda: observation_message(sent), parse_observations, whole=True)
    except NothingKept as nothing:
        return _fhir(_REFUSED_STATUS, _refused_entries(nothing.rejected, in_bundle=False))
    ((_, kept),) = outcome.kept
    told = "The reading is kept." if kept.is_new else "The reading was kept before."
    issue = {"severity": "information", "code": "informational", "diagnostics": told}
    location = {"Location": f"{BASE}/Observation/{kept.reading_id}"}
    return _fhir(201 if kept.is_new else 200, _outcome([issue]), location)


async def _bundle(runtime: Runtime, by: Actor, sent: object) -> Response:
    is_transaction = isinstance(sent, dict) and sent.get("type") == "transaction"
    try:
        outcome = await record(runtime, by, lambda: bundle_message(sent), parse_observations, whole=is_transaction)
    except NothingKept as nothing:
        return _fhir(_REFUSED_STATUS, _refused_entries(nothing.rejected, in_bundle=True))
    responses: dict[int, dict[str, Any]] = {index: _kept(kept) for index, kept in outcome.kept}
    for index in {one.index for one in outcome.rejected}:
        wrong = _refused_entries((one for one in outcome.rejected if one.index == index), in_bundle=True)
        responses[index] = {"status": "422 Unprocessable Entity", "outcome": wrong}
    kind = "transaction-response" if is_transaction else "batch-response"
    entries = [{"response": responses[index]} for index in sorted(responses)]
    return _fhir(200, {"resourceType": "Bundle", "type": kind, "entry": entries})


def _kept(kept: Kept) -> dict[str, str]:
    return {"status": "201 Created" if kept.is_new else "200 OK", "location": f"Observation/{kept.reading_id}"}


observation = MessageDoor(_observation, _refuse, (FHIR_JSON, PLAIN_JSON))
bundle = MessageDoor(_bundle, _refuse, (FHIR_JSON, PLAIN_JSON))
