"""Readings as other systems send them: FHIR R4 and the payloads of gateways, each answered in its own words."""
