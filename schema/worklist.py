"""The worklist: who needs someone most, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain import alerts, finding_words, worklist
from domain.kinds import AlertSeverity, Measure, Role
from domain.rules.adherence import sentence
from domain.rules.vital_changes import title
from domain.rules.worklist import WORKLIST, silence
from schema.access import loads, needs
from schema.alerts import Alert, alert_of
from schema.context import Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.patients import Patient, patient_of


@strawberry.type(description="A patient's place on the worklist, and why.")
class WorklistItem:
    urgency: AlertSeverity | None = strawberry.field(
        description="How soon someone should look: of the worst alert that is not snoozed, REVIEW for vitals that get"
        " worse or medicines that are not taken, INFO for silence; absent without a reason."
    )
    reasons: list[str] = strawberry.field(
        description="Why the patient stands here, one sentence each, the most urgent first; without values."
    )
    waiting_since: datetime = strawberry.field(description="Since when there is reason to look, in UTC.")
    last_reading_at: datetime | None = strawberry.field(description="When something was last measured, in UTC.")
    patient: Patient = strawberry.field(description="The patient.")

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda item: item.patient.key)
    @staticmethod
    async def open_alerts(ids: list[UUID], info: Info) -> list[list[Alert]]:
        """Alerts that are not resolved, newest first."""
        work = await info.context.reads()
        found: dict[UUID, list[Alert]] = {one: [] for one in ids}
        for row in await alerts.open_of(work.connection, ids):
            found[row["patient_id"]].append(alert_of(row, info.context))
            work.audit("openAlerts", patient_id=row["patient_id"])
        return [*found.values()]


def _reasons(row: Mapping[str, Any], at: datetime) -> list[str]:
    reasons = [f"{one}." for one in row["titles"] or ()]
    words = finding_words.ENGLISH
    told = [(words.name(Measure(measure)), kind, direction) for measure, kind, direction in row["changes"] or ()]
    reasons += [f"{title([one])}." for one in dict.fromkeys(told)]
    if row["days"] is not None:
        reasons.append(sentence(row["covered"], row["days"], row["covered_before"], row["days_before"]))
    last = row["last_reading_at"]
    days = (at - (last or row["created_at"])).days
    if days >= WORKLIST.silent_days:
        reasons.append(silence(days if last else None))
    return reasons


def worklist_item_of(row: Mapping[str, Any], at: datetime) -> WorklistItem:
    """The GraphQL type of a row of `worklist.page`."""
    return WorklistItem(
        urgency=WORKLIST.urgencies.get(row["place"]),
        reasons=_reasons(row, at),
        waiting_since=row["waiting_since"],
        last_reading_at=row["last_reading_at"],
        patient=patient_of(row),
    )


@strawberry.type
class WorklistQuery:
    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def worklist(self, info: Info, first: First, after: After = None) -> Connection[WorklistItem]:
        """The caller's patients by need, each place by who has waited longest: open alerts by severity, each severity's
        acknowledged ones next; vitals that get worse; medicines that are not taken; silence; then all others.
        """
        work = await info.context.reads()
        rows = await worklist.page(
            work.connection,
            info.context.actor,
            at=work.at,
            after=decode(after, int, datetime, UUID),
            limit=check_first(first) + 1,
        )
        for row in rows[:first]:
            work.audit("worklist", patient_id=row["id"])
        return make_page(
            rows,
            first,
            lambda row: [row["place"], row["waiting_since"], str(row["id"])],
            lambda row: worklist_item_of(row, work.at),
        )
