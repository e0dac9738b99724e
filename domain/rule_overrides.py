"""Rules set for one patient by a clinician of the care team, with reason and end; what was set stays in history."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.alert_life import LONGEST_REASON
from domain.errors import BadInput, NotFound
from domain.ports import Connection
from domain.rules.overrides import ADJUSTABLE, Override
from domain.unit_of_work import UnitOfWork, new_id

LONGEST = timedelta(days=366)
MOST_READINGS, LONGEST_APART_MINUTES, LONGEST_QUIET_DAYS = 5, 720.0, 90.0
Row = Mapping[str, Any]


@dataclass(frozen=True)
class NewOverride:
    """What a clinician sets."""

    rule: str
    override: Override
    reason: str
    expires_at: datetime


def _check(new: NewOverride, at: datetime) -> None:
    rule, wanted = ADJUSTABLE.get(new.rule), new.override
    if rule is None:
        raise BadInput(f"rule: one of {', '.join(ADJUSTABLE)}.")
    if not 1 <= len(new.reason.strip()) <= LONGEST_REASON or not new.reason.strip().isprintable():
        raise BadInput(f"reason: give 1 to {LONGEST_REASON} printable characters.")
    if not at < new.expires_at <= at + LONGEST:
        raise BadInput(f"expiresAt: give a moment ahead, within {LONGEST.days} days.")
    if wanted == Override():
        raise BadInput("Say what is to differ from the rule as it ships.")
    if wanted.is_off and (wanted != Override(is_off=True) or not rule.may_be_off):
        raise BadInput("isOff: what can be an emergency cannot be off, and what is off has nothing else set.")
    if wanted.limit is not None and (
        rule.limit is None or not math.isfinite(wanted.limit) or not rule.least <= wanted.limit <= rule.most
    ):
        raise BadInput(
            f"limit: {rule.id} takes {rule.least:g} to {rule.most:g} {rule.unit}, if it has one limit alone."
        )
    if not rule.has_readings and (wanted.readings, wanted.apart_minutes) != (None, None):
        raise BadInput(f"readings: {rule.id} counts none.")
    for name, value, low, high in (
        ("readings", wanted.readings, 1.0, MOST_READINGS),
        ("apartMinutes", wanted.apart_minutes, 1.0, LONGEST_APART_MINUTES),
        ("quietDays", wanted.quiet_days, 0.0, LONGEST_QUIET_DAYS),
    ):
        if value is not None and not low <= value <= high:
            raise BadInput(f"{name}: give {low:g} to {high:g}.")


async def _visible(work: UnitOfWork, by: Actor, patient_id: UUID) -> Row:
    row = await work.connection.fetchrow(
        f"SELECT patient.* FROM patient WHERE id = $3 AND {visible_patients(by, '$1', '$2')}"  # noqa: S608 - no value in it
        # Two who set rules of one patient at once queue up here.
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL FOR NO KEY UPDATE OF patient",
        work.at,
        visibility_key(by),
        patient_id,
    )
    if row is None:
        raise NotFound("There is no such patient.")
    return row


async def set_override(work: UnitOfWork, by: Actor, patient_id: UUID, new: NewOverride) -> Row:
    """Set a rule for a patient until a moment; the patient's row.

    Raises:
        NotFound: no such patient for `by`.
        BadInput: no such rule, nothing that differs, a value out of range, or an emergency that would be off.
    """
    _check(new, work.at)
    patient = await _visible(work, by, patient_id)
    await _add(work, by, patient_id, new)
    work.audit("overrideAlertRule", patient_id=patient_id)
    return patient


async def end_override(work: UnitOfWork, by: Actor, patient_id: UUID, rule: str, reason: str) -> Row:
    """Let a rule hold as it ships again; the patient's row.

    Raises:
        NotFound: no such patient for `by`, or nothing is set of the rule.
        BadInput: there is no reason.
    """
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInput(f"reason: give 1 to {LONGEST_REASON} characters.")
    patient = await _visible(work, by, patient_id)
    held = [row for row in await of_patients(work.connection, [patient_id], work.at) if row["rule"] == rule]
    if not held:
        raise NotFound("Nothing is set of this rule.")
    await _add(work, by, patient_id, NewOverride(rule, Override(), reason, work.at))
    work.audit("endRuleOverride", patient_id=patient_id)
    return patient


async def _add(work: UnitOfWork, by: Actor, patient_id: UUID, new: NewOverride) -> None:
    await work.connection.execute(
        "INSERT INTO rule_override (id, patient_id, rule, version, is_off, bound, readings, apart_minutes, quiet_days,"
        " reason, set_at, expires_at, set_by_id) SELECT $1::uuid, $2::uuid, $3::text, coalesce(max(version), 0) + 1,"
        " $4::boolean, $5::float8, $6::integer, $7::float8, $8::float8, $9::text, $10::timestamptz, $11::timestamptz,"
        " $12::uuid FROM rule_override WHERE patient_id = $2 AND rule = $3",
        new_id(),
        patient_id,
        new.rule,
        new.override.is_off,
        new.override.limit,
        new.override.readings,
        new.override.apart_minutes,
        new.override.quiet_days,
        new.reason.strip(),
        work.at,
        new.expires_at,
        by.account_id,
    )


async def of_patients(connection: Connection, patient_ids: Sequence[UUID], at: datetime) -> Sequence[Row]:
    """What holds for patients whom the caller may see, by rule, with `set_by_name`."""
    return await connection.fetch(
        "SELECT held.*, account.display_name AS set_by_name FROM (SELECT DISTINCT ON (patient_id, rule) * FROM"
        " rule_override WHERE patient_id = ANY($1::uuid[]) ORDER BY patient_id, rule, version DESC) AS held"
        " JOIN account ON account.id = held.set_by_id WHERE expires_at > $2 ORDER BY rule",
        list(patient_ids),
        at,
    )


def override_of(row: Row) -> Override:
    """The override of a row."""
    return Override(row["is_off"], row["bound"], row["readings"], row["apart_minutes"], row["quiet_days"])
