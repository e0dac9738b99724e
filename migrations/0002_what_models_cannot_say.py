"""Partial indexes, the feed's cursor and the append-only wall, which Tortoise's models cannot express."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0001_initial")]
    initial = False
    operations = [
        ops.RunSQL(
            # The transaction's id makes a gapless cursor: a feed shows only what is older than every
            # transaction still running, so an event that commits late cannot slip in behind the reader.
            "ALTER TABLE event ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();"
            "CREATE INDEX event_cursor ON event (transaction_id, id);",
            "DROP INDEX event_cursor; ALTER TABLE event DROP COLUMN transaction_id;",
        ),
        ops.RunSQL(
            "CREATE INDEX outbox_item_due ON outbox_item (due_at) WHERE done_at IS NULL AND dead_at IS NULL;"
            "CREATE UNIQUE INDEX outbox_item_not_started ON outbox_item (kind, subject_id)"
            " WHERE attempts = 0 AND done_at IS NULL AND dead_at IS NULL;",
            "DROP INDEX outbox_item_not_started; DROP INDEX outbox_item_due;",
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX alert_one_open ON alert (patient_id, rule) WHERE status <> 'RESOLVED';"
            "CREATE UNIQUE INDEX care_relation_once ON care_relation (patient_id, clinician_id)"
            " WHERE ends_at IS NULL;"
            "CREATE UNIQUE INDEX account_one_per_patient ON account (patient_id) WHERE role = 'PATIENT';"
            "CREATE UNIQUE INDEX ecg_strip_same_bytes ON ecg_strip (patient_id, sha256, recorded_at);",
            "DROP INDEX ecg_strip_same_bytes; DROP INDEX account_one_per_patient;"
            "DROP INDEX care_relation_once; DROP INDEX alert_one_open;",
        ),
        ops.RunSQL(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'this table is only ever added to'; END $$;"
            "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change();",
            "DROP TRIGGER audit_entry_append_only ON audit_entry; DROP FUNCTION refuse_change();",
        ),
    ]
