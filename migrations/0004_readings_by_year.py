"""Readings in partitions of a year, known by what they say, with a roll-up a day; Tortoise has no words for any of it.

Measured before it was chosen: `python -m bench.reading_layouts`.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

KINDS = (
    "BLOOD_PRESSURE", "HEART_RATE", "WEIGHT", "OXYGEN_SATURATION", "BODY_TEMPERATURE", "STEPS", "RESTING_HEART_RATE",
    "RESPIRATORY_RATE", "HEART_RATE_VARIABILITY_RMSSD", "HEART_RATE_VARIABILITY_SDNN", "SLEEP_DURATION",
    "BREATHLESSNESS", "CHEST_PAIN", "DIZZINESS", "SWELLING",
)  # fmt: skip
MEASURES = ("SYSTOLIC", "DIASTOLIC", *KINDS[1:])

TYPES = f"""
CREATE TYPE vital_kind AS ENUM {KINDS};
CREATE TYPE measure AS ENUM {MEASURES};
CREATE TYPE reading_source AS ENUM ('DEVICE', 'MANUAL', 'IMPORT', 'CORRECTION');
CREATE TYPE reading_setting AS ENUM ('HOME', 'OFFICE');
"""
# Every key begins with the patient, so that a sharded PostgreSQL can spread the patients over many machines.
# `id` is made of what the reading says: the same reading from two apps is one row.
TABLES = """
CREATE TABLE reading_by_year (
  patient_id uuid NOT NULL,
  kind vital_kind NOT NULL,
  measured_at timestamptz NOT NULL,
  id uuid NOT NULL,
  client_id uuid,
  received_at timestamptz NOT NULL,
  local_day date NOT NULL,
  value double precision NOT NULL,
  diastolic double precision,
  pulse double precision,
  offset_minutes smallint NOT NULL,
  source reading_source NOT NULL,
  setting reading_setting NOT NULL,
  device text,
  flags text[],
  sent jsonb,
  circumstances jsonb,
  superseded_by uuid,
  superseded_at timestamptz,
  PRIMARY KEY (patient_id, kind, measured_at, id)
) PARTITION BY RANGE (measured_at);
COMMENT ON TABLE reading_by_year IS 'One measurement in canonical units; blood pressure is one reading with three numbers.';
COMMENT ON COLUMN reading_by_year.value IS 'Systolic pressure for BLOOD_PRESSURE, else the quantity itself.';
COMMENT ON COLUMN reading_by_year.local_day IS 'The day on the wall clock of the patient.';
COMMENT ON COLUMN reading_by_year.sent IS 'Numbers and unit as sent, where they are not the canonical ones.';
CREATE INDEX reading_client ON reading_by_year (patient_id, client_id) WHERE client_id IS NOT NULL;
CREATE TABLE daily_summary (
  patient_id uuid NOT NULL,
  measure measure NOT NULL,
  local_day date NOT NULL,
  readings integer NOT NULL,
  minimum double precision NOT NULL,
  maximum double precision NOT NULL,
  mean double precision NOT NULL,
  median double precision NOT NULL,
  PRIMARY KEY (patient_id, measure, local_day)
);
COMMENT ON TABLE daily_summary IS 'What a day''s readings of one measure come to; made anew from them whenever one changes.';
"""
PARTITIONS = """
CREATE FUNCTION make_reading_partitions(last_year integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR year IN 2024 .. last_year LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS reading_%s PARTITION OF reading FOR VALUES FROM (%L) TO (%L)',
      year, make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
  END LOOP;
END $$;
"""
PAST = "CREATE TABLE reading_past PARTITION OF reading FOR VALUES FROM (MINVALUE) TO ('2024-01-01 00:00:00+00');"
NEW_ID = """md5(concat_ws('/', r.patient_id, r.kind, (extract(epoch FROM r.measured_at) * 1000000)::bigint,
  floor(r.value * CASE WHEN r.kind IN ('WEIGHT', 'BODY_TEMPERATURE') THEN 10 ELSE 1 END + 0.5)::bigint,
  coalesce(floor(r.diastolic + 0.5)::bigint::text, '')))::uuid"""
COPY = f"""
CREATE TEMPORARY TABLE renamed ON COMMIT DROP AS SELECT r.id AS old_id, {NEW_ID} AS new_id FROM old_reading AS r;
INSERT INTO reading (patient_id, kind, measured_at, id, client_id, received_at, local_day, value, diastolic, pulse,
  offset_minutes, source, setting, device, flags, sent)
SELECT r.patient_id, r.kind::vital_kind, r.measured_at, {NEW_ID}, r.client_id, r.received_at,
  CASE WHEN r.offset_minutes <> 0 THEN (r.measured_at AT TIME ZONE 'UTC' + make_interval(mins => r.offset_minutes))::date
    ELSE (r.measured_at AT TIME ZONE p.time_zone)::date END,
  r.value, r.diastolic, r.pulse, r.offset_minutes, r.source::reading_source, 'HOME', r.device, nullif(r.flags, '{{}}'),
  CASE WHEN r.sent_unit <> '' THEN jsonb_build_object('value', r.sent_value, 'unit', r.sent_unit) END
FROM old_reading AS r JOIN patient AS p ON p.id = r.patient_id ON CONFLICT DO NOTHING;
UPDATE alert_occurrence SET reading_id = renamed.new_id FROM renamed WHERE reading_id = renamed.old_id;
INSERT INTO daily_summary SELECT patient_id, named.measure::measure, local_day, count(*), min(named.number),
  max(named.number), avg(named.number), percentile_cont(0.5) WITHIN GROUP (ORDER BY named.number)
FROM reading CROSS JOIN LATERAL (VALUES
  (CASE WHEN kind = 'BLOOD_PRESSURE' THEN 'SYSTOLIC' ELSE kind::text END, value),
  (CASE WHEN kind = 'BLOOD_PRESSURE' THEN 'DIASTOLIC' END, diastolic)) AS named (measure, number)
WHERE named.measure IS NOT NULL GROUP BY 1, 2, 3;
"""
BACK = """
INSERT INTO old_reading (id, patient_id, client_id, kind, measured_at, offset_minutes, received_at, source, device,
  value, diastolic, pulse, sent_value, sent_unit, flags)
SELECT id, patient_id, coalesce(client_id, id), kind::text, measured_at, offset_minutes, received_at, source::text,
  left(device, 100), value, diastolic, pulse, coalesce((sent ->> 'value')::float8, value),
  coalesce(sent ->> 'unit', ''), coalesce(flags, '{}')
FROM reading WHERE kind IN ('BLOOD_PRESSURE', 'HEART_RATE', 'WEIGHT', 'OXYGEN_SATURATION', 'BODY_TEMPERATURE', 'STEPS')
  AND superseded_by IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("cuore", "0003_how_people_join")]
    initial = False
    operations = [
        ops.RunSQL(
            TYPES + TABLES + PARTITIONS,
            "DROP TABLE daily_summary; DROP FUNCTION make_reading_partitions; DROP TYPE measure; DROP TYPE vital_kind;"
            "DROP TYPE reading_source; DROP TYPE reading_setting;",
        ),
        # The old table steps aside under another name, so that Tortoise's state may forget it under its own.
        ops.RunSQL(
            "ALTER TABLE reading RENAME TO old_reading; ALTER TABLE reading_by_year RENAME TO reading;"
            + PAST
            + "SELECT make_reading_partitions(extract(year FROM now())::int + 2);"
            + COPY
            + "ALTER TABLE reading RENAME TO reading_by_year; ALTER TABLE old_reading RENAME TO reading;",
            "ALTER TABLE reading_by_year RENAME TO old_name; ALTER TABLE reading RENAME TO old_reading;"
            "ALTER TABLE old_name RENAME TO reading;" + BACK + "DROP TABLE reading;"
            "ALTER TABLE old_reading RENAME TO reading;",
        ),
        ops.DeleteModel(name="Reading"),
        ops.RunSQL(
            "ALTER TABLE reading_by_year RENAME TO reading;",
            "ALTER TABLE reading RENAME TO reading_by_year;",
        ),
    ]
