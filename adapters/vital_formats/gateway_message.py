"""A gateway's Bluetooth payloads in the API form: one forwarded payload, or a list of them."""

from zoneinfo import ZoneInfo

from adapters.vital_formats.cuff import forwarded_readings
from adapters.vital_formats.format import Unusable, moment_of
from adapters.vital_formats.message import Entry, Message, Parsed, patient_named
from domain.new_readings import Rejection


def gateway_message(sent: object) -> Message:
    """The message that is one payload or a list of them."""
    message = Message()
    for index, payload in enumerate(sent if isinstance(sent, list) else [sent]):
        if not isinstance(payload, dict):
            sentence = "A payload is an object with characteristic, value and receivedAt."
            message.refused.append(Rejection(index, "", "NOT_A_PAYLOAD", sentence))
            continue
        if "patientId" in payload:
            named = patient_named(payload["patientId"])
            if named is None:
                message.refused.append(Rejection(index, "patientId", "UNKNOWN_SUBJECT", "This is not an id of Cuore."))
                continue
            message.patients.add(named)
        message.entries.append(Entry(index, payload))
    return message


def parse_payloads(message: Message, zone: ZoneInfo) -> Parsed:
    """The readings of a message; the clock of a device that knows no offset is that of the patient's `zone`."""
    parsed = Parsed(refused=[*message.refused])
    for entry in message.entries:
        at_fault = "receivedAt"
        try:
            # Looked at first, so that the field at fault is known.
            moment_of(entry.content.get("receivedAt"), zone)
            at_fault = "value"
            readings = forwarded_readings(entry.content, zone)
        except Unusable as unusable:
            parsed.refused.append(Rejection(entry.index, at_fault, unusable.code, unusable.sentence))
            continue
        if readings is None:
            sentence = "Known are the characteristics 2A35, 2A9D, 2A5E and 2A5F."
            parsed.refused.append(Rejection(entry.index, "characteristic", "UNKNOWN_CHARACTERISTIC", sentence))
        else:
            parsed.add(entry.index, readings)
    return parsed
