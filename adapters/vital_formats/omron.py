"""Omron connect's table of blood pressures, in the languages of its app.

Months are told by name, or days and months by numbers; where both could be either, nothing is guessed.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.columns import Columns, read_columns
from adapters.vital_formats.format import Outcome, Unusable, dated
from adapters.vital_formats.tables import Row, header_of

_DATES = {"date": False, "measurement_date": False, "datum": True, "data": True, "fecha": True}
_TIMES = ("time", "uhrzeit", "zeit", "ora", "heure", "hora")
_SYSTOLIC = re.compile(r"(sys|systolic|systolisch|sistolica|systolique|sistólica)_?\(mmhg\)")
_DIASTOLIC = re.compile(r"(dia|diastolic|diastolisch|diastolica|diastolique|diastólica)_?\(mmhg\)")
_PULSE = re.compile(r"(pulse|puls|pulso|pouls|polso|pulsazioni)_?\((bpm|/min)\)")
# The first three letters tell a month in these languages, but for June and July, and for months with a mark.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan gen ene", "feb fév fev", "mar mär mrz", "apr avr abr", "may mai mag", "jun giu", "jul lug",
            "aug aoû aou ago", "sep set", "oct okt ott", "nov", "dec dez dic déc",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTHS |= {"juin": 6, "juil": 7}
_NAMED = re.compile(r"(?:([^\W\d]+)\.? (\d{1,2}),?|(\d{1,2})\.? ([^\W\d]+)\.?,?) (\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))? ?([ap])?\.?m?\.?", re.ASCII | re.IGNORECASE)


def _month(name: str) -> int | None:
    plain = name.lower()
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3])


def _day(text: str, *, day_first: bool) -> tuple[int, int, int] | None:
    """Year, month and day, if the text leaves no doubt."""
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NAMED.fullmatch(text):
        month = _month(found[1] or found[4])
        return (int(found[5]), month, int(found[2] or found[3])) if month else None
    if found := _DAY_OR_MONTH_FIRST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if day_first or found[2] == "." or first > 12:  # noqa: PLR2004 - no month
            return year, second, first
        return (year, first, second) if second > 12 or first == second else None  # noqa: PLR2004
    return None


def _clock(text: str) -> tuple[int, int, int] | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    return hour, int(found[2]), int(found[3] or 0)


def _moment(date_column: str, time_column: str | None, row: Row, zone: ZoneInfo) -> datetime:
    text = " ".join(row.cells[date_column].split())
    if time_column is None:
        text, _, hour = text.partition(" ")
    else:
        hour = row.cells[time_column]
    day, clock = _day(text, day_first=_DATES[date_column]), _clock(hour)
    if day is None or clock is None:
        raise Unusable("NOT_A_TIME", "The date can be read in several ways, or in none.")
    try:
        return dated(datetime(*day, *clock, tzinfo=zone))
    except ValueError:
        raise Unusable("NOT_A_TIME", "There is no such day.") from None


def columns_of(names: tuple[str, ...]) -> Columns | None:
    """Those of an Omron table, in any of its languages."""
    date = next((name for name in names if name in _DATES), None)
    time = next((name for name in names if name in _TIMES), None)
    systolic = next((name for name in names if _SYSTOLIC.fullmatch(name)), None)
    diastolic = next((name for name in names if _DIASTOLIC.fullmatch(name)), None)
    if date is None or systolic is None or diastolic is None:
        return None
    return Columns(
        time=date,
        person=None,
        pressure=(systolic, diastolic),
        pulse=next((name for name in names if _PULSE.fullmatch(name)), None),
        quantities={},
        moment=lambda row, zone: _moment(date, time, row, zone),
        also_read=(time,) if time else (),
    )


class Omron:
    """Omron connect's export."""

    name = "Omron connect"
    places = "line"

    def recognises(self, head: bytes) -> bool:
        """By its columns, which carry their unit."""
        return columns_of(header_of(head)) is not None

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One line a row."""
        return read_columns(stream, columns_of, zone, device="Omron")
