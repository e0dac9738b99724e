"""Who has fallen silent: found each day for all patients at once."""

from domain import alerts
from domain.rules.no_data import NO_DATA
from domain.unit_of_work import UnitOfWork

MOST_AT_ONCE = 1000

# The last reading was measured so many days ago, lives on no import, and comes after a time of regular measuring. A
# silence rings once, however it ends: its last reading is what it rings for.
_SILENT = (
    "SELECT last.patient_id, last.id, last.measured_at FROM (SELECT DISTINCT ON (patient_id) * FROM latest_reading"
    " ORDER BY patient_id, measured_at DESC, id) AS last"
    " LEFT JOIN LATERAL (SELECT is_off, bound, expires_at FROM rule_override"
    " WHERE rule_override.patient_id = last.patient_id AND rule = $3 ORDER BY version DESC LIMIT 1) AS own"
    " ON own.expires_at > $1"
    " CROSS JOIN LATERAL (SELECT make_interval(hours => (coalesce(own.bound, $2) * 24)::integer) AS silence) AS held"
    " WHERE own.is_off IS NOT TRUE AND measured_at <= $1 - silence"
    " AND measured_at > $1 - silence - make_interval(days => $7) AND source IN ('DEVICE', 'MANUAL')"
    " AND received_at - measured_at <= interval '1 day'"
    " AND NOT EXISTS (SELECT FROM alert JOIN alert_occurrence ON alert_id = alert.id"
    " WHERE alert.patient_id = last.patient_id AND topic = $3 AND reading_id = last.id)"
    " AND (SELECT count(DISTINCT daily_summary.local_day) FROM daily_summary"
    " WHERE daily_summary.patient_id = last.patient_id AND daily_summary.local_day > last.local_day - $4::integer"
    " AND daily_summary.local_day <= last.local_day) >= $5 LIMIT $6"
)


async def tell(work: UnitOfWork) -> int:
    """Raise an alert of each silence that is long enough; how many there were this time."""
    rule = NO_DATA
    rows = await work.connection.fetch(
        _SILENT,
        work.at,
        float(rule.silent_days),
        rule.id,
        rule.days_before,
        rule.least_days_before,
        MOST_AT_ONCE,
        rule.told_within_days,
    )
    for row in rows:
        days = (work.at - row["measured_at"]).days
        await alerts.raise_alert(
            work,
            patient_id=row["patient_id"],
            rule=rule.id,
            rule_version=rule.version,
            severity=rule.severity,
            title=rule.title,
            explanation=f"Nothing has been measured for {days} days, after a time of regular measuring.",
            reading_id=row["id"],
        )
    return len(rows)
