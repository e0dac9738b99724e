"""What a chart says, in the languages of the centre's patients; others read English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from domain.kinds import Measure

# The measures of which charts are made.
CHARTED = (
    Measure.SYSTOLIC,
    Measure.DIASTOLIC,
    Measure.HEART_RATE,
    Measure.RESTING_HEART_RATE,
    Measure.WEIGHT,
    Measure.OXYGEN_SATURATION,
    Measure.BODY_TEMPERATURE,
    Measure.RESPIRATORY_RATE,
    Measure.STEPS,
    Measure.HEART_RATE_VARIABILITY_RMSSD,
    Measure.HEART_RATE_VARIABILITY_SDNN,
    Measure.SLEEP_DURATION,
)


@dataclass(frozen=True)
class Language:
    """Words, and sentences with names where something is put in; numbers and days as people write them."""

    code: str
    months: tuple[str, ...]
    day: str
    decimal_point: str
    thousands: str
    window: str
    counts: tuple[str, str, str]
    days: tuple[str, str]
    hours: tuple[str, str]
    personal_range: str
    limits: str
    up_to: str
    at_least: str
    trend_line: str
    gap: str
    medians: str
    empty: str
    not_a_diagnosis: str
    told_series: str
    told_gap: str
    rising: str
    falling: str
    no_reliable_trend: str
    too_few: str
    blood_pressure: str
    measures: Mapping[Measure, str]
    units: Mapping[str, str]

    def number(self, value: float, decimals: int) -> str:
        """`1,234.5` as people write it, with a true minus sign."""
        marks = str.maketrans({",": self.thousands, ".": self.decimal_point, "-": "−"})
        # Adding nought takes the sign off a nought.
        return f"{round(value, decimals) + 0.0:,.{decimals}f}".translate(marks)

    def date(self, seconds: float, zone: ZoneInfo, *, year: bool = False) -> str:
        """`3 Nov`, or `3 Nov 2026`."""
        at = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
        words = self.day.format(day=at.day, month=self.months[at.month - 1])
        return f"{words} {at.year}" if year else words

    def count(self, readings: int) -> str:
        """How many readings, in words."""
        return self.counts[min(readings, 2)].format(count=self.number(readings, 0))

    def time_span(self, hours: int) -> str:
        """`1 day`, `36 hours`."""
        days, rest = divmod(hours, 24)
        number, words = (hours, self.hours) if rest or not days else (days, self.days)
        return words[number != 1].format(count=number)


def _named(*names: str) -> Mapping[Measure, str]:
    return dict(zip(CHARTED, names, strict=True))


ENGLISH = Language(
    code="en",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    day="{day} {month}",
    decimal_point=".",
    thousands=",",
    window="{first} to {last}",
    counts=("no readings", "1 reading", "{count} readings"),
    days=("{count} day", "{count} days"),
    hours=("{count} hour", "{count} hours"),
    personal_range="Next reading expected",
    limits="Clinician's limits",
    up_to="up to {high}",
    at_least="from {low}",
    trend_line="Trend (dotted: 95 % interval)",
    gap="No readings",
    medians="Marks: median of {span}, pale: all readings",
    empty="No readings in this time",
    not_a_diagnosis="Not a diagnosis",
    told_series="{name}: from {low} to {high} {unit}, the last {last} {unit} on {day}.",
    told_gap="No readings from {first} to {last}.",
    rising="{name}: rising by {slope} {unit} a week ({low} to {high}).",
    falling="{name}: falling by {slope} {unit} a week ({low} to {high}).",
    no_reliable_trend="{name}: no reliable trend, {slope} {unit} a week ({low} to {high}).",
    too_few="Too few readings for a trend: it needs {least} over {days} days.",
    blood_pressure="Blood pressure",
    measures=_named(
        *("Systolic", "Diastolic", "Heart rate", "Resting heart rate", "Weight", "Oxygen saturation"),
        *("Body temperature", "Respiratory rate", "Steps", "Heart rate variability (RMSSD)"),
        *("Heart rate variability (SDNN)", "Sleep"),
    ),
    units={"{steps}": "steps", "min": "minutes"},
)
GERMAN = Language(
    code="de",
    months=("Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez"),
    day="{day}. {month}",
    decimal_point=",",
    thousands=".",
    window="{first} bis {last}",
    counts=("keine Messungen", "1 Messung", "{count} Messungen"),
    days=("{count} Tag", "{count} Tage"),
    hours=("{count} Stunde", "{count} Stunden"),
    personal_range="Nächste Messung erwartet",
    limits="Ärztliche Grenzen",
    up_to="bis {high}",
    at_least="ab {low}",
    trend_line="Trend (gepunktet: 95-%-Bereich)",
    gap="Keine Messungen",
    medians="Zeichen: Median über {span}, blass: alle",
    empty="Keine Messungen in dieser Zeit",
    not_a_diagnosis="Keine Diagnose",
    told_series="{name}: von {low} bis {high} {unit}, zuletzt {last} {unit} am {day}.",
    told_gap="Keine Messungen vom {first} bis {last}.",
    rising="{name}: steigt um {slope} {unit} pro Woche ({low} bis {high}).",
    falling="{name}: fällt um {slope} {unit} pro Woche ({low} bis {high}).",
    no_reliable_trend="{name}: kein verlässlicher Trend, {slope} {unit} pro Woche ({low} bis {high}).",
    too_few="Zu wenige Messungen für einen Trend: er braucht {least} über {days} Tage.",
    blood_pressure="Blutdruck",
    measures=_named(
        *("Systolisch", "Diastolisch", "Puls", "Ruhepuls", "Gewicht", "Sauerstoffsättigung"),
        *("Körpertemperatur", "Atemfrequenz", "Schritte", "Herzfrequenzvariabilität (RMSSD)"),
        *("Herzfrequenzvariabilität (SDNN)", "Schlaf"),
    ),
    units={"{steps}": "Schritte", "min": "Minuten"},
)
ITALIAN = Language(
    code="it",
    months=("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    day="{day} {month}",
    decimal_point=",",
    thousands=".",
    window="{first} – {last}",
    counts=("nessuna misurazione", "1 misurazione", "{count} misurazioni"),
    days=("{count} giorno", "{count} giorni"),
    hours=("{count} ora", "{count} ore"),
    personal_range="Prossima misura attesa",
    limits="Limiti del medico",
    up_to="fino a {high}",
    at_least="da {low}",
    trend_line="Tendenza (punteggiato: intervallo 95 %)",
    gap="Nessuna misurazione",
    medians="Segni: mediana di {span}, chiare: tutte",
    empty="Nessuna misurazione in questo periodo",
    not_a_diagnosis="Non è una diagnosi",
    told_series="{name}: da {low} a {high} {unit}, l'ultima {last} {unit} il {day}.",
    told_gap="Nessuna misurazione tra {first} e {last}.",
    rising="{name}: in aumento di {slope} {unit} a settimana (da {low} a {high}).",
    falling="{name}: in calo di {slope} {unit} a settimana (da {low} a {high}).",
    no_reliable_trend="{name}: nessuna tendenza affidabile, {slope} {unit} a settimana (da {low} a {high}).",
    too_few="Troppo poche misurazioni per una tendenza: ne servono {least} in {days} giorni.",
    blood_pressure="Pressione arteriosa",
    measures=_named(
        *("Sistolica", "Diastolica", "Frequenza cardiaca", "Frequenza cardiaca a riposo", "Peso"),
        *("Saturazione di ossigeno", "Temperatura corporea", "Frequenza respiratoria", "Passi"),
        *("Variabilità della frequenza cardiaca (RMSSD)", "Variabilità della frequenza cardiaca (SDNN)", "Sonno"),
    ),
    units={"{steps}": "passi", "min": "minuti"},
)
LANGUAGES = {language.code: language for language in (ENGLISH, GERMAN, ITALIAN)}


def language_of(locale: str) -> Language:
    """The language of a locale such as `it-IT`; English where it is another."""
    return LANGUAGES.get(locale.replace("_", "-").partition("-")[0].lower(), ENGLISH)
