"""What the doctor's page says, in the languages of the centre's patients."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.charts.languages import ENGLISH, GERMAN, ITALIAN
from domain.rules.blood_pressure_classes import BloodPressureCategory


@dataclass(frozen=True)
class ReportWords:
    """Headings, and sentences with names where something is put in."""

    title: str
    born: str
    window: str
    made: str
    footer: str
    week: str
    left_out: str
    counted: str
    missing: str
    mornings: str
    evenings: str
    average: str
    too_few: str
    clinic_differs: str
    white_coat: str
    masked: str
    categories: Mapping[BloodPressureCategory, str]
    of: str
    measuring: str
    of_protocol: str
    on_days: str
    taking: str
    all_medicines: str
    taken: str
    day_after: str
    after_all: str
    after_others: str


_CATEGORIES = (
    BloodPressureCategory.NON_ELEVATED,
    BloodPressureCategory.ELEVATED,
    BloodPressureCategory.BELOW_HYPERTENSION,
    BloodPressureCategory.HYPERTENSION,
)


def _categories(*words: str) -> Mapping[BloodPressureCategory, str]:
    return dict(zip(_CATEGORIES, words, strict=True))


REPORT_WORDS = {
    ENGLISH.code: ReportWords(
        title="Report for the doctor",
        born="Born {date}. {clinic}",
        window="The last {days} days until {date}, {time} ({zone})",
        made="Made by {name}",
        footer="Measured at home unless said otherwise. Not a diagnosis.",
        week="Blood pressure at home, 7-day protocol",
        left_out="Without the first day, {day}: ",
        counted="{used} of {all} readings count",
        missing="missing: {missing}",
        mornings="{count} in the morning",
        evenings="{count} in the evening",
        average="Average {average} mmHg: {category} by {scheme}.",
        too_few="A class needs at least {least} readings, so there is none.",
        clinic_differs="In the clinic {average} mmHg on {day}: this looks like {pattern}.",
        white_coat="a white-coat pattern",
        masked="a masked pattern",
        categories=_categories("non-elevated", "elevated", "below hypertension", "hypertension"),
        of="{count} of the last {span} ({share} %)",
        measuring="How regularly was measured",
        of_protocol="7-day protocol: {used} of {all} readings ({share} %)",
        on_days="{measure}: on {counts} days",
        taking="How regularly medicines were taken",
        all_medicines="All medicines",
        taken="{name}: every dose on {covered} of {days} days ({share} %), {taken} of {scheduled} doses",
        day_after="Blood pressure on the day after: {averages}",
        after_all="{average} mmHg with all taken ({days} days)",
        after_others="{average} mmHg otherwise ({days} days)",
    ),
    GERMAN.code: ReportWords(
        title="Bericht für die Arztpraxis",
        born="Geboren am {date}. {clinic}",
        window="Die letzten {days} Tage bis {date}, {time} ({zone})",
        made="Erstellt von {name}",
        footer="Zu Hause gemessen, wenn nicht anders angegeben. Keine Diagnose.",
        week="Blutdruck zu Hause, 7-Tage-Protokoll",
        left_out="Ohne den ersten Tag, {day}: ",
        counted="{used} von {all} Messungen zählen",
        missing="es fehlen: {missing}",
        mornings="{count} am Morgen",
        evenings="{count} am Abend",
        average="Mittelwert {average} mmHg: {category} nach {scheme}.",
        too_few="Eine Klasse braucht mindestens {least} Messungen, daher gibt es keine.",
        clinic_differs="In der Klinik {average} mmHg am {day}: das sieht nach {pattern} aus.",
        white_coat="einem Weißkittelmuster",
        masked="einem maskierten Muster",
        categories=_categories("nicht erhöht", "erhöht", "unterhalb von Bluthochdruck", "Bluthochdruck"),
        of="{count} der letzten {span} ({share} %)",
        measuring="Wie regelmäßig gemessen wurde",
        of_protocol="7-Tage-Protokoll: {used} von {all} Messungen ({share} %)",
        on_days="{measure}: an {counts} Tagen",
        taking="Wie regelmäßig Medikamente genommen wurden",
        all_medicines="Alle Medikamente",
        taken="{name}: jede Dosis an {covered} von {days} Tagen ({share} %), {taken} von {scheduled} Dosen",
        day_after="Blutdruck am Tag danach: {averages}",
        after_all="{average} mmHg, wenn alle genommen ({days} Tage)",
        after_others="{average} mmHg sonst ({days} Tage)",
    ),
    ITALIAN.code: ReportWords(
        title="Relazione per il medico",
        born="Data di nascita {date}. {clinic}",
        window="Ultimi {days} giorni fino al {date}, {time} ({zone})",
        made="A cura di {name}",
        footer="Misurato a casa se non indicato diversamente. Non è una diagnosi.",
        week="Pressione arteriosa a casa, protocollo di 7 giorni",
        left_out="Senza il primo giorno, {day}: ",
        counted="contano {used} misurazioni su {all}",
        missing="mancano: {missing}",
        mornings="{count} al mattino",
        evenings="{count} alla sera",
        average="Media {average} mmHg: {category} secondo {scheme}.",
        too_few="Una classe richiede almeno {least} misurazioni, quindi non c'è.",
        clinic_differs="In ambulatorio {average} mmHg il {day}: fa pensare a {pattern}.",
        white_coat="un effetto camice bianco",
        masked="un quadro mascherato",
        categories=_categories("non elevata", "elevata", "sotto l'ipertensione", "ipertensione"),
        of="{count} degli ultimi {span} ({share} %)",
        measuring="Con quale regolarità si è misurato",
        of_protocol="Protocollo di 7 giorni: {used} misurazioni su {all} ({share} %)",
        on_days="{measure}: {counts} giorni",
        taking="Con quale regolarità si sono prese le medicine",
        all_medicines="Tutte le medicine",
        taken="{name}: ogni dose in {covered} giorni su {days} ({share} %), {taken} dosi su {scheduled}",
        day_after="Pressione il giorno dopo: {averages}",
        after_all="{average} mmHg se prese tutte ({days} giorni)",
        after_others="{average} mmHg altrimenti ({days} giorni)",
    ),
}
