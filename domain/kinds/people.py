"""Who people and organisations are."""

from enum import StrEnum


class Role(StrEnum):
    PATIENT = "PATIENT"
    CLINICIAN = "CLINICIAN"
    COORDINATOR = "COORDINATOR"
    DEVICE = "DEVICE"
    ADMIN = "ADMIN"


class OrganisationKind(StrEnum):
    CLINIC = "CLINIC"
    INSURER = "INSURER"
