"""The GraphQL surface: knows words, not rules."""

# The enums have their descriptions before any type names them, whichever module is imported first.
from schema import enums

__all__ = ["enums"]
