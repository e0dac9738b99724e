"""What becomes of an alert once it is raised."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0015_reminders")]
    initial = False
    operations: list[ops.Operation] = []
