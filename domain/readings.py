"""Reading back what was recorded; what a correction replaced stays in history and is seen only by those who ask."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kinds import Measure, VitalKind
from domain.ports import Connection


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
) -> Sequence[Mapping[str, Any]]:
    """Readings newest first, older than the `before` key, at most `limit`; `since` counts, `until` does not."""
    return await connection.fetch(
        "SELECT * FROM reading WHERE patient_id = $1 AND kind = $2::text::vital_kind"
        " AND ($3::timestamptz IS NULL OR measured_at >= $3) AND ($4::timestamptz IS NULL OR measured_at < $4)"
        " AND ($5::timestamptz IS NULL OR (measured_at, id) < ($5, $6::uuid)) AND ($8 OR superseded_by IS NULL)"
        " ORDER BY measured_at DESC, id DESC LIMIT $7",
        patient_id,
        kind.value,
        since,
        until,
        before[0] if before else None,
        before[1] if before else None,
        limit,
        with_superseded,
    )


async def latest(
    connection: Connection, patient_ids: Sequence[UUID], kinds: Sequence[VitalKind]
) -> Sequence[Mapping[str, Any]]:
    """The newest reading of each kind of each patient, in one statement."""
    return await connection.fetch(
        "SELECT newest.* FROM unnest($1::uuid[]) AS owner (id)"
        " CROSS JOIN unnest($2::text[]::vital_kind[]) AS wanted (kind)"
        " CROSS JOIN LATERAL (SELECT * FROM reading WHERE reading.patient_id = owner.id AND reading.kind = wanted.kind"
        " AND superseded_by IS NULL ORDER BY measured_at DESC, reading.id DESC LIMIT 1) AS newest",
        list(patient_ids),
        [kind.value for kind in kinds],
    )


async def measure_values(
    connection: Connection, patient_id: UUID, measure: Measure, since: datetime, until: datetime
) -> tuple[list[float], list[float]]:
    """Times in seconds since 1970 and values of one measure, oldest first."""
    is_pressure = measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    kind = VitalKind.BLOOD_PRESSURE if is_pressure else VitalKind(measure.value)
    column = "diastolic" if measure is Measure.DIASTOLIC else "value"
    # Two arrays cost the driver a tenth of what as many rows cost.
    row = await connection.fetchrow(
        "SELECT coalesce(array_agg(extract(epoch FROM measured_at)::float8 ORDER BY measured_at, id), '{}') AS seconds,"  # noqa: S608 - a column of ours
        f" coalesce(array_agg({column} ORDER BY measured_at, id), '{{}}') AS numbers FROM reading"
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind AND measured_at >= $3 AND measured_at < $4"
        " AND superseded_by IS NULL",
        patient_id,
        kind.value,
        since,
        until,
    )
    assert row is not None
    return list(row["seconds"]), list(row["numbers"])
