"""Series of many patients at once as columns: one statement, and no number becomes an object on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.kinds import Measure, VitalKind
from domain.ports import Connection

# PostgreSQL counts from the year 2000.
_EPOCH_MINUTES = 946_684_800 // 60
_MICROSECONDS_A_MINUTE = 60_000_000
PRESSURES = (Measure.SYSTOLIC, Measure.DIASTOLIC)


def measures_of(kind: str) -> tuple[Measure, ...]:
    """The numbers of a reading of this kind."""
    return PRESSURES if kind == VitalKind.BLOOD_PRESSURE else (Measure(kind),)


def kind_of(measure: str) -> VitalKind:
    """The kind of reading that has this number."""
    return VitalKind.BLOOD_PRESSURE if measure in PRESSURES else VitalKind(measure)


@dataclass(frozen=True)
class Columns:
    """Readings of one kind, oldest first, shape (readings,): minutes since 1970, by UTC and by the patient's clock."""

    minutes: NDArray[np.int64]
    local_minutes: NDArray[np.int64]
    values: NDArray[np.float64]
    diastolics: NDArray[np.float64]

    def numbers(self, measure: str) -> NDArray[np.float64]:
        """Those of one measure."""
        return self.diastolics if measure == Measure.DIASTOLIC else self.values


_NOTHING, _NO_NUMBERS = np.zeros(0, np.int64), np.zeros(0)
NOTHING = Columns(_NOTHING, _NOTHING, _NO_NUMBERS, _NO_NUMBERS)


async def columns(
    connection: Connection, wanted: Sequence[tuple[UUID, str, datetime]]
) -> Mapping[tuple[UUID, str], Columns]:
    """Readings of patients and kinds from a moment on; what a correction has replaced is left out.

    The patient's clock is that of the offset which was sent; many sources send UTC whatever the clock shows, and then
    it is that of the zone where the patient lives.
    """
    rows = await connection.fetch(
        "SELECT wanted.patient_id, wanted.kind, found.* FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])"
        " AS wanted (patient_id, kind, since) JOIN patient ON patient.id = wanted.patient_id CROSS JOIN LATERAL"
        " (SELECT string_agg(timestamptz_send(measured_at), ''::bytea) AS moments,"
        " string_agg(timestamp_send(CASE WHEN offset_minutes <> 0"
        " THEN measured_at AT TIME ZONE 'UTC' + make_interval(mins => offset_minutes)"
        " ELSE measured_at AT TIME ZONE patient.time_zone END), ''::bytea) AS clock,"
        " string_agg(float8send(value), ''::bytea) AS numbers,"
        " string_agg(float8send(diastolic), ''::bytea) AS lower_numbers"
        " FROM (SELECT measured_at, offset_minutes, value, diastolic FROM reading"
        " WHERE reading.patient_id = wanted.patient_id AND reading.kind = wanted.kind::vital_kind"
        " AND measured_at >= wanted.since AND superseded_by IS NULL ORDER BY measured_at, id) AS ordered) AS found"
        " WHERE found.moments IS NOT NULL",
        [patient_id for patient_id, _, _ in wanted],
        [kind for _, kind, _ in wanted],
        [since for _, _, since in wanted],
    )
    return {
        (row["patient_id"], row["kind"]): Columns(
            _minutes(row["moments"]),
            _minutes(row["clock"]),
            _floats(row["numbers"]),
            _floats(row["lower_numbers"] or b""),
        )
        for row in rows
    }


def _minutes(sent: bytes) -> NDArray[np.int64]:
    return np.frombuffer(sent, ">i8").astype(np.int64) // _MICROSECONDS_A_MINUTE + _EPOCH_MINUTES


def _floats(sent: bytes) -> NDArray[np.float64]:
    return np.frombuffer(sent, ">f8").astype(np.float64)
