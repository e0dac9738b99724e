"""Which columns of a table are known, and what a row of them measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dev.importing.tables import Row, Table
from domain.kinds import VitalKind
from domain.rules.units import FRACTION

TIMES = ("measurement_datetime", "measured_at", "datetime", "timestamp", "time", "date", "day")
PEOPLE = ("user_code", "user_id", "person", "patient", "patient_id", "subject", "subject_id")
PRESSURES = (("systolic", "diastolic"), ("bp_systolic", "bp_diastolic"), ("sbp", "dbp"))
PULSE = "pulse"
# For each kind the columns that may hold it, the best first, with their unit where it is not the canonical one.
QUANTITIES: Mapping[VitalKind, Mapping[str, str | None]] = {
    VitalKind.HEART_RATE: {"heart_rate": None, "resting_pulse": None, "pulse_average": None},
    VitalKind.WEIGHT: {"weight": None, "weight_kg": None, "weight_lb": "[lb_av]"},
    VitalKind.OXYGEN_SATURATION: {"oxygen_saturation": None, "spo2": None, "average_spo2_value": None},
    VitalKind.BODY_TEMPERATURE: {"body_temperature": None, "body_temperature_avg": None},
    VitalKind.STEPS: {"steps": None, "steps_count": None},
}


@dataclass(frozen=True)
class Measured:
    """One value of a row, with its unit where it is not the canonical one."""

    kind: VitalKind
    at: datetime
    values: dict[str, float]
    unit: str | None = None


@dataclass(frozen=True)
class Columns:
    """The known columns of one table."""

    time: str
    person: str | None
    pressure: tuple[str, str] | None
    pulse: str | None
    quantities: Mapping[VitalKind, str]

    @classmethod
    def of(cls, table: Table) -> "Columns | None":
        """Those of this table, or nothing where it holds no readings that are known."""
        names = set(table.columns)
        moment = next((name for name in TIMES if name in names), None)
        pressure = next((pair for pair in PRESSURES if names.issuperset(pair)), None)
        chosen = {kind: next((name for name in known if name in names), None) for kind, known in QUANTITIES.items()}
        quantities = {kind: name for kind, name in chosen.items() if name is not None}
        if moment is None or not (pressure or quantities):
            return None
        return cls(
            time=moment,
            person=next((name for name in PEOPLE if name in names), None),
            pressure=pressure,
            pulse=PULSE if pressure and PULSE in names else None,
            quantities=quantities,
        )

    def names(self) -> list[str]:
        """All of them."""
        known = (self.time, self.person, *(self.pressure or ()), self.pulse, *self.quantities.values())
        return [name for name in known if name is not None]

    def measured(self, table: Table, row: Row, zone: ZoneInfo) -> tuple[list[Measured], list[str]]:
        """What a row measures, and what is wrong with the rest of it; times without offset are of `zone`."""
        try:
            at = moment_of(row.cells[self.time], zone)
        except ValueError:
            return [], [f"{self.time} is no time such as 2026-01-31 07:30"]
        found: list[Measured] = []
        problems: list[str] = []
        if self.pressure is not None and any(row.cells[name] for name in self.pressure):
            names = dict(zip(("systolic", "diastolic"), self.pressure, strict=True))
            if self.pulse is not None and row.cells[self.pulse]:
                names["pulse"] = self.pulse
            wrong = [problem for name in names.values() if (problem := _problem(table, row, name))]
            problems += wrong
            if not wrong:
                values = {name: table.number(row.cells[column]) for name, column in names.items()}
                found.append(Measured(VitalKind.BLOOD_PRESSURE, at, values))
        for kind, name in self.quantities.items():
            if not row.cells[name]:
                continue
            if problem := _problem(table, row, name):
                problems.append(problem)
                continue
            value = table.number(row.cells[name])
            unit = QUANTITIES[kind][name]
            # Nobody lives with one per cent of oxygen: such a number is a fraction.
            if kind is VitalKind.OXYGEN_SATURATION and value <= 1:
                unit = FRACTION
            found.append(Measured(kind, at, {"value": value}, unit))
        return found, problems


def _problem(table: Table, row: Row, column: str) -> str | None:
    if not row.cells[column]:
        return f"{column} is empty"
    try:
        table.number(row.cells[column])
    except ValueError:
        return f"{column} is no number"
    return None


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """The moment that a text names; a day without an hour means noon, a time without offset the clock of `zone`.

    Raises:
        ValueError: it names none.
    """
    plain = " ".join(text.split())
    try:
        at = datetime.combine(date.fromisoformat(plain), time(12), zone)
    except ValueError:
        at = datetime.fromisoformat(plain)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if not 1900 < at.year < 9999:
        raise ValueError(text)
    return at
