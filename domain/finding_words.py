"""A finding as one plain sentence, in the languages of the centre's patients; others read English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.kinds import FindingDirection, FindingKind, Measure

_DECIMALS = {"kg": 1, "Cel": 1, "{score}": 1}
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "{score}": "", "{steps}": ""}
UP, DOWN = FindingDirection.UP, FindingDirection.DOWN


@dataclass(frozen=True)
class Words:
    """A sentence is a name, `what` happened, `seen` (`spread` for VARIABILITY), and `because` where that is known."""

    names: Sequence[str]
    day: str
    decimal_point: str
    thousands: str
    what: Mapping[tuple[FindingKind, FindingDirection], str]
    seen: str
    point: str
    spread: str
    readings: tuple[str, str]
    missing: tuple[str, str]
    because: str

    def name(self, measure: Measure) -> str:
        """Of a measure, at the beginning of a sentence."""
        name = self.names[list(Measure).index(measure)]
        return name[:1].upper() + name[1:]

    def number(self, value: float, decimals: int) -> str:
        """`1,234.5` as people write it, with a true minus sign."""
        marks = str.maketrans({",": self.thousands, ".": self.decimal_point, "-": "−"})
        # Adding nought takes the sign off a nought.
        return f"{round(value, decimals) + 0.0:,.{decimals}f}".translate(marks)


ENGLISH = Words(
    names=(
        *("systolic blood pressure", "diastolic blood pressure", "heart rate", "weight", "oxygen saturation"),
        *("body temperature", "number of steps", "resting heart rate", "respiratory rate"),
        *("heart rate variability (RMSSD)", "heart rate variability (SDNN)", "sleep duration", "breathlessness"),
        *("chest pain", "dizziness", "swelling"),
    ),
    day="%Y-%m-%d",
    decimal_point=".",
    thousands=",",
    what={
        (FindingKind.SHIFT, UP): "a step up since {day}",
        (FindingKind.SHIFT, DOWN): "a step down since {day}",
        (FindingKind.RAMP, UP): "rising since {day}",
        (FindingKind.RAMP, DOWN): "falling since {day}",
        (FindingKind.DRIFT, UP): "slowly rising since {day}",
        (FindingKind.DRIFT, DOWN): "slowly falling since {day}",
        (FindingKind.VARIABILITY, UP): "varying more than usual since {day}",
    },
    seen="{observed} in the last days where {low} to {high} was expected at those hours, {size} ({readings})",
    point="{observed} on {day} does not fit the {low} to {high} that was expected at that hour; measure once more",
    spread="readings scatter by {observed} (standard deviation) where {low} to {high} is usual ({readings})",
    readings=("1 reading", "{count} readings"),
    missing=("1 day without any", "{count} days without any"),
    because="; {label} on {day} may account for it",
)
GERMAN = Words(
    names=(
        *("Systolischer Blutdruck", "Diastolischer Blutdruck", "Puls", "Gewicht", "Sauerstoffsättigung"),
        *("Körpertemperatur", "Schritte", "Ruhepuls", "Atemfrequenz", "Herzfrequenzvariabilität (RMSSD)"),
        *("Herzfrequenzvariabilität (SDNN)", "Schlafdauer", "Atemnot", "Brustschmerz", "Schwindel", "Schwellung"),
    ),
    day="%d.%m.%Y",
    decimal_point=",",
    thousands=".",
    what={
        (FindingKind.SHIFT, UP): "Sprung nach oben seit {day}",
        (FindingKind.SHIFT, DOWN): "Sprung nach unten seit {day}",
        (FindingKind.RAMP, UP): "Anstieg seit {day}",
        (FindingKind.RAMP, DOWN): "Abfall seit {day}",
        (FindingKind.DRIFT, UP): "langsamer Anstieg seit {day}",
        (FindingKind.DRIFT, DOWN): "langsamer Abfall seit {day}",
        (FindingKind.VARIABILITY, UP): "stärkere Schwankungen als üblich seit {day}",
    },
    seen="{observed} in den letzten Tagen, zu diesen Stunden erwartet {low} bis {high}, {size} ({readings})",
    point="{observed} am {day} passt nicht zu den {low} bis {high}, die zu dieser Stunde erwartet waren; bitte noch"
    " einmal messen",
    spread="die Messungen streuen um {observed} (Standardabweichung), üblich sind {low} bis {high} ({readings})",
    readings=("1 Messung", "{count} Messungen"),
    missing=("1 Tag ohne", "{count} Tage ohne"),
    because="; {label} am {day} kann der Grund sein",
)
ITALIAN = Words(
    names=(
        *("Pressione sistolica", "Pressione diastolica", "Frequenza cardiaca", "Peso", "Saturazione di ossigeno"),
        *("Temperatura corporea", "Passi", "Frequenza cardiaca a riposo", "Frequenza respiratoria"),
        *("Variabilità della frequenza cardiaca (RMSSD)", "Variabilità della frequenza cardiaca (SDNN)"),
        *("Durata del sonno", "Affanno", "Dolore toracico", "Vertigini", "Gonfiore"),
    ),
    day="%d/%m/%Y",
    decimal_point=",",
    thousands=".",
    what={
        (FindingKind.SHIFT, UP): "salto verso l'alto dal {day}",
        (FindingKind.SHIFT, DOWN): "salto verso il basso dal {day}",
        (FindingKind.RAMP, UP): "in aumento dal {day}",
        (FindingKind.RAMP, DOWN): "in calo dal {day}",
        (FindingKind.DRIFT, UP): "in lento aumento dal {day}",
        (FindingKind.DRIFT, DOWN): "in lento calo dal {day}",
        (FindingKind.VARIABILITY, UP): "più variabile del solito dal {day}",
    },
    seen="{observed} negli ultimi giorni, a quelle ore si attendeva da {low} a {high}, {size} ({readings})",
    point="{observed} il {day} non corrisponde a quanto atteso a quell'ora, da {low} a {high}; misurare di nuovo",
    spread="le misure variano di {observed} (deviazione standard), di solito da {low} a {high} ({readings})",
    readings=("1 misura", "{count} misure"),
    missing=("1 giorno senza", "{count} giorni senza"),
    because="; la causa può essere {label} del {day}",
)
_LANGUAGES = {"en": ENGLISH, "de": GERMAN, "it": ITALIAN}


def words_of(locale: str) -> Words:
    """The words of a locale such as `it-IT`; English where it is of another language."""
    return _LANGUAGES.get(locale.replace("_", "-").partition("-")[0].lower(), ENGLISH)


def _counted(explanation: Mapping[str, Any], words: Words) -> str:
    """How many readings, and on how many days there was none."""
    counts = [(words.readings, explanation["readings"])]
    if explanation["missing_days"]:
        counts.append((words.missing, explanation["missing_days"]))
    return ", ".join(forms[count != 1].format(count=count) for forms, count in counts)


def sentence(found: Mapping[str, Any], explanation: Mapping[str, Any], words: Words, zone: ZoneInfo) -> str:
    """What a finding says.

    Args:
        found: its columns, as in the table `finding`.
        explanation: `domain.findings.Explanation` as it was kept.
        words: of which language.
        zone: where the patient lives.
    """
    kind, direction = FindingKind(found["kind"]), FindingDirection(found["direction"])
    decimals, unit = _DECIMALS.get(explanation["unit"], 0), _UNITS.get(explanation["unit"], explanation["unit"])

    def told(value: float, behind: str = unit) -> str:
        return f"{words.number(value, decimals + (kind is FindingKind.VARIABILITY))} {behind}".rstrip()

    def day(at: datetime) -> str:
        return f"{at.astimezone(zone):{words.day}}"

    size = explanation["size"]
    values = {
        "observed": told(found["observed"]),
        "low": told(max(found["expected_low"], 0.0), ""),
        "high": told(found["expected_high"]),
        "size": ("+" if size > 0 else "") + told(size),
        "readings": _counted(explanation, words),
    }
    name = words.name(Measure(found["measure"]))
    if kind is FindingKind.POINT:
        return f"{name}: {words.point.format(**values, day=day(found['raised_at']))}."
    what = words.what[kind, direction].format(day=day(found["onset_at"]))
    seen = (words.spread if kind is FindingKind.VARIABILITY else words.seen).format(**values)
    change = next(iter(explanation["medication_changes"][::-1]), None) if found["is_explained"] else None
    because = (
        words.because.format(label=change["label"], day=day(datetime.fromisoformat(change["at"]))) if change else ""
    )
    return f"{name}: {what}, {seen}{because}."
