"""What feeds and the worklist need."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0016_alert_life")]
    initial = False
    operations: list[ops.Operation] = []
