"""Therapy plans, their activities and tasks."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0013_calendar_feeds")]
    initial = False
    operations: list[ops.Operation] = []
