"""Strips on paper: true to scale, in both formats, whatever the signal or the words are."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from adapters.strip_drawing import DrawnStrip, draw_png, draw_svg
from adapters.strip_paper import layout_of

SVG = "{http://www.w3.org/2000/svg}"
SECONDS = np.arange(9000) / 300
STRIP = DrawnStrip(
    lead="I",
    sample_rate_hertz=300.0,
    samples_microvolts=1000 * np.sin(2 * np.pi * 1.1 * SECONDS) ** 31,
    recorded_at_text="2026-11-24 08:30 UTC",
    rate_text="Heart rate 66/min",
)


def parsed(strip: DrawnStrip) -> ET.Element:
    return ET.fromstring(draw_svg(strip))  # noqa: S314 - our own document


def words(strip: DrawnStrip) -> list[str]:
    return [text.text or "" for text in parsed(strip).iter(f"{SVG}text")]


def lines(strip: DrawnStrip) -> list[np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
    """The inked polylines as absolute points in hundredths of a millimetre: mark, trace, mark, trace …"""
    ink = list(parsed(strip).iter(f"{SVG}path"))[-1].attrib["d"]
    numbers = [np.array(re.findall(r"-?\d+", line), dtype=np.int64) for line in ink.split("M")[1:]]
    return [np.cumsum(line.reshape(-1, 2), axis=0) for line in numbers]


def test_paper_speed_and_gain_are_true() -> None:
    step = np.where((SECONDS >= 4) & (SECONDS < 8), 1000.0, 0.0)
    mark, trace = lines(replace(STRIP, samples_microvolts=step[:3000]))
    assert np.ptp(mark, axis=0).tolist() == [900, 1000]
    assert (mark[3] - mark[2]).tolist() == [500, 0]  # 0.2 s wide
    edges = np.flatnonzero(np.diff(trace[:, 1]))
    assert np.ptp(trace[:, 1]) == 1000  # 1 mV is 10 mm
    np.testing.assert_allclose(np.diff(trace[edges, 0]), [10_000], atol=1)  # 4 s are 100 mm
    assert parsed(STRIP).attrib["width"] == "280mm"
    assert parsed(STRIP).attrib["viewBox"].split()[2] == "28000"


def test_every_ten_seconds_have_a_row() -> None:
    assert len(lines(STRIP)) == 2 * 3
    assert len(lines(replace(STRIP, samples_microvolts=np.zeros(9001)))) == 2 * 4
    assert [text for text in words(STRIP) if text.startswith("I ")] == ["I   0 s", "I   10 s", "I   20 s"]
    rows = lines(STRIP)[1::2]
    assert {row[0, 0] for row in rows} == {2000}
    assert rows[0][-1, 0] == 2000 + 25_000


def test_the_words_say_what_a_reader_must_know() -> None:
    said = words(STRIP)
    for needed in (
        "ECG   Lead I",
        "Recorded 2026-11-24 08:30 UTC",
        "Heart rate 66/min",
        "25 mm/s   10 mm/mV   Filter: none added   300 Hz",
        "Not a diagnosis",
    ):
        assert needed in said


def test_markup_and_control_characters_stay_words() -> None:
    hostile = '</text><script>alert("1")</script>&amp;\x00\x1b\ud800\ufffe'
    strip = replace(STRIP, lead=hostile, recorded_at_text=hostile, rate_text=hostile, note=hostile)
    document = draw_svg(strip)
    document.encode()
    assert {element.tag.removeprefix(SVG) for element in ET.fromstring(document).iter()} == {  # noqa: S314
        *("svg", "title", "rect", "g", "path", "text")
    }
    assert '</text><script>alert("1")</script>&amp;    ' in words(strip)
    assert draw_png(strip).startswith(b"\x89PNG")


def test_a_long_word_is_shortened() -> None:
    assert max(map(len, words(replace(STRIP, rate_text="x" * 10_000)))) == 80


def test_what_leaves_its_row_is_cut_and_said() -> None:
    assert not any("cut" in text for text in words(STRIP))
    huge = replace(STRIP, samples_microvolts=STRIP.samples_microvolts * 50, note="Repeat")
    assert "Repeat   Trace cut where it leaves its row" in words(huge)
    height = int(parsed(huge).attrib["viewBox"].split()[3])
    for line in lines(huge):
        assert line[:, 1].min() >= 1900
        assert line[:, 1].max() <= height - 1000


def test_ten_minutes_of_many_samples_keep_every_peak() -> None:
    samples = np.zeros(600 * 2000)
    samples[500::1777] = 1200.0
    strip = replace(STRIP, sample_rate_hertz=2000.0, samples_microvolts=samples)
    rows = lines(strip)[1::2]
    assert len(rows) == 60
    assert max(map(len, rows)) < 6100
    for at, row in enumerate(rows):
        peaks = samples[at * 20_000 : (at + 1) * 20_000 + 1] > 0
        assert np.count_nonzero(row[:, 1] == row[:, 1].min()) == np.count_nonzero(peaks)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0),
        np.zeros(1),
        np.full(900, np.nan),
        np.full(900, np.inf),
        np.full(900, 1e6),
        np.array([-1e6, 1e6] * 450),
    ],
)
def test_no_signal_is_too_odd_to_draw(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    strip = replace(STRIP, samples_microvolts=samples)
    assert len(lines(strip)) in {1, 2}
    assert draw_png(strip).startswith(b"\x89PNG")


def test_the_png_is_true_to_scale_and_shows_grid_and_trace() -> None:
    image = Image.open(io.BytesIO(draw_png(STRIP)))
    assert image.mode == "RGB"
    assert image.width == 280 * 6
    assert [round(dots, 1) for dots in image.info["dpi"]] == [152.4, 152.4]
    pixels = np.asarray(image).astype(int)
    grid_row = pixels[19 * 6 + 3, 5 * 6 : 275 * 6 + 1]  # between two level lines of the first row
    major = np.flatnonzero((grid_row == [0xE9, 0xA3, 0xA3]).all(axis=1))
    assert major.tolist() == list(range(0, 270 * 6 + 1, 30))
    dark = (pixels.max(axis=2) < 0x40).sum()
    smooth = ((pixels.max(axis=2) >= 0x40) & (pixels.max(axis=2) < 0xD0)).sum()
    assert dark > 5000
    assert smooth > 5000


def test_a_baseline_that_leaves_its_row_leaves_a_gap_and_no_flat_line_like_asystole() -> None:
    beats = 500 * np.sin(2 * np.pi * 1.2 * np.arange(3000) / 300)
    jumped = beats + np.where(np.arange(3000) >= 1500, 8000.0, 0.0)
    layout = layout_of(DrawnStrip("I", 300.0, jumped, "2026-11-20 08:00 UTC", "Heart rate not measurable"))
    _mark, *traces = layout.lines
    for trace in traces:
        # A level line longer than a few samples would be the edge.
        level = np.diff(trace[:, 1]) == 0
        runs = np.diff(np.flatnonzero(np.diff(level.astype(np.int8), prepend=0, append=0)))[::2]
        assert runs.max(initial=0) < 20
    assert any("Trace cut where it leaves its row" in text.words for text in layout.texts)
