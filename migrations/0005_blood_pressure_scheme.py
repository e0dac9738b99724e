"""By which guideline a clinic puts blood pressures into classes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from domain.kinds import BloodPressureScheme


class Migration(migrations.Migration):
    dependencies = [("cuore", "0004_readings_by_year")]
    initial = False
    operations = [
        ops.AddField(
            model_name="Organisation",
            name="blood_pressure_scheme",
            field=fields.CharEnumField(
                default=BloodPressureScheme.ESC_2024,
                description="ESC_2024: ESC_2024\nESH_2023: ESH_2023",
                enum_type=BloodPressureScheme,
                max_length=16,
                db_default="ESC_2024",
            ),
        ),
    ]
