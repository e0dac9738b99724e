"""The synthetic people (and one device) that a newcomer signs in as; their accounts exist on demo data alone."""

from dataclasses import dataclass

from domain.kinds import Role


@dataclass(frozen=True)
class Persona:
    """`name` is what people type, `subject` what the token says, `title` what the explorer shows."""

    name: str
    role: Role
    subject: str
    title: str


PERSONAS = tuple(
    Persona(role.lower(), role, f"demo-{role.lower()}", title)
    for role, title in (
        (Role.PATIENT, "Patient"),
        (Role.CLINICIAN, "Clinician"),
        (Role.COORDINATOR, "Coordinator"),
        (Role.ADMIN, "Administrator"),
        (Role.DEVICE, "Device of the patient"),
    )
)


def persona(name: str) -> Persona:
    """The persona of that name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in PERSONAS}[name]
