"""HL7 FHIR R4 in the API form: one Observation, or a Bundle of them, as a gateway or another system sends it.

Sources: https://hl7.org/fhir/R4/http.html#transaction and https://hl7.org/fhir/R4/bundle.html.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from adapters.vital_formats.fhir_r4 import observation_reading
from adapters.vital_formats.format import Unusable
from adapters.vital_formats.message import Entry, Message, Parsed, patient_named
from domain.new_readings import Rejection

BUNDLES = ("batch", "transaction", "collection")
_FIELDS = {"NOT_A_TIME": "effective", "NOT_VALID": "status", "UNPAIRED": "component"}


def observation_message(resource: object) -> Message:
    """The message that is one Observation.

    Raises:
        Unusable: it is none.
    """
    message = Message()
    if not _is_observation(resource):
        raise Unusable("NOT_AN_OBSERVATION", "Send an Observation.")
    _add(message, 0, resource)
    return message


def bundle_message(resource: object) -> Message:
    """The message that is a Bundle.

    Raises:
        Unusable: it is none, or none that can be recorded.
    """
    kind = resource.get("type") if isinstance(resource, dict) and resource.get("resourceType") == "Bundle" else None
    if kind not in BUNDLES:
        raise Unusable("NOT_A_BUNDLE", f"Send a Bundle of one of the types {', '.join(BUNDLES)}.")
    entries = resource.get("entry") if isinstance(resource, dict) else None
    message = Message()
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        held = entry.get("resource") if isinstance(entry, dict) else None
        request = entry.get("request") if isinstance(entry, dict) else None
        if kind != "collection" and not _is_creation(request):
            sentence = "An entry's request must be the POST of an Observation."
            message.refused.append(Rejection(index, "request", "NOT_A_CREATION", sentence))
        elif not _is_observation(held):
            message.refused.append(Rejection(index, "resource", "NOT_AN_OBSERVATION", "Only Observations are kept."))
        else:
            _add(message, index, held)
    return message


def _is_creation(request: object) -> bool:
    return isinstance(request, dict) and request.get("method") == "POST" and request.get("url") == "Observation"


def _is_observation(resource: object) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType") == "Observation"


def _add(message: Message, index: int, resource: Any) -> None:
    if "subject" in resource:
        subject = resource["subject"]
        reference = subject.get("reference") if isinstance(subject, dict) else None
        named = patient_named(reference, "Patient/")
        if named is None:
            sentence = "Name the patient as Patient/<id>, or leave the subject out where the token says whose it is."
            message.refused.append(Rejection(index, "resource.subject", "UNKNOWN_SUBJECT", sentence))
            return
        message.patients.add(named)
    message.entries.append(Entry(index, resource))


def parse_observations(message: Message, zone: ZoneInfo) -> Parsed:
    """The readings of a message; a day without an hour is of the patient's `zone`."""
    parsed = Parsed(refused=[*message.refused])
    for entry in message.entries:
        try:
            reading = observation_reading(entry.content, zone)
        except Unusable as unusable:
            at_fault = f"resource.{_FIELDS.get(unusable.code, 'value')}"
            parsed.refused.append(Rejection(entry.index, at_fault, unusable.code, unusable.sentence))
            continue
        if reading is None:
            sentence = "Observations with this code are not kept."
            parsed.refused.append(Rejection(entry.index, "resource.code", "UNKNOWN_CODE", sentence))
        else:
            parsed.add(entry.index, [reading])
    return parsed


# Where the fields of a reading stand in an Observation.
OBSERVATION_FIELDS: Mapping[str, str] = {
    "measuredAt": "effective",
    "unit": "value",
    "systolic": "component",
    "diastolic": "component",
    "pulse": "component",
    "clientId": "id",
}
