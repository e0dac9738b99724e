"""What happens to alerts, visits, plans and reminders is told to feeds."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from domain.kinds import EventKind

EVENTS = (
    "READINGS_RECORDED STRIP_RECEIVED STRIP_ANALYSED STRIP_UNREADABLE STRIP_IN_REVIEW STRIP_REVIEWED STRIP_AMENDED"
    " ALERT_RAISED ALERT_REPEATED ALERT_ACKNOWLEDGED VITAL_LIMITS_SET DEVICE_TOKEN_CREATED DEVICE_TOKEN_REVOKED"
    " MEDICATION_CHANGED APPOINTMENT_BOOKED APPOINTMENT_RESCHEDULED APPOINTMENT_CANCELLED APPOINTMENT_STATUS_CHANGED"
    " CARE_TEAM_CHANGED"
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
