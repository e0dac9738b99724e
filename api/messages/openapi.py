"""The description of the routes of messages in OpenAPI 3.1, for those who write what sends to them."""

from typing import Any

from api.messages import ecg
from api.messages.limits import LIMITS
from api.messages.openapi_ecg import STRIP_SCHEMAS
from api.messages.openapi_words import TEXT, array, record, schema
from domain.device_tokens import PREFIX
from domain.vitals import MOST_READINGS_PER_CALL

_FHIR, _JSON = "application/fhir+json", "application/json"
_REFUSALS = {
    "400": "The body is no strict JSON: unreadable, a key twice, nested too deeply, no finite number, or cut off.",
    "401": "No token, or one that has expired or was revoked.",
    "403": "The token's role records nothing, or a device names another patient than its own.",
    "404": "There is no such patient for this token.",
    "405": "Another method than POST.",
    "408": "The body did not arrive in time.",
    "413": f"The body is longer than {LIMITS.body_bytes} bytes.",
    "415": "Another media type or charset, or a compressed body.",
    "422": "The JSON is no such message, or what it says is refused; nothing was kept.",
    "500": "A fault on our side.",
    "503": "Something is away for a moment; send the same again, which is safe.",
}
_STRIP_REFUSALS = {
    **{status: _REFUSALS[status] for status in ("401", "405", "408", "500")},
    "400": "The body was cut off.",
    "403": "The token's role may not have strips analysed.",
    "413": f"The body is longer than {ecg.ECG_LIMITS.body_bytes} bytes.",
    "415": "The body is compressed.",
    "422": "The bytes are no strip that can be read; code and message say why.",
    "503": "Too many strips are waiting, or something is away for a moment; send the same again.",
}
_AGAIN = " The same message sent again changes nothing: a reading is known by what it says."


def _content(name: str, *media: str) -> dict[str, Any]:
    return {kind: {"schema": schema(name)} for kind in media}


def _answer(description: str, name: str, media: str) -> dict[str, Any]:
    return {"description": description, "content": _content(name, media)}


def _post(
    name: str,
    summary: str,
    body: dict[str, Any],
    answers: dict[str, Any],
    refusal: tuple[str, str],
    described: dict[str, str] = _REFUSALS,
) -> dict[str, Any]:
    refusals = {status: _answer(description, *refusal) for status, description in described.items()}
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "security": [{"bearer": []}],
            "requestBody": {"required": True, "content": body},
            "responses": answers | refusals,
        }
    }


def _page(name: str, summary: str) -> dict[str, Any]:
    answer = {"description": summary, "content": {_JSON: {"schema": {"type": "object"}}}}
    return {"get": {"operationId": name, "summary": summary, "security": [], "responses": {"200": answer}}}


_OUTCOME = ("OperationOutcome", _FHIR)
_LOCATION = {"Location": {"description": "/v1/fhir/Observation/ and the reading's id.", "schema": {"type": "string"}}}
_OBJECT, _ID = {"type": "object"}, {"type": "string", "format": "uuid"}


DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Cuore: readings in messages, and the analysis of strips",
        "version": "1",
        "description": "For gateways of measuring devices and for other systems. Everything else is at /graphql."
        + _AGAIN,
    },
    "paths": {
        "/v1/fhir/Observation": _post(
            "createObservation",
            "Record one FHIR R4 Observation." + _AGAIN,
            _content("Observation", _FHIR, _JSON),
            {
                "200": _answer("The reading was kept before.", *_OUTCOME) | {"headers": _LOCATION},
                "201": _answer("The reading is kept.", *_OUTCOME) | {"headers": _LOCATION},
            },
            _OUTCOME,
        ),
        "/v1/fhir": _post(
            "recordBundle",
            "Record a FHIR R4 Bundle of Observations of one patient: a transaction whole or not at all, a batch or a"
            " collection entry by entry." + _AGAIN,
            _content("ObservationBundle", _FHIR, _JSON),
            {"200": _answer("What became of each entry: 201, 200 or 422, in their order.", "ResponseBundle", _FHIR)},
            _OUTCOME,
        ),
        "/v1/gateway/readings": _post(
            "recordPayloads",
            "Record IEEE 11073 payloads that a gateway got over Bluetooth." + _AGAIN,
            {_JSON: {"schema": {"oneOf": [schema("Payload"), array(schema("Payload"), MOST_READINGS_PER_CALL)]}}},
            {"200": _answer("What became of each payload.", "GatewayAnswer", _JSON)},
            ("Refusal", _JSON),
        ),
        ecg.PATH: _post(
            "analyseStrip",
            "Analyse one ECG strip of any format that is known by its content; nothing of it is kept.",
            {kind: {"schema": {}} for kind in ("application/octet-stream", "*/*")},
            {"200": _answer("What the strip shows.", "StripAnalysis", _JSON)},
            ("Refusal", _JSON),
            _STRIP_REFUSALS,
        ),
        "/v1/openapi.json": _page("describe", "This page."),
        "/v1/asyncapi.json": _page(
            "describeLive", "The description of /v1/ecg/live, a socket for a heart as it beats."
        ),
    },
    "components": {
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": f"The secret of a device token ({PREFIX}…), which createDeviceToken of the GraphQL API"
                " shows once; or an access token of a patient or clinician.",
            }
        },
        "schemas": {
            "Observation": record(
                "A FHIR R4 Observation of a vital sign: LOINC or SNOMED CT code, UCUM unit. `subject` is Patient/<id>;"
                " it may be left out unless a clinician sends.",
                {
                    "resourceType": {"const": "Observation"},
                    "status": {"enum": ["final", "amended", "corrected", "preliminary"]},
                    "code": _OBJECT,
                },
                {
                    "subject": record("Whose it is.", {"reference": {"type": "string", "pattern": "^Patient/"}}),
                    "effectiveDateTime": TEXT,
                    "effectiveInstant": TEXT,
                    "effectivePeriod": _OBJECT,
                    "valueQuantity": _OBJECT,
                    "component": array(_OBJECT),
                    "device": record("What measured it.", {}, {"display": TEXT}),
                    "bodySite": _OBJECT,
                    "extension": array(_OBJECT),
                },
            ),
            "ObservationBundle": record(
                "A FHIR R4 Bundle about one patient.",
                {
                    "resourceType": {"const": "Bundle"},
                    "type": {"enum": ["batch", "transaction", "collection"]},
                    "entry": array(
                        record(
                            "One Observation; the request is left out in a collection.",
                            {"resource": schema("Observation")},
                            {
                                "request": record(
                                    "How it is recorded.",
                                    {"method": {"const": "POST"}, "url": {"const": "Observation"}},
                                )
                            },
                        ),
                        MOST_READINGS_PER_CALL,
                    ),
                },
            ),
            "ResponseBundle": record(
                "A FHIR R4 Bundle with a response for each entry.",
                {
                    "resourceType": {"const": "Bundle"},
                    "type": {"enum": ["batch-response", "transaction-response"]},
                    "entry": array(
                        record(
                            "What became of the entry.",
                            {
                                "response": record(
                                    "Its status; where it is kept, or why it is not.",
                                    {"status": {"enum": ["200 OK", "201 Created", "422 Unprocessable Entity"]}},
                                    {"location": TEXT, "outcome": schema("OperationOutcome")},
                                )
                            },
                        )
                    ),
                },
            ),
            "OperationOutcome": record(
                "A FHIR R4 OperationOutcome; the code in `details` is as in the GraphQL API.",
                {
                    "resourceType": {"const": "OperationOutcome"},
                    "issue": array(
                        record(
                            "One thing that is said.",
                            {"severity": {"enum": ["error", "information"]}, "code": TEXT, "diagnostics": TEXT},
                            {"details": _OBJECT, "expression": array(TEXT)},
                        )
                    ),
                },
            ),
            "Payload": record(
                "The bytes of one Bluetooth characteristic.",
                {
                    "characteristic": {
                        "enum": ["2A35", "2A9D", "2A5E", "2A5F"],
                        "description": "Blood pressure, weight, spot-check and continuous oximetry.",
                    },
                    "value": {
                        "type": "string",
                        "pattern": "^[0-9A-Fa-f]+$",
                        "description": "The bytes in hexadecimal.",
                    },
                    "receivedAt": {
                        "type": "string",
                        "description": "When the gateway got it; the time of a reading whose device has no clock.",
                    },
                },
                {
                    "device": {"type": "string", "description": "Make and model."},
                    "patientId": _ID | {"description": "May be left out unless a clinician sends."},
                },
            ),
            "GatewayAnswer": record(
                "Readings by the index of their payload; an oximeter's payload holds two.",
                {
                    "accepted": array(schema("KeptReading")),
                    "duplicates": array(schema("KeptReading")),
                    "rejected": array(
                        record(
                            "Why a reading was not kept.",
                            {"index": {"type": "integer"}, "field": TEXT, "code": TEXT, "message": TEXT},
                        )
                    ),
                },
            ),
            "KeptReading": record("A reading that is there.", {"index": {"type": "integer"}, "id": _ID}),
            **STRIP_SCHEMAS,
            "Refusal": record(
                "Why nothing of the message was read.", {"error": record("Why.", {"code": TEXT, "message": TEXT})}
            ),
        },
    },
}
