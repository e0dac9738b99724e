"""Reminders and what was tried to send them."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0014_therapy")]
    initial = False
    operations: list[ops.Operation] = []
