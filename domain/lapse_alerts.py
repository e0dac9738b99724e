"""Who hardly takes their medicines: an alert of each lapse that is deep, once (ADH-PDC)."""

from datetime import timedelta

from domain import alerts
from domain.rules.adherence import ADHERENCE, TITLE, sentence
from domain.unit_of_work import UnitOfWork

MOST_AT_ONCE = 200


async def tell(work: UnitOfWork) -> int:
    """Raise an alert of each deep lapse that has none; how many there were this time."""
    rows = await work.connection.fetch(
        "SELECT lapse.* FROM medication_lapse AS lapse WHERE covered < $1::float * days"
        " AND NOT EXISTS (SELECT FROM alert JOIN alert_occurrence ON alert_id = alert.id"
        " WHERE alert.patient_id = lapse.patient_id AND topic = $2 AND reading_id = lapse.id)"
        " AND NOT EXISTS (SELECT FROM alert WHERE alert.patient_id = lapse.patient_id AND topic = $2"
        " AND resolved_at > $3) ORDER BY lapse.found_at, lapse.id LIMIT $4 FOR UPDATE OF lapse",
        ADHERENCE.alert_below,
        ADHERENCE.id,
        work.at - timedelta(days=ADHERENCE.quiet_days),
        MOST_AT_ONCE,
    )
    for row in rows:
        await alerts.raise_alert(
            work,
            patient_id=row["patient_id"],
            rule=ADHERENCE.id,
            rule_version=row["rule_version"],
            severity=ADHERENCE.severity,
            title=TITLE,
            explanation=sentence(row["covered"], row["days"], row["covered_before"], row["days_before"]),
            reading_id=row["id"],
        )
    return len(rows)
