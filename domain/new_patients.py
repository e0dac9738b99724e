"""The record of someone who is invited, checked before it is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from domain.errors import BadInput

LONGEST_NAME = 200
MOST_CONDITIONS = 50
MOST_YEARS = 130

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_CONDITION = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


@dataclass(frozen=True)
class NewPatient:
    """The record of someone who is invited; `clinic_id` may be left out by the clinic itself."""

    display_name: str
    birth_date: date
    time_zone: str
    locale: str
    conditions: Sequence[str]
    clinic_id: UUID | None


@cache
def time_zones() -> frozenset[str]:
    """The names that this machine knows."""
    return frozenset(available_timezones())


def checked(new: NewPatient, today: date) -> NewPatient:
    """The same with its name's spaces and its conditions put in order.

    Raises:
        BadInput: a value cannot be.
    """
    name = " ".join(new.display_name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput(f"displayName: give 1 to {LONGEST_NAME} printable characters.")
    if not 0 <= (today - new.birth_date).days <= MOST_YEARS * 366:
        raise BadInput(f"birthDate: give a day within the last {MOST_YEARS} years.")
    if new.time_zone not in time_zones():
        raise BadInput("timeZone: give an IANA time zone such as Europe/Rome.")
    if not _LOCALE.fullmatch(new.locale):
        raise BadInput("locale: give a language tag such as it-IT.")
    conditions = sorted(set(new.conditions))
    if len(conditions) > MOST_CONDITIONS or not all(_CONDITION.fullmatch(one) for one in conditions):
        raise BadInput(f"conditions: give at most {MOST_CONDITIONS} codes such as HYPERTENSION.")
    return NewPatient(name, new.birth_date, new.time_zone, new.locale, conditions, new.clinic_id)
