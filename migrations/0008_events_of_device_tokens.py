"""Device tokens that are made and revoked are told to feeds."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from domain.kinds import EventKind

EVENTS = (
    "READINGS_RECORDED",
    "STRIP_RECEIVED",
    "STRIP_ANALYSED",
    "STRIP_UNREADABLE",
    "ALERT_RAISED",
    "ALERT_REPEATED",
    "ALERT_ACKNOWLEDGED",
    "VITAL_LIMITS_SET",
    "DEVICE_TOKEN_CREATED",
    "DEVICE_TOKEN_REVOKED",
)


class Migration(migrations.Migration):
    dependencies = [("cuore", "0007_vital_limits")]
    initial = False
    operations = [
        ops.AlterField(
            model_name="Event",
            name="kind",
            field=fields.CharEnumField(
                description="\n".join(f"{value}: {value}" for value in EVENTS), enum_type=EventKind, max_length=32
            ),
        ),
    ]
