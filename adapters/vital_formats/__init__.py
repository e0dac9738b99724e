"""Readers of files with readings: untrusted bytes in, readings and refusals out, in constant memory."""

from adapters.vital_formats.apple_health import AppleHealth
from adapters.vital_formats.cuff import ForwardedCuff
from adapters.vital_formats.fhir_r4 import FhirR4
from adapters.vital_formats.format import HEAD_BYTES, VitalFormat
from adapters.vital_formats.generic_csv import GenericTable
from adapters.vital_formats.health_connect import HealthConnect
from adapters.vital_formats.omron import Omron
from adapters.vital_formats.withings import WithingsApi, WithingsTables

__all__ = ["FORMATS", "HEAD_BYTES", "recognise"]

# Tables of nobody's format are the loosest, so they come last.
FORMATS: tuple[VitalFormat, ...] = (
    AppleHealth(),
    FhirR4(),
    WithingsApi(),
    ForwardedCuff(),
    HealthConnect(),
    Omron(),
    WithingsTables(),
    GenericTable(),
)


def recognise(head: bytes) -> VitalFormat | None:
    """The format of a file that begins with these `HEAD_BYTES`, told by its content, never by its name."""
    return next((one for one in FORMATS if one.recognises(head)), None)
