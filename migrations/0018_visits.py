"""What happens around a visit."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0017_feeds")]
    initial = False
    operations: list[ops.Operation] = []
