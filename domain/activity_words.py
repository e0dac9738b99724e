"""What a part of a plan is called and asks for, in the patient's language: by its programme, or of its own."""

from collections.abc import Mapping
from typing import Any

from domain.kinds import ActivityKind, Role
from domain.rules import programmes, schedules
from domain.rules.programmes import TemplateActivity
from domain.rules.schedules import Schedule, language_of

# One, and more than one; of what is written the same in all languages, the sign.
_UNITS: Mapping[str, str | Mapping[str, str]] = {
    "ug": "µg",
    "[iU]": {"en": "IU", "de": "I.E.", "it": "UI"},
    "[iU]/mL": {"en": "IU/mL", "de": "I.E./mL", "it": "UI/mL"},
    "{tablet}": {"en": "tablet|tablets", "de": "Tablette|Tabletten", "it": "compressa|compresse"},
    "{capsule}": {"en": "capsule|capsules", "de": "Kapsel|Kapseln", "it": "capsula|capsule"},
    "{drop}": {"en": "drop|drops", "de": "Tropfen", "it": "goccia|gocce"},
    "{puff}": {"en": "puff|puffs", "de": "Hub|Hübe", "it": "spruzzo|spruzzi"},
    "{patch}": {"en": "patch|patches", "de": "Pflaster", "it": "cerotto|cerotti"},
}
_KINDS = {
    ActivityKind.MEDICATION: {"en": "Medicine", "de": "Medikament", "it": "Medicina"},
    ActivityKind.MEASUREMENT: {"en": "Measurement", "de": "Messung", "it": "Misurazione"},
    ActivityKind.EXERCISE: {"en": "Exercise", "de": "Bewegung", "it": "Esercizio"},
    ActivityKind.NUTRITION: {"en": "Nutrition", "de": "Ernährung", "it": "Alimentazione"},
    ActivityKind.EDUCATION: {"en": "Lesson", "de": "Lektion", "it": "Lezione"},
    ActivityKind.QUESTIONNAIRE: {"en": "Questionnaire", "de": "Fragebogen", "it": "Questionario"},
}


def dose(value: float, unit: str, locale: str) -> str:
    """`2.5 mg` as people write it."""
    language = language_of(locale)
    number = f"{value:g}" if language == "en" else f"{value:g}".replace(".", ",")
    told = _UNITS.get(unit, unit)
    one, _, more = (told if isinstance(told, str) else told[language]).partition("|")
    return f"{number} {more if more and value > 1 else one}"


def template_of(row: Mapping[str, Any]) -> TemplateActivity | None:
    """The programme's part that a row with `programme`, `programme_version` and `template` was made from."""
    if row["template"] is None:
        return None
    return programmes.templates(row["programme"], row["programme_version"])[row["template"]]


def title(row: Mapping[str, Any], role: Role) -> str:
    """What the part is called; who is not to know what a patient takes learns its kind alone."""
    if role is Role.COORDINATOR:
        return _KINDS[ActivityKind(row["kind"])][language_of(row["locale"])]
    if row["medication"] is not None:
        return f"{row['medication']} {dose(row['dose_value'], row['dose_unit'], row['locale'])}"
    if row["title"] is not None:
        own: str = row["title"]
        return own
    template = template_of(row)
    assert template is not None, "what has no name of its own came from a programme"
    return programmes.said(template.title, row["locale"])


def instructions(row: Mapping[str, Any]) -> str | None:
    """What was said to the patient, else the programme's words."""
    template = template_of(row)
    if row["instructions"] is not None or template is None:
        told: str | None = row["instructions"]
        return told
    return programmes.said(template.instructions, row["locale"])


def schedule_of(row: Mapping[str, Any]) -> Schedule:
    """When, by a row of `activity_schedule`."""
    return Schedule(row["times_of_day"], row["every_days"], row["weekdays"])


def schedule_text(row: Mapping[str, Any]) -> str:
    """When, in words."""
    only_day = None
    if row["ends"] is not None and (row["ends"] - row["begins"]).total_seconds() <= 86_400:  # noqa: PLR2004 - a day
        only_day = row["begins"].date()
    return schedules.in_words(schedule_of(row), row["locale"], only_day, row["food"])
