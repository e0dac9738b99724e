"""The tree of refusals; each has the code that clients see.

DomainError
├── Forbidden            FORBIDDEN        the role may not do this at all
├── NotFound             NOT_FOUND        not existing and not visible look the same
├── BadInput             BAD_USER_INPUT   a value is wrong; the sentence says which and why
├── Conflict             CONFLICT         stale version, a time that is taken, or the same clientId with other content
├── RateLimited          RATE_LIMITED     too many attempts
└── Unavailable          UNAVAILABLE      weather: a service is away, trying again will help
"""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """A refusal whose sentence may be shown to the caller: no health data, nothing internal."""

    code = "INTERNAL"

    def __init__(self, sentence: str, **details: str | int | Sequence[Mapping[str, str]] | None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class Forbidden(DomainError):
    code = "FORBIDDEN"


class NotFound(DomainError):
    code = "NOT_FOUND"


class BadInput(DomainError):
    code = "BAD_USER_INPUT"


class Conflict(DomainError):
    code = "CONFLICT"


class RateLimited(DomainError):
    code = "RATE_LIMITED"


class Unavailable(DomainError):
    code = "UNAVAILABLE"
