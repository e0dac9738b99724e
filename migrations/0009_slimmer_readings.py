"""Readings whose columns leave no gaps, whose key holds what a series shows, and of which the newest are kept apart.

Measured before it was chosen: `python -m bench.reading_layouts` and `python -m bench.latest_readings`.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

# The wide columns first, then those of four bytes, then the small ones: what is aligned needs no filling.
# With what the key includes a series is read from the index alone.
SLIMMER = """
CREATE TABLE reading (
  patient_id uuid NOT NULL,
  id uuid NOT NULL,
  measured_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  value double precision NOT NULL,
  diastolic double precision,
  pulse double precision,
  kind vital_kind NOT NULL,
  source reading_source NOT NULL,
  setting reading_setting NOT NULL,
  local_day date NOT NULL,
  offset_minutes smallint NOT NULL,
  client_id uuid,
  device text,
  flags text[],
  sent jsonb,
  circumstances jsonb,
  superseded_by uuid,
  superseded_at timestamptz,
  PRIMARY KEY (patient_id, kind, measured_at, id) INCLUDE (value, diastolic, superseded_by)
) PARTITION BY RANGE (measured_at);
CREATE INDEX reading_client ON reading (patient_id, client_id) WHERE client_id IS NOT NULL;
"""
BEFORE = """
CREATE TABLE reading (
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
  CONSTRAINT reading_by_year_pkey PRIMARY KEY (patient_id, kind, measured_at, id)
) PARTITION BY RANGE (measured_at);
CREATE INDEX reading_client ON reading (patient_id, client_id) WHERE client_id IS NOT NULL;
"""
COMMENTS = """
COMMENT ON TABLE reading IS 'One measurement in canonical units; blood pressure is one reading with three numbers.';
COMMENT ON COLUMN reading.value IS 'Systolic pressure for BLOOD_PRESSURE, else the quantity itself.';
COMMENT ON COLUMN reading.local_day IS 'The day on the wall clock of the patient.';
COMMENT ON COLUMN reading.sent IS 'Numbers and unit as sent, where they are not the canonical ones.';
"""
PARTITIONS = """
CREATE TABLE reading_past PARTITION OF reading FOR VALUES FROM (MINVALUE) TO ('2024-01-01 00:00:00+00');
SELECT make_reading_partitions(extract(year FROM now())::int + 2);
"""
ASIDE = "CREATE TABLE kept_reading AS TABLE reading; DROP TABLE reading;"
NAMES = (
    "patient_id, id, measured_at, received_at, value, diastolic, pulse, kind, source, setting, local_day,"
    " offset_minutes, client_id, device, flags, sent, circumstances, superseded_by, superseded_at"
)
# In the order of the key, so that what is read together lies together.
BACK = f"""
INSERT INTO reading ({NAMES}) SELECT {NAMES} FROM kept_reading ORDER BY patient_id, kind, measured_at;
DROP TABLE kept_reading;
"""
LATEST = """
CREATE TABLE latest_reading (LIKE reading, PRIMARY KEY (patient_id, kind));
COMMENT ON TABLE latest_reading IS 'A copy of the newest reading of each kind that no correction replaced.';
INSERT INTO latest_reading SELECT DISTINCT ON (patient_id, kind) * FROM reading WHERE superseded_by IS NULL
ORDER BY patient_id, kind, measured_at DESC, id DESC;
"""


class Migration(migrations.Migration):
    dependencies = [("cuore", "0008_events_of_device_tokens")]
    initial = False
    operations = [
        ops.RunSQL(ASIDE + SLIMMER + COMMENTS + PARTITIONS + BACK, ASIDE + BEFORE + COMMENTS + PARTITIONS + BACK),
        ops.RunSQL(LATEST, "DROP TABLE latest_reading;"),
    ]
