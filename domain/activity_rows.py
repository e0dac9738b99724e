"""The rows of a plan's parts, written many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.unit_of_work import UnitOfWork, new_id

_ACTIVITY = ("id", "plan_id", "patient_id", "client_id", "kind", "template", "title", "medication", "atc_code")
_SCHEDULE = (
    *("patient_id", "activity_id", "begins", "ends", "anchor_day", "every_days", "weekdays", "times_of_day"),
    *("instructions", "dose_value", "dose_unit", "food", "measured_kind", "readings_each", "exercise", "minutes"),
    *("pulse_low", "pulse_high", "questionnaire"),
)


async def keep_activities(
    work: UnitOfWork, by: Actor, rows: Sequence[Mapping[str, Any]], first_position: int = 0
) -> None:
    """Write new parts of plans, in their order; what a row does not say is null."""
    await work.connection.copy_records_to_table(
        "activity",
        columns=[*_ACTIVITY, "position", "version", "made_at", "made_by_id"],
        records=[
            (*map(row.get, _ACTIVITY), position, 1, work.at, by.account_id)
            for position, row in enumerate(rows, first_position)
        ],
    )


async def next_position(work: UnitOfWork, plan_id: UUID) -> int:
    """The place behind a plan's last part; whoever adds one has locked the plan."""
    found: int = await work.connection.fetchval(
        "SELECT coalesce(max(position), -1) + 1 FROM activity WHERE plan_id = $1", plan_id
    )
    return found


async def keep_schedules(
    work: UnitOfWork, by: Actor, rows: Sequence[Mapping[str, Any]], confirmed_warnings: Sequence[str] = ()
) -> None:
    """Write what holds of parts from when to when; what a row does not say is null."""
    await work.connection.copy_records_to_table(
        "activity_schedule",
        columns=["id", *_SCHEDULE, "confirmed_warnings", "set_at", "set_by_id"],
        records=[(new_id(), *map(row.get, _SCHEDULE), confirmed_warnings, work.at, by.account_id) for row in rows],
    )
