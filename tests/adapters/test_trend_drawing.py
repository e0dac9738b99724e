"""Trend charts: every value at its place in both formats, nothing joined over a gap, no extreme lost, right for all."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from adapters.charts import palette
from adapters.charts.axes import day_ticks, spread, value_ticks
from adapters.charts.languages import ENGLISH, GERMAN, ITALIAN, LANGUAGES, Language, language_of
from adapters.charts.layout import trend_picture
from adapters.charts.readings import medians, thinned
from adapters.charts.shapes import Marks, Picture, Stroke, Words
from adapters.charts.typeface import width_of, wrapped
from adapters.trend_drawing import DrawnEvent, DrawnLine, DrawnSeries, DrawnTrend, draw_png, draw_svg
from domain.trends import NAMES

Floats = NDArray[np.float64]
SVG = "{http://www.w3.org/2000/svg}"
DAY = 86_400.0
ROME = ZoneInfo("Europe/Rome")
START = datetime(2026, 10, 19, tzinfo=ROME).timestamp()
END = datetime(2026, 11, 16, tzinfo=ROME).timestamp()
TIMES: Floats = np.asarray(START + np.arange(1, 28) * DAY, dtype=np.float64)
SYSTOLIC: Floats = np.asarray(120 + np.arange(27) % 5 * 4, dtype=np.float64)
PRESSURE = DrawnTrend(
    title="Blood pressure",
    unit="mm[Hg]",
    series=(
        DrawnSeries("Systolic", TIMES, SYSTOLIC, 116, 141.4, None, 135),
        DrawnSeries("Diastolic", TIMES, SYSTOLIC - 45, 70, 96, 60, None),
    ),
    from_seconds=START,
    to_seconds=END,
    time_zone="Europe/Rome",
    events=(DrawnEvent(START + 10 * DAY, "Ramipril 5 mg → 10 mg"),),
)
PULSE = DrawnTrend("Heart rate", "/min", (DrawnSeries("Heart rate", TIMES, SYSTOLIC),), START, END, "Europe/Rome")


def picture(trend: DrawnTrend) -> Picture:
    return trend_picture(trend, 360, 210)


def words(trend: DrawnTrend) -> list[str]:
    return [shape.words for shape in picture(trend).shapes if isinstance(shape, Words)]


def with_values(times: Floats, values: Floats) -> DrawnTrend:
    return replace(PULSE, series=(replace(PULSE.series[0], times_seconds=times, values=values),))


def series_marks(trend: DrawnTrend, edge: str = palette.PAPER) -> NDArray[np.float64]:
    """Where the readings' marks are: the last of the picture with that edge."""
    return [shape for shape in picture(trend).shapes if isinstance(shape, Marks) and shape.edge == edge][-1].centres


def series_lines(trend: DrawnTrend) -> list[NDArray[np.float64]]:
    strokes = [shape for shape in picture(trend).shapes if isinstance(shape, Stroke)]
    return [stroke.corners for stroke in strokes if stroke.colour in palette.SERIES_LINES and len(stroke.corners) > 2]


def test_a_value_sits_at_its_time_and_height_between_the_ticks() -> None:
    shapes = picture(PULSE).shapes
    grid = [shape.corners for shape in shapes if isinstance(shape, Stroke) and shape.colour == palette.GRID]
    labels = [shape for shape in shapes if isinstance(shape, Words) and shape.anchor == "end" and shape.size == 12]
    heights = {int(label.words): line[0, 1] for label, line in zip(labels, grid, strict=True)}
    assert set(heights) >= {120, 130}
    left, right = grid[0][:, 0]
    per_beat = (heights[120] - heights[130]) / 10
    marks = series_marks(PULSE)
    np.testing.assert_allclose(marks[:, 0], left + (TIMES - START) / (END - START) * (right - left), atol=0.01)
    np.testing.assert_allclose(marks[:, 1], heights[120] - (SYSTOLIC - 120) * per_beat, atol=0.02)


def test_both_formats_have_each_mark_at_the_same_place() -> None:
    few = with_values(TIMES[::6], SYSTOLIC[::6])
    marks = series_marks(few)
    root = ET.fromstring(draw_svg(few))  # noqa: S314 - our own document
    paths = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.attrib["fill"] == palette.SERIES[0]]
    starts = np.array(re.findall(r"M(\S+) (\S+?)a", paths[-1]), dtype=float)
    np.testing.assert_allclose(starts + np.array([2.75, 0]), marks, atol=0.011)
    image = Image.open(io.BytesIO(draw_png(few)))
    pixels = np.asarray(image)
    inked = (pixels == ImageColor.getrgb(palette.SERIES[0])).all(axis=2)
    assert image.size == (720, round(picture(few).height) * 2)
    for left, top in marks:
        column, row = int(left * 2), int(top * 2)
        rows, columns = np.nonzero(inked[row - 7 : row + 8, column - 7 : column + 8])
        assert len(rows) > 40
        assert abs(columns.mean() - 6.5 - left * 2 + column) < 0.75
        assert abs(rows.mean() - 6.5 - top * 2 + row) < 0.75
    assert inked.sum() < 6 * 110


def test_no_line_crosses_a_gap_and_the_gap_is_hatched_and_told() -> None:
    kept = (TIMES < START + 8 * DAY) | (TIMES > START + 19 * DAY)
    holey = with_values(TIMES[kept], SYSTOLIC[kept])
    before, after = series_lines(holey)
    marks = series_marks(holey)
    assert before[-1].tolist() == marks[6].tolist()
    assert after[0].tolist() == marks[7].tolist()
    shapes = picture(holey).shapes
    hatches = [shape.corners for shape in shapes if isinstance(shape, Stroke) and shape.colour == palette.HATCH]
    legend = next(shape.baseline for shape in shapes if isinstance(shape, Words) and shape.words == "No readings")
    slants = np.vstack([line for line in hatches if line[:, 1].min() > legend + 3])
    assert len(slants) > 20
    assert marks[6, 0] <= slants[:, 0].min()
    assert slants[:, 0].max() <= marks[7, 0]
    assert "13 days" in words(holey)
    assert "No readings" in words(holey)
    assert "No readings from 25 Oct to 7 Nov." in picture(holey).description
    assert len(series_lines(PULSE)) == 1
    assert "No readings" not in words(PULSE)


def test_who_stopped_measuring_has_a_gap_until_the_end() -> None:
    assert "17 days" in words(with_values(TIMES[:11], SYSTOLIC[:11]))


def test_ten_thousand_readings_become_few_points_and_keep_each_extreme() -> None:
    random = np.random.default_rng(1)
    times = np.linspace(START, END, 10_000)
    values = random.normal(70, 4, 10_000).round()
    values[1234], values[7777], values[-1] = 171, 31, 140
    trend = with_values(times, values)
    (line,) = series_lines(trend)
    assert len(line) < 4 * 2 * 360
    high, low = line[line[:, 1].argmin()], line[line[:, 1].argmax()]
    share = (np.array([high[0], low[0], line[-1, 0]]) - line[0, 0]) / (line[-1, 0] - line[0, 0])
    np.testing.assert_allclose(share, [1234 / 9999, 7777 / 9999, 1], atol=1e-4)
    assert "Marks: median of 1 day, pale: all readings" in words(trend)
    assert len(draw_svg(trend)) < 60_000


def test_thinning_keeps_first_lowest_highest_and_last_of_every_column() -> None:
    random = np.random.default_rng(2)
    columns = np.sort(random.integers(0, 50, 5000))
    values = random.normal(size=5000)
    kept = thinned(columns, values)
    assert (np.diff(kept) > 0).all()
    for column in np.unique(columns):
        (all_of_it,) = np.nonzero(columns == column)
        mine = kept[columns[kept] == column]
        assert len(mine) <= 4
        assert (mine[0], mine[-1]) == (all_of_it[0], all_of_it[-1])
        assert (values[mine].min(), values[mine].max()) == (values[all_of_it].min(), values[all_of_it].max())


def test_the_end_of_the_window_has_no_median_of_its_own() -> None:
    middles, levels = medians(np.array([0.0, 4, 5, 19, 20]), np.array([1.0, 3, 9, 5, 7]), 0, 20, 5)
    assert middles.tolist() == [2.5, 7.5, 17.5]
    assert levels.tolist() == [2, 9, 6]


def test_days_begin_at_the_patients_midnight_also_when_the_clock_changes() -> None:
    ticks = day_ticks(
        datetime(2026, 10, 23, tzinfo=ROME).timestamp(),
        datetime(2026, 10, 28, tzinfo=ROME).timestamp(),
        ROME,
        6,
        ENGLISH,
    )
    assert [tick.words for tick in ticks] == [f"{day} Oct" for day in range(23, 29)]
    assert np.diff([tick.at for tick in ticks]).tolist() == [24 * 3600, 24 * 3600, 25 * 3600, 24 * 3600, 24 * 3600]
    told = [datetime.fromtimestamp(tick.at, UTC).strftime("%d %H:%M") for tick in ticks]
    assert told == ["22 22:00", "23 22:00", "24 22:00", "25 23:00", "26 23:00", "27 23:00"]
    spring = datetime(2026, 3, 28, tzinfo=ROME).timestamp()
    assert np.diff([tick.at for tick in day_ticks(spring, spring + 2.5 * DAY, ROME, 9, ENGLISH)]).tolist() == [
        86_400,
        82_800,
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(7, 8), (12, 7), (28, 4), (49, 7), (90, 7), (150, 5), (366, 6)],
)
def test_there_are_a_few_ticks_for_any_window(days: int, expected: int) -> None:
    assert len(day_ticks(END - days * DAY, END, ROME, 7, ENGLISH)) == expected


def test_weeks_are_marked_on_mondays() -> None:
    assert [tick.words for tick in day_ticks(START, END, ROME, 5, ENGLISH)] == [
        "19 Oct",
        "26 Oct",
        "2 Nov",
        "9 Nov",
        "16 Nov",
    ]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (71.0, 163.0, ["80", "100", "120", "140", "160"]),
        (79.8, 83.2, ["80", "81", "82", "83"]),
        (35.9, 37.2, ["36.0", "36.5", "37.0"]),
        (0.0, 11_000.0, ["0", "2,500", "5,000", "7,500", "10,000"]),
    ],
)
def test_values_are_marked_at_round_numbers(low: float, high: float, expected: list[str]) -> None:
    assert [tick.words for tick in value_ticks(low, high, 5, ENGLISH)] == expected


def test_labels_are_moved_apart_and_stay_inside() -> None:
    assert spread([10, 11, 50], 15, 0, 60) == [10, 25, 50]
    assert spread([55, 58, 60], 15, 0, 60) == [30, 45, 60]


def test_ranges_limits_and_changes_stand_in_words() -> None:
    said = words(PRESSURE)
    for needed in (
        *("Blood pressure", "19 Oct to 15 Nov 2026 · 27 readings", "mmHg", "Systolic", "Diastolic"),
        *("Next reading expected 116–141 / 70–96", "Clinician's limits up to 135 / from 60", "135", "60"),
        *("28 Oct", "Ramipril 5 mg › 10 mg", "Not a diagnosis"),
    ):
        assert needed in said, needed
    assert "the last 124 mmHg on 14 Nov" in picture(PRESSURE).description


def test_a_fitted_line_is_drawn_with_its_interval() -> None:
    at = np.array([START, END])
    line = DrawnLine(at, np.array([120.0, 130]), np.array([118.0, 126]), np.array([122.0, 134]))
    trend = replace(PULSE, series=(replace(PULSE.series[0], line=line),))
    before, now = (
        [shape for shape in picture(chart).shapes if isinstance(shape, Stroke) and shape.colour == palette.INK]
        for chart in (PULSE, trend)
    )
    assert len(now) - len(before) == 4  # its sample in the legend, two edges, the line
    assert [stroke.dash for stroke in now[-3:]] == [(1.5, 2.5), (1.5, 2.5), None]
    assert "Trend (dotted: 95 % interval)" in words(trend)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_readings_or_none_are_a_picture_too(count: int) -> None:
    trend = with_values(TIMES[:count], SYSTOLIC[:count])
    assert ("No readings in this time" in words(trend)) is (count == 0)
    assert {0: "no readings", 1: "1 reading", 3: "3 readings"}[count] in words(trend)[1]
    assert draw_png(trend).startswith(b"\x89PNG")
    assert len(words(trend)) == len(list(ET.fromstring(draw_svg(trend)).iter(f"{SVG}text")))  # noqa: S314


def test_what_is_no_number_or_outside_of_the_window_is_left_out() -> None:
    times = np.array([START - 1, START, START + DAY, END, END + 1, END - DAY])
    values = np.array([900.0, 70, np.nan, 72, 900, np.inf])
    assert len(series_marks(with_values(times, values))) == 2
    with pytest.raises(ValueError, match="equal length"):
        draw_svg(with_values(times, values[:3]))
    with pytest.raises(ValueError, match="ends after it begins"):
        replace(PULSE, to_seconds=START)


GAPS = (TIMES < START + 6 * DAY) | (TIMES > START + 20 * DAY)
WIGGLE = np.linspace(START, END, 25)
LINE = DrawnLine(WIGGLE, np.full(25, 122.0), np.linspace(110, 118, 25), np.linspace(126, 138, 25))
CASES = {
    "pressure": PRESSURE,
    "none": with_values(TIMES[:0], SYSTOLIC[:0]),
    "one": with_values(TIMES[9:10], SYSTOLIC[9:10]),
    "gap between limits and a line": replace(
        PRESSURE,
        series=(DrawnSeries("Systolic", TIMES[GAPS], SYSTOLIC[GAPS], 112, 140, 100, 135, LINE),),
        events=[DrawnEvent(START + at * DAY, f"Change {at}") for at in (0, 1, 2, 27)],
    ),
    "all outside of close limits": replace(
        PRESSURE,
        series=tuple(replace(one, values=one.values + 60, limit_low=84, limit_high=85) for one in PRESSURE.series),
    ),
    "steps of a year": replace(
        PULSE,
        unit="{steps}",
        series=(
            DrawnSeries(
                "Steps",
                np.linspace(START, START + 365 * DAY, 366),
                np.linspace(0, 14_600, 366),
                2000,
                12_000,
                3000,
                None,
            ),
        ),
        to_seconds=START + 366 * DAY,
    ),
}


def _boxes(shown: Picture) -> list[tuple[str, float, float, float, float]]:
    """The words with left, top, right and bottom, as wide as Open Sans has them."""
    boxes = []
    for shape in shown.shapes:
        if isinstance(shape, Words):
            width = width_of(shape.words, shape.size, bold=shape.bold) / 1.1
            left = shape.left - width * {"start": 0, "middle": 0.5, "end": 1}[shape.anchor]
            boxes.append((shape.words, left, shape.baseline - 0.75 * shape.size, left + width, shape.baseline))
    return boxes


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("width", [320, 360, 900])
@pytest.mark.parametrize("case", CASES)
def test_no_words_lie_on_others_or_leave_the_picture(case: str, width: float, language: Language) -> None:
    notes = [language.no_reliable_trend.format(name="X" * 20, slope="1", low="−1", high="2", unit="mmHg")] * 2
    shown = trend_picture(replace(CASES[case], language=language, notes=notes), width, 210)
    boxes = _boxes(shown)
    for at, (words, left, top, right, bottom) in enumerate(boxes):
        assert left >= 0, words
        assert right <= width, words
        assert bottom <= shown.height, words
        for other, other_left, other_top, other_right, other_bottom in boxes[at + 1 :]:
            apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
            assert apart, (words, other)


def test_the_length_of_a_gap_stands_where_no_limit_and_no_fitted_line_cross_it() -> None:
    shown = picture(CASES["gap between limits and a line"])
    (_, left, top, right, bottom) = next(box for box in _boxes(shown) if box[0] == "16 days")
    lines = [shape.corners for shape in shown.shapes if isinstance(shape, Stroke) and shape.colour == palette.INK]
    crossing = [np.interp([left, right], line[:, 0], line[:, 1]) for line in lines if line[-1, 0] > right > line[0, 0]]
    assert len(crossing) == 5
    assert all((heights < top).all() or (heights > bottom).all() for heights in crossing)


def test_where_two_personal_ranges_overlap_all_their_edges_show() -> None:
    overlapping = tuple(
        replace(one, personal_low=80, personal_high=120 + 9 * at) for at, one in enumerate(PRESSURE.series)
    )
    shapes = picture(replace(PRESSURE, series=overlapping)).shapes[-400:]
    kinds = [
        type(shape).__name__
        for shape in shapes
        if getattr(shape, "colour", "") in (palette.PERSONAL, palette.PERSONAL_EDGE)
    ]
    assert kinds[-6:] == ["Area", "Area", "Stroke", "Stroke", "Stroke", "Stroke"]


def test_a_curve_may_be_dotted_in_pixels_too() -> None:
    bent = replace(LINE, low=118 - (np.arange(25) - 12.0) ** 2 / 20)
    trend = replace(PULSE, series=(DrawnSeries("Systolic", TIMES[:1], SYSTOLIC[:1], line=bent),))
    pixels = np.asarray(Image.open(io.BytesIO(draw_png(trend))).convert("L"))
    dotted = next(
        shape
        for shape in picture(trend).shapes
        if isinstance(shape, Stroke) and shape.dash and len(shape.corners) == 25
    )
    along = np.linspace(dotted.corners[0, 0], dotted.corners[-1, 0], 400)[5:-5]
    heights = np.interp(along, dotted.corners[:, 0], dotted.corners[:, 1])
    seen = np.array(
        [
            pixels[int(2 * up) - 2 : int(2 * up) + 3, int(2 * left)].min()
            for left, up in zip(along, heights, strict=True)
        ]
    )
    assert 0.2 < (seen < 120).mean() < 0.8


def test_an_interval_in_brackets_is_not_broken_and_nothing_is_wider_than_asked() -> None:
    sentence = "Sistolica: in calo di 1,4 mmHg a settimana (da 0,6 a 2,1)."
    assert wrapped(sentence, 13, 340, 2) == ["Sistolica: in calo di 1,4 mmHg a settimana", "(da 0,6 a 2,1)."]
    for words in (sentence * 9, "(" * 300, "(a b) " * 90, "W" * 300):
        assert all(width_of(line, 13) <= 340 for line in wrapped(words, 13, 340, 3))


def test_days_and_numbers_are_those_of_the_language() -> None:
    moment = datetime(2026, 3, 3, 23, 30, tzinfo=UTC).timestamp()
    assert [language.date(moment, ROME, year=True) for language in LANGUAGES.values()] == [
        *("4 Mar 2026", "4. März 2026", "4 mar 2026")
    ]
    assert [language.number(-1234.5, 1) for language in LANGUAGES.values()] == ["−1,234.5", "−1.234,5", "−1.234,5"]
    assert ENGLISH.number(-0.04, 1) == "0.0"
    assert [GERMAN.count(count) for count in (0, 1, 2)] == ["keine Messungen", "1 Messung", "2 Messungen"]
    assert [ITALIAN.time_span(hours) for hours in (1, 24, 36, 48)] == ["1 ora", "1 giorno", "36 ore", "2 giorni"]
    assert [language_of(locale).code for locale in ("de-AT", "it_IT", "IT", "fr-FR", "")] == [
        "de",
        "it",
        "it",
        "en",
        "en",
    ]
    german = picture(replace(PRESSURE, language=GERMAN))
    assert "19. Okt bis 15. Nov 2026 · 27 Messungen" in [box[0] for box in _boxes(german)]
    assert draw_svg(replace(PRESSURE, language=GERMAN)).count('lang="de"') == 1


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_each_language_has_a_name_for_every_measure_that_is_charted(language: Language) -> None:
    assert set(language.measures) == set(NAMES)
    assert all(language.measures.values())


def test_markup_and_control_characters_stay_words() -> None:
    hostile = '</text><script>alert("1")</script>&amp;\x00\x1b\ud800\ufffe'
    trend = replace(
        PRESSURE,
        title=hostile,
        unit=hostile,
        notes=[hostile * 300],
        series=tuple(replace(series, name=hostile) for series in PRESSURE.series),
        events=(DrawnEvent(START + DAY, hostile),),
    )
    document = draw_svg(trend)
    document.encode()
    assert {element.tag.removeprefix(SVG) for element in ET.fromstring(document).iter()} == {  # noqa: S314
        *("svg", "title", "desc", "rect", "g", "path", "text")
    }
    assert draw_png(trend).startswith(b"\x89PNG")


def test_the_svg_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    root = ET.fromstring(draw_svg(PRESSURE))  # noqa: S314
    assert root.attrib["role"] == "img"
    assert [element.tag for element in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == "Blood pressure"
    assert (root[1].text or "").startswith("19 Oct to 15 Nov 2026: 27 readings. Systolic: from 120 to 136 mmHg")


def test_the_same_readings_in_any_order_are_the_same_bytes() -> None:
    order = np.random.default_rng(3).permutation(len(TIMES))
    shuffled = with_values(TIMES[order], SYSTOLIC[order])
    assert draw_svg(shuffled) == draw_svg(PULSE)
    assert draw_png(shuffled) == draw_png(PULSE)


def _linear(colour: str) -> NDArray[np.float64]:
    share = np.array(ImageColor.getrgb(colour)) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _lightness(linear: NDArray[np.float64]) -> float:
    """CIE L*, from 0 to 100."""
    return float(116 * np.cbrt(linear.clip(0, 1) @ [0.2126, 0.7152, 0.0722]) - 16)


# Viénot, Brettel and Mollon (1999): linear RGB as it is without the long- or the middle-wave cones; and with all.
SIGHTS = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "all cones": [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]],
}


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_series_differ_in_lightness_and_shape_for_every_kind_of_sight(sight: str) -> None:
    seen = np.array(SIGHTS[sight])
    first, second, paper, personal = (
        _lightness(seen @ _linear(colour)) for colour in (*palette.SERIES, palette.PAPER, palette.PERSONAL)
    )
    assert abs(first - second) >= 10
    assert min(paper, personal) - max(first, second) >= 25
    marks = [shape for shape in picture(replace(PRESSURE, events=())).shapes if isinstance(shape, Marks)][-2:]
    assert [mark.shape for mark in marks] == ["circle", "square"]
    assert [mark.fill for mark in marks] == [palette.SERIES[0], palette.PAPER]
