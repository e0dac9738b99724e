"""What happens around a visit: who waits for one, the call, the note; and what the clock showed when it was promised."""

from enum import StrEnum
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.kinds import AppointmentKind, AppointmentStatus, VisitOutcome, WishStatus

KINDS = "VIDEO PHONE IN_PERSON"
STATUSES = "BOOKED CONFIRMED CHECKED_IN IN_PROGRESS COMPLETED CANCELLED NO_SHOW OFFERED LAPSED"
OUTCOMES = "NO_CHANGE THERAPY_CHANGED FOLLOW_UP REFERRED ADMITTED"

# What stands already was promised by the clock that PostgreSQL knows.
OFFSETS = """
UPDATE appointment
  SET offset_minutes = extract(epoch FROM (starts_at AT TIME ZONE time_zone) - (starts_at AT TIME ZONE 'UTC')) / 60;
"""
# A slot that is offered is the clinician's time, whoever else wants it; the patient is bound by what they take.
WALLS = """
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_clinician;
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_patient;
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_clinician
  EXCLUDE USING gist (clinician_id WITH =, tstzrange(starts_at, held_until) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW', 'LAPSED'));
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_patient
  EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW', 'OFFERED', 'LAPSED'));
ALTER TABLE appointment ADD CONSTRAINT appointment_offer_is_whole
  CHECK (status NOT IN ('OFFERED', 'LAPSED') OR (wish_id IS NOT NULL AND offer_ends_at IS NOT NULL));
CREATE UNIQUE INDEX appointment_one_offer_a_wish ON appointment (wish_id) WHERE status = 'OFFERED';
CREATE INDEX appointment_offers_of_wish ON appointment (wish_id) WHERE wish_id IS NOT NULL;
CREATE INDEX appointment_offer_ends ON appointment (offer_ends_at) WHERE status = 'OFFERED';
ALTER TABLE waiting_wish ADD CONSTRAINT waiting_wish_ends_after_start CHECK (since < until);
CREATE INDEX waiting_wish_waits ON waiting_wish (asked_at, id) WHERE status = 'WAITING';
CREATE UNIQUE INDEX call_presence_once ON call_presence (appointment_id, account_id) WHERE left_at IS NULL;
CREATE TRIGGER visit_note_append_only BEFORE UPDATE OR DELETE ON visit_note
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
NO_WALLS = """
DROP TRIGGER visit_note_append_only ON visit_note;
DROP INDEX call_presence_once;
DROP INDEX waiting_wish_waits;
ALTER TABLE waiting_wish DROP CONSTRAINT waiting_wish_ends_after_start;
DROP INDEX appointment_offer_ends;
DROP INDEX appointment_offers_of_wish;
DROP INDEX appointment_one_offer_a_wish;
ALTER TABLE appointment DROP CONSTRAINT appointment_offer_is_whole;
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_patient;
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_clinician;
DELETE FROM appointment_change USING appointment
  WHERE appointment.id = appointment_change.appointment_id AND appointment.status IN ('OFFERED', 'LAPSED');
DELETE FROM appointment WHERE status IN ('OFFERED', 'LAPSED');
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_clinician
  EXCLUDE USING gist (clinician_id WITH =, tstzrange(starts_at, held_until) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW'));
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_patient
  EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW'));
"""


def _one_of(values: str, kind: type[StrEnum], length: int = 16) -> Any:
    described = "\n".join(f"{value}: {value}" for value in values.split())
    return fields.CharEnumField(kind, description=described, max_length=length)


def _to(model: str, column: str, related_name: str, *, index: bool = False, null: bool = False) -> Any:
    more: dict[str, Any] = {"db_index": True} if index else {}
    if null:
        more["null"] = True
    return fields.ForeignKeyField(
        f"cuore.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


def _moment(*, null: bool = False) -> Any:
    more: dict[str, Any] = {"null": True} if null else {}
    return fields.DatetimeField(auto_now=False, auto_now_add=False, **more)


class Migration(migrations.Migration):
    dependencies = [("cuore", "0017_feeds")]
    initial = False
    operations = [
        ops.AddField(model_name="Appointment", name="offset_minutes", field=fields.SmallIntField(null=True)),
        ops.RunSQL(OFFSETS, ops.RunSQL.noop),
        ops.AlterField(model_name="Appointment", name="offset_minutes", field=fields.SmallIntField()),
        ops.AlterField(model_name="Appointment", name="status", field=_one_of(STATUSES, AppointmentStatus)),
        ops.AlterField(model_name="AppointmentChange", name="status", field=_one_of(STATUSES, AppointmentStatus)),
        ops.AlterField(
            model_name="AppointmentChange",
            name="changed_by",
            field=_to("Account", "changed_by_id", "appointment_changes", index=True, null=True),
        ),
        ops.CreateModel(
            name="WaitingWish",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "waiting_wishes")),
                ("client_id", fields.UUIDField()),
                ("clinician", _to("Account", "clinician_id", "waiting_wishes", index=True, null=True)),
                ("kind", _one_of(KINDS, AppointmentKind)),
                ("since", _moment()),
                ("until", _moment()),
                ("instead_of", _to("Appointment", "instead_of_id", "earlier_wishes", index=True, null=True)),
                ("status", _one_of("WAITING BOOKED WITHDRAWN", WishStatus)),
                ("asked_at", _moment()),
                ("asked_by", _to("Account", "asked_by_id", "asked_wishes", index=True)),
            ],
            options={
                "table": "waiting_wish",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "pk_attr": "id",
                "table_description": "Which appointment a patient would take if it came free; the longest waiting is"
                " asked first.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Appointment", name="wish", field=_to("WaitingWish", "wish_id", "offers", null=True)),
        ops.AddField(model_name="Appointment", name="offer_ends_at", field=_moment(null=True)),
        ops.CreateModel(
            name="CallPresence",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("appointment", _to("Appointment", "appointment_id", "call_presences", index=True)),
                ("account", _to("Account", "account_id", "call_presences", index=True)),
                ("entered_at", _moment()),
                ("left_at", _moment(null=True)),
            ],
            options={
                "table": "call_presence",
                "app": "cuore",
                "pk_attr": "id",
                "table_description": "That one of the two was in the video call, from when until when.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VisitNote",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("appointment", _to("Appointment", "appointment_id", "visit_notes")),
                ("version", fields.IntField()),
                ("client_id", fields.UUIDField()),
                ("outcome", _one_of(OUTCOMES, VisitOutcome)),
                ("text", fields.TextField()),
                ("medication_change_ids", ArrayField(element_type="uuid")),
                ("written_at", _moment()),
                ("written_by", _to("Account", "written_by_id", "visit_notes", index=True)),
            ],
            options={
                "table": "visit_note",
                "app": "cuore",
                "unique_together": (("appointment", "version"), ("appointment", "client_id")),
                "pk_attr": "id",
                "table_description": "What a clinician wrote of a visit, until the next version; only ever added to.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(WALLS, NO_WALLS),
    ]
