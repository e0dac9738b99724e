"""Whom a patient meets may see the patient: from the moment one of them comes, for a day, in the care team or not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.kinds import EventKind
from domain.unit_of_work import UnitOfWork, new_id

# Long enough to write the note and to look at what was measured after it.
VISIT_CARE = timedelta(hours=24)


async def open_care(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Let the clinician of an appointment care for its patient for a day, unless that is so already."""
    opened = await work.connection.fetchval(
        "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at, ends_at)"
        " SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM care_relation WHERE patient_id = $2"
        " AND clinician_id = $3 AND tstzrange(starts_at, ends_at) && tstzrange($4, $5))"
        # Someone may be assigned at this very moment.
        " ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        row["patient_id"],
        row["clinician_id"],
        work.at,
        work.at + VISIT_CARE,
    )
    if opened is not None:
        work.tell(EventKind.CARE_TEAM_CHANGED, patient_id=row["patient_id"], subject_id=opened)
        work.audit("openCareOfVisit", patient_id=row["patient_id"], subject_id=opened)
