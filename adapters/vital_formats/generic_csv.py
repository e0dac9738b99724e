"""Tables of nobody's format: a column for the time, and columns for values under their usual names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from zoneinfo import ZoneInfo

from adapters.vital_formats.columns import Columns, read_columns
from adapters.vital_formats.format import Outcome
from adapters.vital_formats.omron import Omron
from adapters.vital_formats.tables import Table, header_of
from adapters.vital_formats.withings import WithingsTables
from domain.kinds import VitalKind

TIMES = ("measurement_datetime", "measured_at", "datetime", "timestamp", "time", "date", "day")
PEOPLE = ("user_code", "user_id", "person", "patient", "patient_id", "subject", "subject_id")
PRESSURES = (("systolic", "diastolic"), ("bp_systolic", "bp_diastolic"), ("sbp", "dbp"))
PULSE = "pulse"
# For each kind the columns that may hold it, the best first, with their unit where it is not the canonical one.
QUANTITIES: Mapping[VitalKind, Mapping[str, str | None]] = {
    VitalKind.HEART_RATE: {"heart_rate": None, "pulse_average": None},
    VitalKind.RESTING_HEART_RATE: {"resting_heart_rate": None, "resting_pulse": None},
    VitalKind.WEIGHT: {"weight": None, "weight_kg": None, "weight_lb": "[lb_av]"},
    VitalKind.OXYGEN_SATURATION: {"oxygen_saturation": None, "spo2": None, "average_spo2_value": None},
    VitalKind.BODY_TEMPERATURE: {"body_temperature": None, "body_temperature_avg": None},
    VitalKind.RESPIRATORY_RATE: {"respiratory_rate": None},
    VitalKind.STEPS: {"steps": None, "steps_count": None},
    VitalKind.HEART_RATE_VARIABILITY_RMSSD: {"rmssd": None},
    VitalKind.HEART_RATE_VARIABILITY_SDNN: {"sdnn": None},
    VitalKind.SLEEP_DURATION: {"sleep_minutes": None},
}
_CLOSER = (Omron(), WithingsTables())


def columns_of(names: tuple[str, ...]) -> Columns | None:
    """The known ones, or nothing where a table holds no readings that are known."""
    moment = next((name for name in TIMES if name in names), None)
    pressure = next((pair for pair in PRESSURES if set(names).issuperset(pair)), None)
    chosen = {kind: next((name for name in known if name in names), None) for kind, known in QUANTITIES.items()}
    quantities = {kind: (name, QUANTITIES[kind][name]) for kind, name in chosen.items() if name is not None}
    if moment is None or not (pressure or quantities):
        return None
    return Columns(
        time=moment,
        person=next((name for name in PEOPLE if name in names), None),
        pressure=pressure,
        pulse=PULSE if pressure and PULSE in names else None,
        quantities=quantities,
    )


@dataclass(frozen=True)
class GenericTable:
    """Any table with known columns; of one with several people, the rows of `person` are read."""

    person: str | None = None
    name = "table of readings"
    places = "line"

    def recognises(self, head: bytes) -> bool:
        """By its columns, unless they are those of an app that we know better."""
        return columns_of(header_of(head)) is not None and not any(one.recognises(head) for one in _CLOSER)

    def read(self, stream: BinaryIO, zone: ZoneInfo) -> Iterator[Outcome]:
        """One line a row."""
        return read_columns(stream, columns_of, zone, device="Import", person=self.person)


def people_in(stream: BinaryIO) -> tuple[str | None, list[str]]:
    """The column that says whose a row is, if there is one, and everybody in it."""
    table = Table(stream)
    columns = columns_of(table.columns)
    if columns is None or columns.person is None:
        return None, []
    column = columns.person
    return column, sorted({row.cells[column] for row in table.rows() if row.problem is None} - {""})
