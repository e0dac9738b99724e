"""When something is to be done, on the patient's wall clock: checked, as RFC 5545 writes it, and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from domain.errors import BadInput
from domain.kinds import FoodRule

MOST_TIMES = 12
MOST_DAYS_BETWEEN = 366
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Schedule:
    """Every so many days, and of those on these weekdays (ISO, Monday is 1; none for all), at these times.

    Without times it is done as needed.
    """

    times_of_day: Sequence[time]
    every_days: int = 1
    weekdays: Sequence[int] = ()

    @property
    def is_as_needed(self) -> bool:
        return not self.times_of_day

    def recurrence(self) -> str:
        """The days as a recurrence rule of RFC 5545; empty as needed."""
        if self.is_as_needed:
            return ""
        on = ",".join(_CODES[one - 1] for one in self.weekdays)
        return f"FREQ=DAILY;INTERVAL={self.every_days}" + (f";BYDAY={on}" if on else "")


def checked(schedule: Schedule) -> Schedule:
    """The same with times and weekdays in order, each once.

    Raises:
        BadInput: a value cannot be.
    """
    if any(at.tzinfo is not None or at.second or at.microsecond for at in schedule.times_of_day):
        raise BadInput("timesOfDay: give hours and minutes without an offset, such as 08:00.")
    times = sorted(set(schedule.times_of_day))
    if len(times) > MOST_TIMES:
        raise BadInput(f"timesOfDay: give at most {MOST_TIMES}.")
    if not 1 <= schedule.every_days <= MOST_DAYS_BETWEEN:
        raise BadInput(f"everyDays: give 1 to {MOST_DAYS_BETWEEN}.")
    return Schedule(times, schedule.every_days, sorted(set(schedule.weekdays)))


@dataclass(frozen=True)
class _Words:
    every_day: str
    every_days: str
    on_weekdays: str
    # Where there is an interval besides.
    with_interval: str
    on_day: str
    at: str
    last_and: str
    as_needed: str
    food: Mapping[FoodRule, str]
    weekdays: Sequence[str]
    months: Sequence[str]


_WORDS = {
    "en": _Words(
        every_day="every day",
        every_days="every {count} days",
        on_weekdays="every {days}",
        with_interval="{interval} if that is a {days}",
        on_day="on {day} {month} {year}",
        at="{when} at {times}",
        last_and=" and ",
        as_needed="as needed",
        food={FoodRule.WITH_FOOD: "with food", FoodRule.WITHOUT_FOOD: "on an empty stomach"},
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
            *("October", "November", "December"),
        ),
    ),
    "de": _Words(
        every_day="jeden Tag",
        every_days="alle {count} Tage",
        on_weekdays="jeden {days}",
        with_interval="{interval}, wenn das ein {days} ist",
        on_day="am {day}. {month} {year}",
        at="{when} um {times}",
        last_and=" und ",
        as_needed="bei Bedarf",
        food={FoodRule.WITH_FOOD: "zu einer Mahlzeit", FoodRule.WITHOUT_FOOD: "auf nüchternen Magen"},
        weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        months=(
            *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September"),
            *("Oktober", "November", "Dezember"),
        ),
    ),
    "it": _Words(
        every_day="ogni giorno",
        every_days="ogni {count} giorni",
        on_weekdays="ogni {days}",
        with_interval="{interval} se è {days}",
        on_day="il {day} {month} {year}",
        at="{when} alle {times}",
        last_and=" e ",
        as_needed="al bisogno",
        food={FoodRule.WITH_FOOD: "durante i pasti", FoodRule.WITHOUT_FOOD: "a stomaco vuoto"},
        weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        months=(
            *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre"),
            *("ottobre", "novembre", "dicembre"),
        ),
    ),
}
LANGUAGES = tuple(_WORDS)


def language_of(locale: str) -> str:
    """The language of a locale such as `it-IT` in which there are texts for patients; English where it is another."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in _WORDS else "en"


def _listed(parts: Sequence[str], words: _Words) -> str:
    return words.last_and.join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def in_words(schedule: Schedule, locale: str, only_day: date | None = None, food: FoodRule | None = None) -> str:
    """`every day at 08:00 and 20:00, with food`; `only_day` is the day of what is done on one day alone."""
    words = _WORDS[language_of(locale)]
    days = _listed([words.weekdays[one - 1] for one in schedule.weekdays], words) if schedule.weekdays else ""
    interval = words.every_day if schedule.every_days == 1 else words.every_days.format(count=schedule.every_days)
    if schedule.is_as_needed:
        said = words.as_needed
    else:
        if only_day is not None:
            when = words.on_day.format(day=only_day.day, month=words.months[only_day.month - 1], year=only_day.year)
        elif days and schedule.every_days > 1:
            when = words.with_interval.format(interval=interval, days=days)
        elif days:
            when = words.on_weekdays.format(days=days)
        else:
            when = interval
        said = words.at.format(when=when, times=_listed([f"{at:%H:%M}" for at in schedule.times_of_day], words))
    return f"{said}, {words.food[food]}" if food else said
