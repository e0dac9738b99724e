"""Which columns of a table hold readings, and what its rows measure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.format import (
    HIGHEST_NUMBER,
    Empty,
    Found,
    NotRead,
    Outcome,
    Refused,
    Unusable,
    moment_of,
    reading_of,
)
from adapters.vital_formats.tables import Row, Table
from domain.kinds import VitalKind
from domain.new_readings import NewReading
from domain.rules.units import FRACTION

Moment = Callable[[Row, ZoneInfo], datetime]


@dataclass(frozen=True)
class Columns:
    """The known columns of one table; a quantity's with its unit where that is not the canonical one."""

    time: str
    person: str | None
    pressure: tuple[str, str] | None
    pulse: str | None
    quantities: Mapping[VitalKind, tuple[str, str | None]]
    # Where the moment is told by more than its column, or in another way than ISO's.
    moment: Moment | None = None
    also_read: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """All of them."""
        quantities = [name for name, _ in self.quantities.values()]
        known = (self.time, *self.also_read, self.person, *(self.pressure or ()), self.pulse, *quantities)
        return [name for name in known if name is not None]

    def at(self, row: Row, zone: ZoneInfo) -> datetime:
        """When the values of a row were measured.

        Raises:
            Unusable: the row does not say it.
        """
        try:
            return self.moment(row, zone) if self.moment else moment_of(row.cells[self.time], zone)
        except Unusable:
            raise Unusable("NOT_A_TIME", f"{self.time} is no time such as 2026-01-31 07:30") from None

    def readings(self, table: Table, row: Row, zone: ZoneInfo, device: str) -> Iterator[NewReading | Unusable]:
        """What a row measures, and what is wrong with the rest of it; times without offset are of `zone`."""
        try:
            at = self.at(row, zone)
        except Unusable as untold:
            yield untold
            return
        if self.pressure is not None and any(row.cells[name] for name in self.pressure):
            names = dict(zip(("systolic", "diastolic"), self.pressure, strict=True))
            if self.pulse is not None and row.cells[self.pulse]:
                names["pulse"] = self.pulse
            found = {name: _number(table, row, column) for name, column in names.items()}
            values = {name: value for name, value in found.items() if isinstance(value, float)}
            if values.keys() == found.keys():
                yield reading_of(VitalKind.BLOOD_PRESSURE, at, values, device=device)
            else:
                yield from (problem for problem in found.values() if isinstance(problem, Unusable))
        for kind, (name, unit) in self.quantities.items():
            if not row.cells[name]:
                continue
            value = _number(table, row, name)
            if isinstance(value, Unusable):
                yield value
                continue
            # Nobody lives with one per cent of oxygen: such a number is a fraction.
            is_fraction = kind is VitalKind.OXYGEN_SATURATION and value <= 1
            yield reading_of(kind, at, {"value": value}, FRACTION if is_fraction else unit, device)


def _number(table: Table, row: Row, column: str) -> float | Unusable:
    if not row.cells[column]:
        return Unusable("NO_VALUE", f"{column} is empty")
    try:
        value = table.number(row.cells[column])
    except ValueError:
        return Unusable("NOT_A_NUMBER", f"{column} is no number")
    return value if abs(value) <= HIGHEST_NUMBER else Unusable("NOT_A_NUMBER", f"{column} is beyond every measurement")


def read_columns(
    stream: BinaryIO,
    choose: Callable[[tuple[str, ...]], Columns | None],
    zone: ZoneInfo,
    *,
    device: str,
    person: str | None = None,
) -> Iterator[Outcome]:
    """All that a table holds, or of one person in it."""
    table = Table(stream)
    columns = choose(table.columns)
    if columns is None:
        yield Refused(1, "UNKNOWN_COLUMNS", "The table holds no columns that are known.")
        return
    known = columns.names()
    if repeated := next((name for name in known if table.columns.count(name) > 1), None):
        yield Refused(1, "REPEATED_COLUMN", f"The table has more than one column {repeated}.")
        return
    yield from (NotRead(name) for name in table.columns if name not in known)
    for row in table.rows():
        if row.problem is not None:
            yield Refused(row.line, "NO_ROW", row.problem)
            continue
        if columns.person is not None and person is not None and row.cells[columns.person] != person:
            if not row.cells[columns.person]:
                yield Refused(row.line, "NOBODYS", f"{columns.person} is empty, so it is nobody's")
            continue
        is_empty = True
        for one in columns.readings(table, row, zone, device):
            is_empty = False
            if isinstance(one, Unusable):
                yield Refused(row.line, one.code, one.sentence)
            else:
                yield Found(row.line, one)
        if is_empty:
            yield Empty(row.line)
