"""How much the clinic is told: alerts by rule and severity, how soon they are seen to, findings by kind, by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput
from domain.kinds import AlertSeverity
from domain.unit_of_work import UnitOfWork

MOST_MONTHS = 24


@dataclass(frozen=True)
class Burden:
    """One month: rows by `rule` and by `severity` with what alerts came to; with `kind`, `findings` and `explained`.

    Of alerts `alerts`, `acknowledged`, `resolved` and `false_alarms` are how many; `minutes_to_acknowledge` and
    `minutes_to_resolve` have the median and the 90th percentile, None where there were none.
    """

    month: date
    patients: int
    by_rule: Sequence[Mapping[str, Any]]
    by_severity: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]


def _first_of(at: datetime, months_ago: int) -> datetime:
    years, month = divmod(at.year * 12 + at.month - 1 - months_ago, 12)
    return at.replace(year=years, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _minutes(until: str) -> str:
    """SQL: median and 90th percentile of the minutes from raising to a moment, of those that have it."""
    return (
        "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP"
        f" (ORDER BY extract(epoch FROM {until} - raised_at)::float8 / 60) FILTER (WHERE {until} IS NOT NULL)"
    )


async def burden(work: UnitOfWork, by: Actor, months: int) -> Sequence[Burden]:
    """This month so far and those before it, newest first, in UTC, of the patients that `by` may see.

    Raises:
        BadInput: `months` is out of range.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise BadInput(f"months: ask for 1 to {MOST_MONTHS}.")
    visible = f"{visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
    whose = (work.at, visibility_key(by))
    since = _first_of(work.at, months - 1)
    patients = await work.connection.fetchval(f"SELECT count(*) FROM patient WHERE {visible}", *whose)  # noqa: S608 - no value in it
    alerts = await work.connection.fetch(
        "SELECT date_trunc('month', raised_at AT TIME ZONE 'UTC')::date AS month, rule, severity, count(*) AS alerts,"  # noqa: S608 - as above
        " count(acknowledged_at) AS acknowledged, count(resolved_at) AS resolved,"
        " count(*) FILTER (WHERE outcome = 'FALSE_ALARM') AS false_alarms,"
        f" {_minutes('acknowledged_at')} AS minutes_to_acknowledge, {_minutes('resolved_at')} AS minutes_to_resolve"
        f" FROM alert JOIN patient ON patient.id = alert.patient_id WHERE {visible} AND raised_at >= $3"
        " GROUP BY GROUPING SETS ((1, 2), (1, 3)) ORDER BY 1 DESC, alerts DESC, rule",
        *whose,
        since,
    )
    findings = await work.connection.fetch(
        "SELECT date_trunc('month', raised_at AT TIME ZONE 'UTC')::date AS month, kind, count(*) AS findings,"  # noqa: S608 - as above
        " count(*) FILTER (WHERE is_explained) AS explained"
        f" FROM finding JOIN patient ON patient.id = finding.patient_id WHERE {visible} AND raised_at >= $3"
        " AND withdrawn_at IS NULL GROUP BY 1, 2 ORDER BY 1 DESC, findings DESC, kind",
        *whose,
        since,
    )
    work.audit("alertBurden")
    severities = [*AlertSeverity]
    firsts = [_first_of(work.at, ago).date() for ago in range(months)]
    return [
        Burden(
            month,
            patients,
            [row for row in alerts if row["month"] == month and row["rule"] is not None],
            sorted(
                (row for row in alerts if row["month"] == month and row["severity"] is not None),
                key=lambda row: severities.index(row["severity"]),
            ),
            [row for row in findings if row["month"] == month],
        )
        for month in firsts
    ]
