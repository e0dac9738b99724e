"""Reading back what was recorded; what a correction replaced stays in history and is seen only by those who ask."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.kinds import Measure, VitalKind
from domain.ports import Connection

# What nearly every list of readings shows; the other columns are half of the work and are seldom looked at.
_PLAIN = "patient_id, id, measured_at, received_at, value, diastolic, pulse, kind, source, setting"
# By which scheme a blood pressure is classed is the clinic's choice, and asked for with the readings.
_SCHEME = (
    ", (SELECT blood_pressure_scheme FROM organisation JOIN patient ON patient.clinic_id = organisation.id"
    " WHERE patient.id = {patient_id}) AS blood_pressure_scheme"
)
# PostgreSQL counts from the year 2000.
_EPOCH_MICROSECONDS = 946_684_800_000_000
_LAST_ID = UUID(int=2**128 - 1)


async def page(
    connection: Connection,
    patient_id: UUID,
    kind: VitalKind,
    *,
    since: datetime | None,
    until: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
    with_superseded: bool = False,
    with_details: bool = True,
    with_scheme: bool = False,
) -> Sequence[Mapping[str, Any]]:
    """Readings newest first, older than the `before` key, at most `limit`; `since` counts, `until` does not.

    Without details a row has only what nearly every list shows; with the scheme also `blood_pressure_scheme`.
    """
    scheme = _SCHEME.format(patient_id="$1") if with_scheme else ""
    # Bounds that are always there can be looked up in the key whatever the plan; `OR … IS NULL` could not.
    return await connection.fetch(
        f"SELECT {'*' if with_details else _PLAIN}{scheme} FROM reading"  # noqa: S608 - columns of ours
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind"
        " AND measured_at >= coalesce($3::timestamptz, '-infinity')"
        " AND measured_at < coalesce($4::timestamptz, 'infinity')"
        " AND (measured_at, id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $9::uuid))"
        " AND ($8 OR superseded_by IS NULL) ORDER BY measured_at DESC, id DESC LIMIT $7",
        patient_id,
        kind.value,
        since,
        until,
        before[0] if before else None,
        before[1] if before else None,
        limit,
        with_superseded,
        _LAST_ID,
    )


async def latest(
    connection: Connection,
    patient_ids: Sequence[UUID],
    kinds: Sequence[VitalKind],
    *,
    with_details: bool = True,
    with_scheme: bool = False,
) -> Sequence[Mapping[str, Any]]:
    """The newest reading of each kind of each patient, those of one patient in the order of `kinds`.

    Without details a row has only what nearly every list shows; with the scheme also `blood_pressure_scheme`.
    """
    scheme = _SCHEME.format(patient_id="latest_reading.patient_id") if with_scheme else ""
    return await connection.fetch(
        f"SELECT {'*' if with_details else _PLAIN}{scheme} FROM latest_reading"  # noqa: S608 - columns of ours
        " WHERE patient_id = ANY($1::uuid[]) AND kind = ANY($2::text[]::vital_kind[])"
        " ORDER BY array_position($2::text[], kind::text)",
        list(patient_ids),
        [kind.value for kind in kinds],
    )


async def measure_values(
    connection: Connection, patient_id: UUID, measure: Measure, since: datetime, until: datetime
) -> tuple[list[float], list[float]]:
    """Times in seconds since 1970 and values of one measure, oldest first."""
    microseconds, values = await columns(connection, patient_id, measure, since, until)
    return (microseconds / 1e6).tolist(), values.tolist()


async def columns(
    connection: Connection, patient_id: UUID, measure: Measure, since: datetime, until: datetime
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times in microseconds since 1970 and values of one measure, oldest first."""
    is_pressure = measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    kind = VitalKind.BLOOD_PRESSURE if is_pressure else VitalKind(measure.value)
    column = "diastolic" if measure is Measure.DIASTOLIC else "value"
    # Two texts of bytes in PostgreSQL's own binary form: no number becomes an object on the way.
    row = await connection.fetchrow(
        "SELECT string_agg(timestamptz_send(measured_at), ''::bytea) AS moments,"  # noqa: S608 - a column of ours
        f" string_agg(float8send({column}), ''::bytea) AS numbers FROM (SELECT measured_at, {column} FROM reading"
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind AND measured_at >= $3 AND measured_at < $4"
        " AND superseded_by IS NULL ORDER BY measured_at, id) AS ordered",
        patient_id,
        kind.value,
        since,
        until,
    )
    assert row is not None
    moments = np.frombuffer(row["moments"] or b"", ">i8").astype(np.int64)
    return moments + _EPOCH_MICROSECONDS, np.frombuffer(row["numbers"] or b"", ">f8").astype(np.float64)
