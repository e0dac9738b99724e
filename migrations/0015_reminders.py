"""Reminders, to whom they go, and every try to send them; Tortoise has no words for a time on a wall clock."""

from tortoise import migrations
from tortoise.migrations import operations as ops

CLOCKS = """
CREATE FUNCTION reminder_times(
  wall_clock timestamp, zone text, minutes_before integer, useful_minutes integer, reader_zone text,
  quiet_from time, quiet_until time, not_before timestamptz, OUT due_at timestamptz, OUT expires_at timestamptz)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  event timestamptz := wall_clock_instant(wall_clock, zone);
  here timestamp;
  quiet_day date;
  ends timestamptz;
  begins timestamptz;
BEGIN
  due_at := event - make_interval(mins => minutes_before);
  here := due_at AT TIME ZONE reader_zone;
  IF quiet_from < quiet_until AND here::time >= quiet_from AND here::time < quiet_until
     OR quiet_from > quiet_until AND (here::time >= quiet_from OR here::time < quiet_until) THEN
    quiet_day := here::date - (quiet_from > quiet_until AND here::time < quiet_until)::integer;
    begins := wall_clock_instant(quiet_day + quiet_from, reader_zone);
    ends := wall_clock_instant(quiet_day + (quiet_from > quiet_until)::integer + quiet_until, reader_zone);
    IF minutes_before <= 0 OR ends < event THEN due_at := ends;
    ELSIF begins > not_before THEN due_at := begins;
    END IF;
  END IF;
  expires_at := CASE WHEN minutes_before > 0 THEN event ELSE due_at + make_interval(mins => useful_minutes) END;
END $$;
"""
TABLES = """
CREATE TABLE reminder_preferences (
  account_id uuid PRIMARY KEY REFERENCES account (id) ON DELETE RESTRICT,
  channels text[] NOT NULL,
  quiet_from time,
  quiet_until time,
  appointment_lead_minutes integer[] NOT NULL,
  locale varchar(16),
  shows_details boolean NOT NULL,
  set_at timestamptz NOT NULL
);
COMMENT ON TABLE reminder_preferences IS 'How somebody wants to be reminded; without a row the defaults hold.';
CREATE TABLE contact_point (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
  channel varchar(16) NOT NULL,
  address text NOT NULL,
  keys jsonb NOT NULL,
  made_at timestamptz NOT NULL,
  code varchar(16),
  code_expires_at timestamptz,
  code_tries integer NOT NULL,
  confirmed_at timestamptz,
  ended_at timestamptz
);
COMMENT ON TABLE contact_point IS 'Where somebody is reached: an e-mail address, a browser, or a gateway.';
COMMENT ON COLUMN contact_point.keys IS 'A browser''s keys, or the secret with which a gateway checks signatures.';
COMMENT ON COLUMN contact_point.code IS 'What was sent to the address, until it is sent back.';
CREATE UNIQUE INDEX contact_point_once ON contact_point (account_id, channel, address) WHERE ended_at IS NULL;
CREATE TABLE reminder (
  id uuid PRIMARY KEY,
  kind varchar(32) NOT NULL,
  patient_id uuid REFERENCES patient (id) ON DELETE RESTRICT,
  audience varchar(16) NOT NULL,
  account_id uuid REFERENCES account (id) ON DELETE RESTRICT,
  subject_id uuid NOT NULL,
  wall_clock timestamp NOT NULL,
  time_zone varchar(64) NOT NULL,
  minutes_before integer NOT NULL,
  useful_minutes integer NOT NULL,
  is_urgent boolean NOT NULL,
  detail text,
  due_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  status varchar(16) NOT NULL,
  made_at timestamptz NOT NULL,
  handed_over_at timestamptz,
  CONSTRAINT reminder_has_audience CHECK (
    CASE audience WHEN 'ACCOUNT' THEN account_id IS NOT NULL ELSE patient_id IS NOT NULL AND account_id IS NULL END)
);
COMMENT ON TABLE reminder IS 'What somebody is to be told, and when.';
COMMENT ON COLUMN reminder.wall_clock IS 'The moment that it is about, on the clock of time_zone; one that hangs on no clock is kept in UTC.';
COMMENT ON COLUMN reminder.detail IS 'What it is about, told only to those who have opted in.';
CREATE UNIQUE INDEX reminder_once ON reminder (subject_id, audience, account_id, wall_clock, minutes_before)
  NULLS NOT DISTINCT;
CREATE INDEX reminder_due ON reminder (due_at) WHERE status = 'PLANNED';
CREATE INDEX reminder_of_patient ON reminder (patient_id, due_at, id);
CREATE INDEX reminder_of_account ON reminder (account_id) WHERE account_id IS NOT NULL;
CREATE TABLE reminder_send (
  id uuid PRIMARY KEY,
  reminder_id uuid NOT NULL REFERENCES reminder (id) ON DELETE RESTRICT,
  contact_point_id uuid NOT NULL REFERENCES contact_point (id) ON DELETE RESTRICT,
  status varchar(16) NOT NULL,
  due_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  attempts integer NOT NULL,
  lost integer NOT NULL,
  leased_until timestamptz,
  sent_at timestamptz,
  dead_at timestamptz,
  last_error varchar(200),
  UNIQUE (reminder_id, contact_point_id)
);
COMMENT ON TABLE reminder_send IS 'A reminder on its way to one contact point.';
COMMENT ON COLUMN reminder_send.lost IS 'How many attempts ended with their worker.';
CREATE INDEX reminder_send_due ON reminder_send (due_at) WHERE status = 'WAITING';
CREATE INDEX reminder_send_dead ON reminder_send (dead_at, id) WHERE status = 'DEAD';
CREATE INDEX reminder_send_contact ON reminder_send (contact_point_id);
CREATE TABLE reminder_try (
  send_id uuid NOT NULL REFERENCES reminder_send (id) ON DELETE RESTRICT,
  attempt integer NOT NULL,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz,
  outcome varchar(16),
  error varchar(200),
  PRIMARY KEY (send_id, attempt)
);
COMMENT ON TABLE reminder_try IS 'Every try to send, written before it begins; one without an outcome is under way or was cut off.';
"""


class Migration(migrations.Migration):
    dependencies = [("cuore", "0014_therapy")]
    initial = False
    operations = [
        ops.RunSQL(
            CLOCKS,
            "DROP FUNCTION reminder_times(timestamp, text, integer, integer, text, time, time, timestamptz);",
        ),
        ops.RunSQL(
            TABLES,
            "DROP TABLE reminder_try, reminder_send, reminder, contact_point, reminder_preferences;",
        ),
    ]
