"""The GraphQL surface: knows words, not rules."""

# The enums have their descriptions before any type names them, whichever module is imported first.
from schema import blood_pressure_classes, enums

__all__ = ["blood_pressure_classes", "enums"]
