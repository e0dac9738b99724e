"""The doctor's page in each language: who, when, the protocol, the regularity; one page however long a name is."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from adapters.charts.languages import LANGUAGES
from adapters.doctor_pages import doctor_page
from adapters.report_words import REPORT_WORDS
from domain.doctor_reports import Adherence, DoctorReport, MeasuredDays, MedicineTaken, PressureAfter
from domain.home_blood_pressure import Protocol
from domain.kinds import BloodPressureScheme, Measure, ReadingSetting
from domain.rules.blood_pressure_classes import CLASSIFICATIONS
from domain.rules.home_blood_pressure import HomeReading, home_blood_pressure, office_pattern
from domain.trend_charts import TrendChart
from tests.adapters.test_trend_pictures import UNTIL, series

LAST_DAY = date(2026, 11, 25)
NAME = "Maria Ludovica Élisabeth von Hohenlohe-Waldenburg-Schillingsfürst Più della Rovere Müller-Öß Perchés"


def week(readings: int, *, office: tuple[float, float] | None = None) -> Protocol:
    """The newest of the 28 readings of the protocol, all of 142/88."""
    moments = [
        datetime(2026, 11, 25, hour, minute, tzinfo=UTC) - timedelta(days=back)
        for back in range(7)
        for hour, minute in ((20, 2), (20, 0), (7, 2), (7, 0))
    ]
    found = [
        HomeReading(UUID(int=at), moment, 0, 142, 88, ReadingSetting.HOME)
        for at, moment in enumerate(moments[:readings])
    ]
    if office:
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        found.append(HomeReading(UUID(int=99), at, 0, *office, ReadingSetting.OFFICE))
    result = home_blood_pressure(found, LAST_DAY, BloodPressureScheme.ESC_2024)
    return Protocol(result, office_pattern(result, found, treated=None), above_target=False)


REPORT = DoctorReport(
    patient=NAME,
    birth_date=date(1958, 3, 2),
    clinic="Heart Clinic",
    made_by=NAME,
    made_at=UNTIL.astimezone(ZoneInfo("Europe/Rome")),
    days=28,
    locale="en-GB",
    week=week(28, office=(128, 78)),
    measured_days=[
        MeasuredDays(Measure.SYSTOLIC, [21, 60]),
        MeasuredDays(Measure.WEIGHT, [28, 90]),
        MeasuredDays(Measure.HEART_RATE, [0, 1]),
    ],
    adherence=Adherence(
        [
            MedicineTaken(None, 28, 20, 84, 75),
            MedicineTaken("Amlodipine", 28, 26, 28, 26),
            MedicineTaken("Ramipril", 28, 21, 56, 49),
        ],
        [PressureAfter(is_covered=True, days=19, systolic=131.4, diastolic=82.6), PressureAfter(False, 8, 142.2, 88.0)],
    ),
    charts=[
        TrendChart("Europe/Rome", "en-GB", [series(Measure.SYSTOLIC, 1), series(Measure.DIASTOLIC, 0)]),
        TrendChart("Europe/Rome", "en-GB", [series(Measure.WEIGHT, 1)]),
        TrendChart("Europe/Rome", "en-GB", [series(Measure.HEART_RATE, 0, 0)]),
    ],
)


def read(report: DoctorReport) -> str:
    """The words of the one page, with one space between them."""
    (page,) = PdfReader(io.BytesIO(doctor_page(report))).pages
    lowest: list[float] = []
    words = page.extract_text(
        visitor_text=lambda text, ctm, place, _font, _size: (
            lowest.append(place[5] * ctm[3] + ctm[5]) if text.strip() else None
        )
    )
    assert min(lowest) > 20
    return " ".join(words.split())


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "en-GB",
            [
                *("Report for the doctor", "Born 2 Mar 1958. Heart Clinic", f"Made by {NAME}"),
                "The last 28 days until 25 Nov 2026, 09:00 (Europe/Rome)",
                "Without the first day, 19 Nov 2026: 24 of 24 readings count. Average 142.0/88.0 mmHg: hypertension",
                "In the clinic 128.0/78.0 mmHg on 20 Nov 2026: this looks like a masked pattern.",
                "7-day protocol: 24 of 24 readings (100 %)",
                "Blood pressure: on 21 of the last 28 (75 %), 60 of the last 90 (67 %) days",
                "Heart rate: on 0 of the last 28 (0 %), 1 of the last 90 (1 %) days",
                "How regularly medicines were taken All medicines: every dose on 20 of 28 days (71 %), 75 of 84 doses",
                "Blood pressure on the day after: 131/83 mmHg with all taken (19 days), 142/88 mmHg otherwise (8 days)",
                "Ramipril: every dose on 21 of 28 days (75 %), 49 of 56 doses",
            ],
        ),
        (
            "de-AT",
            [
                *("Bericht für die Arztpraxis", "Geboren am 2. März 1958. Heart Clinic", "Erstellt von"),
                "Die letzten 28 Tage bis 25. Nov 2026, 09:00 (Europe/Rome)",
                "24 von 24 Messungen zählen. Mittelwert 142,0/88,0 mmHg: Bluthochdruck nach ESC 2024.",
                "In der Klinik 128,0/78,0 mmHg am 20. Nov 2026",
                "Amlodipine: jede Dosis an 26 von 28 Tagen (93 %), 26 von 28 Dosen",
                "Blutdruck am Tag danach: 131/83 mmHg, wenn alle genommen (19 Tage), 142/88 mmHg sonst (8 Tage)",
                "Gewicht: an 28 der letzten 28 (100 %), 90 der letzten 90 (100 %) Tagen",
            ],
        ),
        (
            "it-IT",
            [
                *("Relazione per il medico", "Data di nascita 2 mar 1958. Heart Clinic", "A cura di"),
                "contano 24 misurazioni su 24. Media 142,0/88,0 mmHg: ipertensione secondo ESC 2024.",
                "Tutte le medicine: ogni dose in 20 giorni su 28 (71 %), 75 dosi su 84",
                "Pressione il giorno dopo: 131/83 mmHg se prese tutte (19 giorni), 142/88 mmHg altrimenti (8 giorni)",
                "Pressione arteriosa: 21 degli ultimi 28 (75 %), 60 degli ultimi 90 (67 %) giorni",
            ],
        ),
    ],
)
def test_it_says_who_when_and_what_in_the_patient_s_language(locale: str, expected: list[str]) -> None:
    words = read(replace(REPORT, locale=locale))
    for needed in expected:
        assert needed in words, needed
    assert len(NAME) == 100
    assert words.count(NAME) == 2


def test_without_medicines_nothing_is_said_of_taking_them_and_of_one_it_is_said_once() -> None:
    words = read(replace(REPORT, adherence=Adherence([], [])))
    assert "medicines" not in words
    only = Adherence([MedicineTaken(None, 28, 20, 28, 20), MedicineTaken("Ramipril", 28, 20, 28, 20)], [])
    words = read(replace(REPORT, adherence=only))
    assert "Ramipril: every dose on 20 of 28 days (71 %), 20 of 28 doses" in words
    assert "All medicines" not in words


def test_too_few_readings_have_no_class_and_say_what_is_missing() -> None:
    words = read(replace(REPORT, week=week(9)))
    assert "8 of 24 readings count (missing: 8 in the morning, 8 in the evening)" in words
    assert "A class needs at least 12 readings, so there is none." in words
    nothing = read(replace(REPORT, week=week(0)))
    assert "0 of 24 readings count (missing: 12 in the morning, 12 in the evening)" in nothing


def test_a_name_of_two_hundred_letters_hides_neither_birth_date_nor_moment() -> None:
    words = read(replace(REPORT, patient="Ö" * 200, made_by="À" * 200, clinic="Ł" * 200))
    assert "Born 2 Mar 1958" in words
    assert "The last 28 days until 25 Nov 2026, 09:00" in words


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_class_at_home_has_a_word_in_each_language(code: str) -> None:
    at_home = {
        one.category
        for (_, setting), scheme in CLASSIFICATIONS.items()
        if setting is ReadingSetting.HOME
        for one in scheme.classes
    }
    assert set(REPORT_WORDS[code].categories) == at_home
