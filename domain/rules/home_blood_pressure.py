"""BP-PROTO: a week of blood pressures at home as one result, and what it says beside the clinic's readings."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from statistics import fmean
from uuid import UUID

from domain.kinds import BloodPressureScheme, ReadingSetting
from domain.rules.blood_pressure_classes import CLASSIFICATIONS, BloodPressureCategory, Classification


@dataclass(frozen=True)
class HomeProtocolRule:
    """The protocol as data; hours are those of the patient's own wall clock, from the first to before the last."""

    id: str
    version: int
    days: int
    readings_a_sitting: int
    second_not_before_seconds: float
    second_not_after_seconds: float
    morning_hours: tuple[int, int]
    evening_hours: tuple[int, int]
    readings_at_least: int
    unit: str
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool

    @property
    def readings_of_a_part(self) -> int:
        """All mornings together, or all evenings, without day 1."""
        return (self.days - 1) * self.readings_a_sitting

    @property
    def readings_when_complete(self) -> int:
        return 2 * self.readings_of_a_part


PROTOCOL = HomeProtocolRule(
    id="BP-PROTO",
    version=1,
    days=7,
    readings_a_sitting=2,
    second_not_before_seconds=60,
    second_not_after_seconds=600,
    morning_hours=(4, 12),
    evening_hours=(17, 24),
    readings_at_least=12,
    unit="mm[Hg]",
    source="ESH scheme, BMC Medicine 2010;8:55 fig. 2: 7 days, 2 + 2 readings, first day out, 24 readings;"
    " J Clin Hypertens 2018: 12 to 24 readings; the hours and the 10 minutes are our own",
    mark="[V]",
    to_be_confirmed_by_a_clinician=True,
)


@dataclass(frozen=True)
class OfficePatternRule:
    """When clinic and home disagree: hypertension on one side only; pressures in `unit`."""

    id: str
    version: int
    office_at_least: tuple[float, float]
    home_at_least: tuple[float, float]
    office_within_days: int
    unit: str
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


OFFICE_PATTERN = OfficePatternRule(
    id="BP-OFFICE-PATTERN",
    version=1,
    office_at_least=(140, 90),
    home_at_least=(135, 85),
    office_within_days=30,
    unit="mm[Hg]",
    source="limits of hypertension in clinic and home: ESC 2024 (BP-CAT-ESC24); white-coat and masked from memory;"
    " the 30 days are our own",
    mark="[M]",
    to_be_confirmed_by_a_clinician=True,
)


@dataclass(frozen=True)
class TargetRule:
    """On treatment, this many weeks in a row with either average at its limit or above are for review."""

    id: str
    version: int
    systolic_at_least: float
    diastolic_at_least: float
    weeks: int
    unit: str
    severity: str
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


TARGET = TargetRule(
    id="BP-TARGET",
    version=1,
    systolic_at_least=135,
    diastolic_at_least=85,
    weeks=2,
    unit="mm[Hg]",
    severity="REVIEW",
    source="135/85 at home: ESC 2024 (BP-CAT-ESC24); two averages in a row are our own",
    mark="[V]",
    to_be_confirmed_by_a_clinician=True,
)


@dataclass(frozen=True)
class HomeReading:
    """What the rules need of a blood pressure; `offset_minutes` is the patient's wall clock east of UTC."""

    id: UUID
    measured_at: datetime
    offset_minutes: int
    systolic: float
    diastolic: float
    setting: ReadingSetting

    @property
    def wall(self) -> datetime:
        """The patient's own clock at that moment."""
        return self.measured_at.astimezone(timezone(timedelta(minutes=self.offset_minutes)))


@dataclass(frozen=True)
class Average:
    """Means of at least one reading, to a tenth, as they are shown."""

    readings: int
    systolic: float
    diastolic: float

    def __str__(self) -> str:
        return f"{self.systolic:.1f}/{self.diastolic:.1f} mm[Hg]"

    def reaches(self, systolic_at_least: float, diastolic_at_least: float) -> bool:
        """Whether either mean is at its limit or above."""
        return self.systolic >= systolic_at_least or self.diastolic >= diastolic_at_least


def average(readings: Sequence[HomeReading]) -> Average | None:
    """Their means. Classes are made of these, so that a number never looks like another class than it has."""
    if not readings:
        return None
    systolic, diastolic = (fmean(one.systolic for one in readings), fmean(one.diastolic for one in readings))
    return Average(len(readings), round(systolic, 1), round(diastolic, 1))


def sitting(readings: Iterable[HomeReading], rule: HomeProtocolRule = PROTOCOL) -> list[HomeReading]:
    """Those of one morning or evening that count: the first two that are 1 to 10 minutes apart, else the first.

    Values play no part, and a reading that came by two ways is never its own second one.
    """
    in_order = sorted(readings, key=lambda one: (one.measured_at, one.id))
    moments = [one.measured_at for one in in_order]
    for first in in_order:
        place = bisect_left(moments, first.measured_at + timedelta(seconds=rule.second_not_before_seconds))
        latest = first.measured_at + timedelta(seconds=rule.second_not_after_seconds)
        if place < len(moments) and moments[place] <= latest:
            return [first, in_order[place]]
    return in_order[:1]


@dataclass(frozen=True)
class OfficePattern:
    """Hypertension in the clinic only (white-coat) or at home only (masked)."""

    white_coat: bool
    treated: bool | None
    office: Average
    office_day: date
    office_words: str
    rule: OfficePatternRule

    @property
    def words(self) -> str:
        """Untreated it is a kind of hypertension, treated an effect; where nobody knows, no more than a pattern."""
        if self.treated is None:
            return "a white-coat pattern" if self.white_coat else "a masked pattern"
        if self.treated:
            return "a white-coat effect" if self.white_coat else "masked uncontrolled hypertension"
        return "white-coat hypertension" if self.white_coat else "masked hypertension"

    def sentence(self) -> str:
        """What was seen in the clinic, and what that means beside the readings at home."""
        count = f"{self.office.readings} reading{'s' if self.office.readings > 1 else ''}"
        return (
            f"In the clinic it was {self.office} on {self.office_day} ({count}), {self.office_words}: this looks like"
            f" {self.words}."
        )


@dataclass(frozen=True)
class HomeBloodPressure:
    """The protocol of the days `first_day` to `last_day`; `day_one`, the first of them with a reading, is left out."""

    first_day: date
    last_day: date
    scheme: BloodPressureScheme
    day_one: date | None
    overall: Average | None
    morning: Average | None
    evening: Average | None
    rule: HomeProtocolRule

    @property
    def readings_used(self) -> int:
        return self.overall.readings if self.overall else 0

    @property
    def readings_missing(self) -> int:
        return self.rule.readings_when_complete - self.readings_used

    @property
    def complete(self) -> bool:
        return self.readings_missing == 0

    @property
    def usable(self) -> Average | None:
        """The average where it rests on enough readings for a class or a decision."""
        return self.overall if self.readings_used >= self.rule.readings_at_least else None

    @property
    def category(self) -> BloodPressureCategory | None:
        """The class of the average; absent with too few readings."""
        if self.usable is None:
            return None
        return self._classes.reached(self.usable.systolic, self.usable.diastolic).category

    @property
    def _classes(self) -> Classification:
        return CLASSIFICATIONS[self.scheme, ReadingSetting.HOME]

    def sentence(self) -> str:
        """What counts, what is missing, and the class with its scheme or why there is none."""
        left_out = f"Leaving out the first day, {self.day_one}, " if self.day_one else ""
        counts = f"{self.readings_used} of {self.rule.readings_when_complete} home readings count"
        parts = {"morning": self.morning, "evening": self.evening}
        missing = {name: self.rule.readings_of_a_part - (part.readings if part else 0) for name, part in parts.items()}
        if any(missing.values()):
            counts += f" (missing: {', '.join(f'{count} in the {name}' for name, count in missing.items() if count)})"
        if self.usable is None:
            return f"{left_out}{counts}: a class needs at least {self.rule.readings_at_least}, so there is none."
        words = self._classes.words(self.usable.systolic, self.usable.diastolic)
        return f"{left_out}{counts}; their average of {self.usable} is {words}."


def home_blood_pressure(
    readings: Iterable[HomeReading], last_day: date, scheme: BloodPressureScheme, rule: HomeProtocolRule = PROTOCOL
) -> HomeBloodPressure:
    """The protocol of the seven days that end on `last_day`, each reading on the day of its own wall clock."""
    first_day = last_day - timedelta(days=rule.days - 1)
    parts = {"morning": rule.morning_hours, "evening": rule.evening_hours}
    taken: defaultdict[tuple[date, str], list[HomeReading]] = defaultdict(list)
    for one in readings:
        wall = one.wall
        if one.setting is ReadingSetting.HOME and first_day <= wall.date() <= last_day:
            for name, (start, end) in parts.items():
                if start <= wall.hour < end:
                    taken[wall.date(), name].append(one)
    day_one = min((day for day, _ in taken), default=None)
    counted: dict[str, list[HomeReading]] = {name: [] for name in parts}
    for (day, name), of_the_part in taken.items():
        if day != day_one:
            counted[name] += sitting(of_the_part, rule)
    return HomeBloodPressure(
        first_day=first_day,
        last_day=last_day,
        scheme=scheme,
        day_one=day_one,
        overall=average(counted["morning"] + counted["evening"]),
        morning=average(counted["morning"]),
        evening=average(counted["evening"]),
        rule=rule,
    )


def office_pattern(
    home: HomeBloodPressure,
    readings: Iterable[HomeReading],
    *,
    treated: bool | None,
    rule: OfficePatternRule = OFFICE_PATTERN,
) -> OfficePattern | None:
    """White-coat or masked: the home average against the visit nearest to the last day, if one is near enough.

    All the clinic's readings of that day are averaged; of two visits as near as each other the later one counts.
    """
    visits: defaultdict[date, list[HomeReading]] = defaultdict(list)
    for one in readings:
        day = one.wall.date()
        if one.setting is ReadingSetting.OFFICE and abs(day - home.last_day).days <= rule.office_within_days:
            visits[day].append(one)
    nearest = min(visits, key=lambda day: (abs(day - home.last_day), home.last_day - day), default=home.last_day)
    office = average(visits[nearest])
    if office is None or home.usable is None:
        return None
    high_in_office, high_at_home = office.reaches(*rule.office_at_least), home.usable.reaches(*rule.home_at_least)
    if high_in_office == high_at_home:
        return None
    words = CLASSIFICATIONS[home.scheme, ReadingSetting.OFFICE].words(office.systolic, office.diastolic)
    return OfficePattern(high_in_office, treated, office, nearest, words, rule)


def above_target(weeks: Sequence[HomeBloodPressure], rule: TargetRule = TARGET) -> bool:
    """Whether each of the rule's weeks in a row, all on treatment, has enough readings and is at a limit or above."""
    return len(weeks) == rule.weeks and all(
        week.usable is not None and week.usable.reaches(rule.systolic_at_least, rule.diastolic_at_least)
        for week in weeks
    )
