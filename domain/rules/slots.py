"""When appointments may begin: a clinician's wall-clock week laid on the instants of a span."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil import rrule

from domain.errors import BadInput
from domain.kinds import AbsenceKind, AppointmentKind, Weekday

LONGEST_SLOT_MINUTES = 240
LONGEST_BUFFER_MINUTES = 120
LONGEST_LEAD_MINUTES = 60 * 24 * 30
MOST_WEEKLY_HOURS = 50
MOST_ABSENCES = 100

Span = tuple[datetime, datetime]
_DAYS = list(Weekday)
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class WeeklyHours:
    """From one wall-clock time to another of a weekday; an end that is not later lies on the next day."""

    weekday: Weekday
    begins: time
    ends: time

    @property
    def reaches_next_day(self) -> bool:
        return self.ends <= self.begins


@dataclass(frozen=True)
class Absence:
    """Whole days, the first and the last among them."""

    kind: AbsenceKind
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Hours:
    """When a clinician takes appointments."""

    time_zone: str
    weekly: Sequence[WeeklyHours]
    absences: Sequence[Absence]
    kinds: Sequence[AppointmentKind]
    slot_minutes: int
    buffer_minutes: int
    lead_minutes: int


class Slot(NamedTuple):
    """A time at which an appointment may be; the soonest sort first."""

    starts_at: datetime
    ends_at: datetime
    clinician_id: UUID

    def overlaps(self, begins: datetime, ends: datetime) -> bool:
        """Whether it and the span have a moment in common."""
        return self.starts_at < ends and begins < self.ends_at


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def check(hours: Hours) -> None:
    """Refuse hours that nobody can keep; whether the time zone exists has been looked at before.

    Raises:
        BadInput: a value cannot be, or hours overlap.
    """
    if len(hours.weekly) > MOST_WEEKLY_HOURS:
        raise BadInput(f"weekly: give at most {MOST_WEEKLY_HOURS}.")
    if len(hours.absences) > MOST_ABSENCES:
        raise BadInput(f"absences: give at most {MOST_ABSENCES}.")
    if not hours.kinds:
        raise BadInput("kinds: give at least one.")
    for name, minutes, least, most in (
        ("slotMinutes", hours.slot_minutes, 5, LONGEST_SLOT_MINUTES),
        ("bufferMinutes", hours.buffer_minutes, 0, LONGEST_BUFFER_MINUTES),
        ("leadMinutes", hours.lead_minutes, 0, LONGEST_LEAD_MINUTES),
    ):
        if not least <= minutes <= most:
            raise BadInput(f"{name}: give {least} to {most}.")
    if any(one.last_day < one.first_day for one in hours.absences):
        raise BadInput("absences: the last day comes before the first.")
    spans = []
    for one in hours.weekly:
        if any(at.tzinfo is not None or at.second or at.microsecond for at in (one.begins, one.ends)):
            raise BadInput("weekly: give hours and minutes without an offset, such as 09:00.")
        begins = _DAYS.index(one.weekday) * _DAY_MINUTES + _minutes(one.begins)
        spans.append((begins, begins + (_minutes(one.ends) - _minutes(one.begins) - 1) % _DAY_MINUTES + 1))
    spans.sort()
    week = 7 * _DAY_MINUTES
    again = [(spans[0][0] + week, spans[0][1] + week)] if spans else []
    if any(earlier[1] > later[0] for earlier, later in pairwise(spans + again)):
        raise BadInput("weekly: two of the hours overlap.")


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a wall-clock time, as RFC 5545 reads it.

    One that the clocks skip is as far behind the hour before the gap as it says; of one that they show twice it is
    the first.
    """
    return wall.replace(tzinfo=zone).astimezone(UTC)


def offset_minutes(at: datetime, zone: ZoneInfo) -> int:
    """From UTC to the wall clock of the zone at a moment."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None, "every zone has an offset"
    return offset // timedelta(minutes=1)


def kept_on_the_clock(at: datetime, promised_offset_minutes: int, zone: ZoneInfo) -> datetime:
    """The moment at which the clock shows what it was to show at `at`, should the zone's law be another one by now."""
    if offset_minutes(at, zone) == promised_offset_minutes:
        # Also of an hour that the clocks show twice, whichever of the two was meant.
        return at
    shown = at.astimezone(UTC) + timedelta(minutes=promised_offset_minutes)
    return instant(shown.replace(tzinfo=None), zone)


def open_spans(hours: Hours, since: datetime, until: datetime) -> Iterator[Span]:
    """When the clinician is there between two moments, by the week alone."""
    zone = ZoneInfo(hours.time_zone)
    # A day more on either side: hours that reach over midnight, and the zone's own days.
    first_day = since.astimezone(zone).date() - timedelta(days=1)
    last = datetime.combine(until.astimezone(zone).date() + timedelta(days=1), time.max)
    for one in hours.weekly:
        begins = datetime.combine(first_day, one.begins)
        for day in rrule.rrule(rrule.WEEKLY, dtstart=begins, byweekday=_DAYS.index(one.weekday), until=last):
            ends = datetime.combine(day.date() + timedelta(days=one.reaches_next_day), one.ends)
            yield instant(day, zone), instant(ends, zone)


def absent_spans(hours: Hours) -> list[Span]:
    """The absences from midnight to midnight of the clinician's zone."""
    zone = ZoneInfo(hours.time_zone)
    return [
        (
            instant(datetime.combine(one.first_day, time.min), zone),
            instant(datetime.combine(one.last_day + timedelta(days=1), time.min), zone),
        )
        for one in hours.absences
    ]


def _merged(spans: Sequence[Span]) -> tuple[list[datetime], list[datetime]]:
    """Starts and ends of spans that do not overlap, in order, which cover the same."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for begins, stops in sorted(spans):
        if ends and begins <= ends[-1]:
            ends[-1] = max(ends[-1], stops)
        else:
            starts.append(begins)
            ends.append(stops)
    return starts, ends


def slot_at(hours: Hours, clinician_id: UUID, starts_at: datetime) -> Slot | None:
    """The slot that begins at this moment, whether or not it is taken; None where there is none."""
    until = starts_at + timedelta(minutes=hours.slot_minutes)
    found = next(slots(hours, clinician_id, starts_at, until, ()), None)
    return found if found is not None and found.starts_at == starts_at else None


def slots(hours: Hours, clinician_id: UUID, since: datetime, until: datetime, taken: Sequence[Span]) -> Iterator[Slot]:
    """What may be booked from `since` on and is over at `until`, beside absences and what is `taken`.

    Slots are real minutes, so a day on which the clocks are set forward has fewer of them.
    """
    length, step = timedelta(minutes=hours.slot_minutes), timedelta(minutes=hours.slot_minutes + hours.buffer_minutes)
    starts, ends = _merged([*taken, *absent_spans(hours)])
    for opens, closes in open_spans(hours, since, until):
        begins = opens if opens >= since else opens + -((opens - since) // step) * step
        last = min(closes, until) - length
        while begins <= last:
            before = bisect_left(starts, begins + step) - 1
            if before < 0 or ends[before] <= begins:
                yield Slot(begins, begins + length, clinician_id)
            begins += step
