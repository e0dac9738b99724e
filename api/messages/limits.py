"""What the body of a message may be."""

from api.json_body import UTF8, RequestLimits

# A Bundle of as many Observations as one call may hold.
LIMITS = RequestLimits(body_bytes=1024 * 1024)
# What a media type may say of itself.
PARAMETERS = UTF8 | {"fhirversion=4.0"}
