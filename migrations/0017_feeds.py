"""What feeds and the worklist need: the events of one patient, and those of alerts, each in the order of cursors."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0016_alert_life")]
    initial = False
    operations = [
        ops.RunSQL(
            "CREATE INDEX event_of_patient ON event (patient_id, transaction_id, id);"
            "CREATE INDEX event_of_alerts ON event (transaction_id, id) WHERE kind LIKE 'ALERT%';",
            "DROP INDEX event_of_alerts; DROP INDEX event_of_patient;",
        ),
    ]
