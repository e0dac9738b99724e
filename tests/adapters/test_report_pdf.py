"""The doctor's page: one sheet whose words a program can read, whatever comes in."""

import io
from dataclasses import replace

import numpy as np
import pytest
from pypdf import PdfReader

from adapters.report_pdf import DoctorReport, draw_report
from adapters.trend_drawing import DrawnEvent, DrawnSeries, DrawnTrend

DAY = 86_400.0
START = 1_790_000_000.0
TIMES = START + np.arange(60) * DAY / 2
LETTERS = "Smyšlený Łukasz Şerban Țurcanu Ūdris Ġorġ Þór Θεόδωρος Йорданов"


def chart(title: str, unit: str, *values: float) -> DrawnTrend:
    series = tuple(DrawnSeries(f"Row {value:g}", TIMES, np.full(60, value)) for value in values)
    return DrawnTrend(title, unit, series, START, START + 30 * DAY, "Europe/Rome")


REPORT = DoctorReport(
    title="Home measurements",
    facts=(LETTERS, "Made on 24 Nov 2026"),
    blood_pressure=chart("Blood pressure", "mm[Hg]", 138, 84),
    others=(chart("Weight", "kg", 81.5), chart("Heart rate", "/min", 66)),
    findings=(("Home protocol", ["24 of 24 readings: mean 138/84 mmHg."]), ("Medicines", ["Taken on 81 of 90 days."])),
    footer="Made by Cuore",
)


def read(report: DoctorReport) -> tuple[int, str]:
    reader = PdfReader(io.BytesIO(draw_report(report)))
    return len(reader.pages), " ".join(page.extract_text() for page in reader.pages)


def test_the_page_says_everything_in_words() -> None:
    pages, words = read(REPORT)
    assert pages == 1
    for needed in (
        *("Home measurements", LETTERS, "Made on 24 Nov 2026", "Home protocol", "24 of 24 readings: mean 138/84 mmHg."),
        *("Medicines", "Taken on 81 of 90 days.", "Blood pressure", "Row 138", "Weight", "Heart rate", "Made by Cuore"),
        *("mmHg", "kg", "/min", "60 readings", "Not a diagnosis"),
    ):
        assert needed in words, needed


def test_it_is_vectors_on_a4_and_nothing_that_runs() -> None:
    reader = PdfReader(io.BytesIO(draw_report(REPORT)))
    page = reader.pages[0]
    assert [round(float(side)) for side in page.mediabox] == [0, 0, 595, 842]
    assert len(page.images) == 0
    embedded, _ = page._get_fonts()
    assert {name.split("+")[-1] for name in embedded} >= {"OpenSans-Regular", "OpenSans-SemiBold"}
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(reader.root_object)


def test_the_same_report_is_the_same_file() -> None:
    assert draw_report(REPORT) == draw_report(REPORT)
    assert draw_report(REPORT) != draw_report(replace(REPORT, footer="Other"))


def test_much_too_much_still_fits_on_one_page() -> None:
    long = "A very long sentence. " * 500
    events = tuple(DrawnEvent(START + at * DAY, long) for at in range(1, 30))
    wordy = replace(REPORT.blood_pressure, events=events, notes=[long] * 9, title=long)
    report = replace(
        REPORT,
        title=long,
        facts=(long,) * 4,
        findings=((long, [long] * 9),) * 4,
        blood_pressure=wordy,
        others=(wordy, wordy),
    )
    pages, words = read(report)
    assert pages == 1
    assert "…" in words
    bottoms: list[float] = []
    PdfReader(io.BytesIO(draw_report(report))).pages[0].extract_text(
        visitor_text=lambda _text, ctm, text, _font, _size: bottoms.append(text[5] * ctm[3] + ctm[5])
    )
    assert min(bottoms) >= 0


def test_a_report_without_readings_says_so() -> None:
    empty = replace(REPORT.blood_pressure, series=(DrawnSeries("Systolic", np.empty(0), np.empty(0)),))
    pages, words = read(replace(REPORT, blood_pressure=empty, others=(), findings=()))
    assert pages == 1
    assert "No readings in this time" in words


def test_more_than_a_page_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="two more charts"):
        replace(REPORT, others=[*REPORT.others, *REPORT.others])
