"""What notices say, in the languages of the centre's patients; others read English.

Nothing of health is said unless the reader has opted in to `detail`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.kinds import ReminderKind

_TASKS = (
    ReminderKind.MEDICATION,
    ReminderKind.MEASUREMENT,
    ReminderKind.EXERCISE,
    ReminderKind.NUTRITION,
    ReminderKind.EDUCATION,
    ReminderKind.QUESTIONNAIRE,
)


@dataclass(frozen=True)
class Said:
    """A title and a text; `{when}`, `{time}` and `{detail}` are put in."""

    title: str
    text: str


@dataclass(frozen=True)
class Language:
    """`plain` says nothing of health; `full`, where there is one, says what it is about; `nudge` comes second."""

    weekdays: Sequence[str]
    months: Sequence[str]
    day: str
    plain: Mapping[ReminderKind, Said]
    full: Mapping[ReminderKind, Said]
    nudge: Said
    full_nudge: Said

    def when(self, at: datetime) -> str:
        """A day and a time on the reader's wall clock."""
        return self.day.format(
            weekday=self.weekdays[at.weekday()], day=at.day, month=self.months[at.month - 1], time=f"{at:%H:%M}"
        )


def _tasks(title: str, text: str) -> Mapping[ReminderKind, Said]:
    return dict.fromkeys(_TASKS, Said(title, text))


ENGLISH = Language(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    day="{weekday} {day} {month}, {time}",
    plain={
        **_tasks("Your plan", "Something on your plan is due at {time}."),
        ReminderKind.APPOINTMENT: Said("Your appointment", "You have an appointment on {when}."),
        ReminderKind.APPOINTMENT_OFFER: Said(
            "A time has become free", "You can have an appointment on {when}. Please answer in the app."
        ),
        ReminderKind.ALERT: Said("Cuore", "Somebody in your care needs your attention. Please open Cuore."),
        ReminderKind.MISSED_TASK: Said("Cuore", "Somebody in your care may need a word. Please open Cuore."),
        ReminderKind.CONFIRM_ADDRESS: Said("Your code", "Your code is {detail}. It holds for 15 minutes."),
    },
    full={
        ReminderKind.MEDICATION: Said("Your medicine", "At {time}: {detail}."),
        ReminderKind.MEASUREMENT: Said("Time to measure", "At {time}: {detail}."),
        **dict.fromkeys(_TASKS[2:], Said("Your plan", "At {time}: {detail}.")),
        ReminderKind.ALERT: Said("Cuore", "{detail}. Please open Cuore."),
        ReminderKind.MISSED_TASK: Said("Cuore", "Not done, though it matters: {detail} ({when}). Please open Cuore."),
    },
    nudge=Said("Not forgotten?", "Something on your plan was due at {time} and is not ticked off."),
    full_nudge=Said("Not forgotten?", "{detail} was due at {time} and is not ticked off."),
)
GERMAN = Language(
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    day="{weekday}, {day}. {month}, {time} Uhr",
    plain={
        **_tasks("Ihr Plan", "Um {time} Uhr steht etwas auf Ihrem Plan."),
        ReminderKind.APPOINTMENT: Said("Ihr Termin", "Sie haben einen Termin: {when}."),
        ReminderKind.APPOINTMENT_OFFER: Said(
            "Ein Termin ist frei geworden", "Sie können einen Termin haben: {when}. Bitte antworten Sie in der App."
        ),
        ReminderKind.ALERT: Said("Cuore", "Jemand, den Sie betreuen, braucht Sie. Bitte öffnen Sie Cuore."),
        ReminderKind.MISSED_TASK: Said(
            "Cuore", "Jemand, den Sie betreuen, braucht vielleicht ein Wort von Ihnen. Bitte öffnen Sie Cuore."
        ),
        ReminderKind.CONFIRM_ADDRESS: Said("Ihr Code", "Ihr Code ist {detail}. Er gilt 15 Minuten."),
    },
    full={
        ReminderKind.MEDICATION: Said("Ihr Medikament", "Um {time} Uhr: {detail}."),
        ReminderKind.MEASUREMENT: Said("Zeit zum Messen", "Um {time} Uhr: {detail}."),
        **dict.fromkeys(_TASKS[2:], Said("Ihr Plan", "Um {time} Uhr: {detail}.")),
        ReminderKind.ALERT: Said("Cuore", "{detail}. Bitte öffnen Sie Cuore."),
        ReminderKind.MISSED_TASK: Said(
            "Cuore", "Nicht erledigt, obwohl es wichtig ist: {detail} ({when}). Bitte öffnen Sie Cuore."
        ),
    },
    nudge=Said("Nicht vergessen?", "Um {time} Uhr stand etwas auf Ihrem Plan; es ist noch nicht abgehakt."),
    full_nudge=Said("Nicht vergessen?", "{detail} war um {time} Uhr fällig und ist noch nicht abgehakt."),
)
ITALIAN = Language(
    weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
    months=(
        *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
        *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
    ),
    day="{weekday} {day} {month}, ore {time}",
    plain={
        **_tasks("Il suo piano", "Alle {time} è previsto qualcosa nel suo piano."),
        ReminderKind.APPOINTMENT: Said("Il suo appuntamento", "Ha un appuntamento: {when}."),
        ReminderKind.APPOINTMENT_OFFER: Said(
            "Si è liberato un orario", "Può avere un appuntamento: {when}. Risponda nell'app, per favore."
        ),
        ReminderKind.ALERT: Said(
            "Cuore", "Una persona che lei segue ha bisogno di attenzione. Apra Cuore, per favore."
        ),
        ReminderKind.MISSED_TASK: Said(
            "Cuore", "Una persona che lei segue forse ha bisogno di una parola. Apra Cuore, per favore."
        ),
        ReminderKind.CONFIRM_ADDRESS: Said("Il suo codice", "Il suo codice è {detail}. Vale per 15 minuti."),
    },
    full={
        ReminderKind.MEDICATION: Said("Il suo medicinale", "Alle {time}: {detail}."),
        ReminderKind.MEASUREMENT: Said("È ora di misurare", "Alle {time}: {detail}."),
        **dict.fromkeys(_TASKS[2:], Said("Il suo piano", "Alle {time}: {detail}.")),
        ReminderKind.ALERT: Said("Cuore", "{detail}. Apra Cuore, per favore."),
        ReminderKind.MISSED_TASK: Said(
            "Cuore", "Non fatto, anche se è importante: {detail} ({when}). Apra Cuore, per favore."
        ),
    },
    nudge=Said("Se n'è ricordato?", "Alle {time} era previsto qualcosa nel suo piano, che non risulta ancora fatto."),
    full_nudge=Said("Se n'è ricordato?", "{detail} era previsto alle {time} e non risulta ancora fatto."),
)
LANGUAGES = {"en": ENGLISH, "de": GERMAN, "it": ITALIAN}


def said(
    kind: ReminderKind, locale: str, moment: datetime, zone: str, detail: str | None, *, is_nudge: bool
) -> tuple[str, str, str]:
    """Title, text and language of a notice; `moment` is what it is about, `detail` absent where nobody opted in."""
    code = locale.partition("-")[0].lower()
    code = code if code in LANGUAGES else "en"
    language = LANGUAGES[code]
    here = moment.astimezone(ZoneInfo(zone))
    if is_nudge and kind in _TASKS:
        words = language.nudge if detail is None else language.full_nudge
    else:
        words = language.plain[kind] if detail is None else language.full.get(kind, language.plain[kind])
    text = words.text.format(when=language.when(here), time=f"{here:%H:%M}", detail=detail)
    return words.title, text[:1].upper() + text[1:], code
