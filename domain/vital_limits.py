"""A patient's own limits, as a clinician of the care team sets them; what was set before stays in history."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, NotFound
from domain.kinds import EventKind, Measure
from domain.ports import Connection
from domain.rules.plausibility import LIMITS
from domain.unit_of_work import UnitOfWork, new_id

_HELD = (
    "SELECT DISTINCT ON (patient_id, measure) * FROM vital_limit WHERE patient_id = ANY($1::uuid[])"
    " ORDER BY patient_id, measure, version DESC"
)


@dataclass(frozen=True)
class VitalLimit:
    """The bounds of one measure in its canonical unit; without any, the clinic's defaults hold."""

    measure: Measure
    low: float | None
    high: float | None


def _check(limits: Sequence[VitalLimit]) -> None:
    measures = [limit.measure for limit in limits]
    if not measures or len(set(measures)) < len(measures):
        raise BadInput("limits: give at least one, and each measure once.")
    for limit in limits:
        # The pressures have their limits under the names of their fields.
        body = LIMITS.get(limit.measure) or LIMITS[limit.measure.lower()]
        low, high = body.hard
        bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
        if not all(math.isfinite(bound) and low <= bound <= high for bound in bounds):
            raise BadInput(f"limits: {limit.measure} must be between {low:g} and {high:g} {body.unit}.")
        if limit.low is not None and limit.high is not None and not limit.low < limit.high:
            raise BadInput(f"limits: low must be below high for {limit.measure}.")


async def set_limits(work: UnitOfWork, by: Actor, patient_id: UUID, limits: Sequence[VitalLimit]) -> Mapping[str, Any]:
    """Set the patient's own limits of these measures, those of others stay; the patient's row.

    What is so already is not set again: it keeps who set it when.

    Raises:
        NotFound: no such patient for `by`.
        BadInput: a bound is beyond what a body can show, low is not below high, or a measure is there twice.
    """
    _check(limits)
    patient = await work.connection.fetchrow(
        f"SELECT patient.* FROM patient WHERE id = $3 AND {visible_patients(by, '$1', '$2')}"  # noqa: S608 - no value in it
        # Two who set limits of one patient at once queue up here, so that the later one is the one that holds.
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL FOR NO KEY UPDATE OF patient",
        work.at,
        visibility_key(by),
        patient_id,
    )
    if patient is None:
        raise NotFound("There is no such patient.")
    # Those that were cleared count as well: their versions go on.
    present = {row["measure"]: row for row in await work.connection.fetch(_HELD, [patient_id])}
    for limit in limits:
        held = present.get(limit.measure, {"low": None, "high": None, "version": 0})
        if (held["low"], held["high"]) == (limit.low, limit.high):
            continue
        this = new_id()
        await work.connection.execute(
            "INSERT INTO vital_limit (id, patient_id, measure, low, high, version, set_at, set_by_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            this,
            patient_id,
            limit.measure,
            limit.low,
            limit.high,
            held["version"] + 1,
            work.at,
            by.account_id,
        )
        work.audit("setVitalLimits", patient_id=patient_id, subject_id=this)
        work.tell(EventKind.VITAL_LIMITS_SET, patient_id=patient_id, subject_id=this)
    return patient


async def limits_of(connection: Connection, patient_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The limits that hold for patients whom the caller may see, in the order of the measures, with `set_by_name`."""
    rows = await connection.fetch(
        f"SELECT held.*, account.display_name AS set_by_name FROM ({_HELD}) AS held"  # noqa: S608 - no value in it
        " JOIN account ON account.id = held.set_by_id WHERE low IS NOT NULL OR high IS NOT NULL",
        list(patient_ids),
    )
    order = list(Measure)
    return sorted(rows, key=lambda row: order.index(Measure(row["measure"])))
