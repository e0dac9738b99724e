"""What happens to alerts, visits, plans and reminders is told to feeds."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from domain.kinds import EventKind

EVENTS = (
    "READINGS_RECORDED STRIP_RECEIVED STRIP_ANALYSED STRIP_UNREADABLE STRIP_IN_REVIEW STRIP_REVIEWED"
    " STRIP_AMENDED ALERT_RAISED ALERT_REPEATED ALERT_ACKNOWLEDGED ALERT_ASSIGNED ALERT_SNOOZED ALERT_REOPENED"
    " ALERT_ESCALATED ALERT_RESOLVED VITAL_LIMITS_SET DEVICE_TOKEN_CREATED DEVICE_TOKEN_REVOKED"
    " MEDICATION_CHANGED APPOINTMENT_BOOKED APPOINTMENT_RESCHEDULED APPOINTMENT_CANCELLED"
    " APPOINTMENT_STATUS_CHANGED PATIENT_CHECKED_IN CALL_CHANGED WAITING_LIST_CHANGED SLOT_OFFERED OFFER_LAPSED"
    " VISIT_NOTE_WRITTEN CARE_TEAM_CHANGED THERAPY_PLAN_STARTED THERAPY_PLAN_STOPPED ACTIVITY_SET"
    " ACTIVITY_STOPPED TASK_CHANGED"
)


class Migration(migrations.Migration):
    dependencies = [("cuore", "0018_visits")]
    initial = False
    operations = [
        ops.AlterField(
            model_name="Event",
            name="kind",
            field=fields.CharEnumField(
                description="\n".join(f"{value}: {value}" for value in EVENTS.split()),
                enum_type=EventKind,
                max_length=32,
            ),
        ),
    ]
