"""The outbox: work that must happen, written in the transaction of its cause."""

from tortoise import fields
from tortoise.models import Model

from domain.kinds import WorkKind


class OutboxItem(Model):
    """One piece of work; the queue only carries its id."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(WorkKind, max_length=32)
    subject_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    # When the relay should nudge the queue, or nudge it again.
    due_at = fields.DatetimeField()
    attempts = fields.IntField()
    # A worker holds the item until then; its heartbeat moves it on.
    leased_until = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)
    dead_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "outbox_item"
