"""The desk command on tables as people have them: any order, any clock, bad rows, events, and no server."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.vitals_findings import findings
from bench.vitals_worlds import Series, World, population
from dev import vitals_analysis_rows, vitals_analysis_store

CUORE = Path(sys.executable).parent / "cuore"
HEADER = "series,patient,measure,measuredAt,value,event"
KEYS = {
    "series", "measure", "raisedAt", "kind", "direction", "score", "onsetAt", "observed", "expectedLow", "expectedHigh",
    "explained", "method", "version",
}  # fmt: skip


def at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def rows_of(series: list[Series]) -> list[str]:
    rows = []
    for number, one in enumerate(series):
        if one.medication_minutes is not None:
            rows.append(f",p{number},,{at(one.medication_minutes):%Y-%m-%dT%H:%M:%SZ},,medication-change")
        rows += [
            f"s{number},p{number},{one.vital.measure.lower()},{at(minute):%Y-%m-%dT%H:%M:%SZ},{value:.6g},"
            for minute, value in zip(one.minutes.tolist(), one.values.tolist(), strict=True)
        ]
    return rows


def analyse(tmp_path: Path, text: str | bytes, *options: str) -> tuple[list[dict[str, Any]], str, int]:
    file = tmp_path / "readings.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = subprocess.run(
        [CUORE, "vitals", "analyse", file, "--jsonl", *options], capture_output=True, timeout=120, check=False
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode(), done.returncode


@pytest.fixture(scope="module")
def some() -> list[Series]:
    return population(70, World(), 40) + population(71, World(), 16, doses=True)


def test_lines_say_what_the_analysis_finds(tmp_path: Path, some: list[Series]) -> None:
    rounded = [Series(**{**vars(one), "values": one.values.round(4)}) for one in some]
    lines, told, code = analyse(tmp_path, "\n".join([HEADER, *rows_of(some)]))
    assert code == 0
    expected = [(f"s{number}", one) for number, ones in enumerate(findings(rounded)) for one in ones]
    assert len(lines) == len(expected) > 30
    for line, (series, finding) in zip(lines, expected, strict=True):
        assert set(line) == KEYS
        assert (line["series"], line["kind"], line["direction"]) == (series, finding.kind, finding.direction)
        assert datetime.fromisoformat(line["raisedAt"]) == at(finding.minute)
        assert datetime.fromisoformat(line["onsetAt"]) == at(finding.onset_minute)
        assert line["score"] == pytest.approx(finding.score, abs=1e-3)
        assert line["explained"] is finding.explained
    assert any(line["explained"] for line in lines)
    assert f"{sum(len(one.values) for one in some)} readings of 56 series: {len(lines)} findings" in told


def test_the_order_of_rows_changes_nothing_but_the_order_of_series(tmp_path: Path, some: list[Series]) -> None:
    rows = rows_of(some)
    lines, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]))
    rows = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    again, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]))

    def key(line: dict[str, Any]) -> tuple[str, str, str]:
        return line["series"], line["raisedAt"], line["kind"]

    assert sorted(again, key=key) == sorted(lines, key=key)


def test_a_finding_depends_on_nothing_later(tmp_path: Path, some: list[Series]) -> None:
    rows = sorted(rows_of(some), key=lambda row: row.split(",")[3])
    whole, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]))
    until = rows[len(rows) * 2 // 3].split(",")[3]
    cut, _, _ = analyse(tmp_path, "\n".join([HEADER, *(row for row in rows if row.split(",")[3] <= until)]))
    assert cut
    before = [line for line in whole if line["raisedAt"] <= until]
    assert sorted(map(json.dumps, cut)) == sorted(map(json.dumps, before))


def test_many_rows_wait_on_the_disk_and_read_row_by_row_gives_the_same(
    tmp_path: Path, some: list[Series], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from dev.vitals_analysis import run  # noqa: PLC0415 - after the sizes are set

    file = tmp_path / "readings.csv"
    file.write_text("\n".join([HEADER, *rows_of(some)]))
    outputs = []
    for quickly in (True, False):
        for size in (8 * 2**20, 10_000):
            monkeypatch.setattr(vitals_analysis_rows, "BLOCK_BYTES", size)
            monkeypatch.setattr(vitals_analysis_store, "MOST_ROWS_IN_MEMORY", 50 * size // 400)
            monkeypatch.setattr(vitals_analysis_store, "SERIES_TOGETHER", 8192 if size > 10_000 else 5)
            if not quickly:
                monkeypatch.setattr(vitals_analysis_rows, "_quickly", lambda *_: None)
            run(file, jsonl=True, trend=True, progress=lambda *_: None)
            outputs.append(capfdbinary.readouterr().out)
    assert len(outputs[0]) > 10_000
    assert set(outputs) == {outputs[0]}


def steady(series: str, count: int, measure: str = "weight") -> list[str]:
    random = np.random.default_rng(list(series.encode()))
    start = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
    return [
        f"{series},,{measure},{start + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ},{80 + random.normal(0, 0.3):.2f},"
        for day in range(count)
    ]


def test_bad_rows_are_left_out_with_their_line_and_reason(tmp_path: Path) -> None:
    rows = steady("a", 40)
    bad = [
        "a,,weight,yesterday,80,",
        "a,,weight,2026-04-20T07:00:00Z,eighty,",
        "a,,weight,2026-04-20T07:00:00Z,nan,",
        "a,,weight,2026-04-20T07:00:00Z,-1e300,",
        "a,,colour,2026-04-20T07:00:00Z,80,",
        "a,,weight,2026-04-20T07:00:00Z",
        ",,weight,2026-04-20T07:00:00Z,80,",
        "a,,weight,2026-04-20T07:00:00Z,80,holiday",
        "a,,weight,0001-01-01T00:00:00+14:00,80,",
        "a,,weight,2026-02-30T00:00:00Z,80,",
    ]
    lines, told, code = analyse(tmp_path, "\n".join([HEADER, *rows, *bad, *rows[:2], ""]))
    assert (lines, code) == ([], 0)
    reasons = [
        "no time in ISO 8601", "'eighty' is no number", "'nan' is no number that is measured", "'-1e300' is no number",
        "the measure 'colour' is not known", "4 cells where the header has 6", "series is empty",
        "the event 'holiday' is not known", "no year to measure in", "no time in ISO 8601",
    ]  # fmt: skip
    for place, reason in enumerate(reasons):
        (said,) = [line for line in told.splitlines() if line.startswith(f"line {42 + place}:")]
        assert reason in said
    assert "40 readings of 1 series: 0 findings" in told
    assert "10 rows were left out" in told
    assert "2 rows stood there twice and counted once" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The header lacks series, measure, measuredAt, value"),
        ("series,measure,value\na,weight,80\n", "The header lacks measuredAt"),
        ("\x00\x01\x02", "The header lacks"),
    ],
)
def test_a_file_without_a_header_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    lines, told, code = analyse(tmp_path, text)
    assert (lines, code) == ([], 1)
    assert sentence in told
    assert "Traceback" not in told


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [CUORE, "vitals", "analyse", tmp_path / "none.csv", "--jsonl"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"none.csv cannot be read: No such file or directory." in done.stderr


def test_any_writing_of_the_same_table_reads_the_same(tmp_path: Path) -> None:
    rows = steady("a", 60)
    rows[40] = rows[40].rsplit(",", 2)[0] + ",176.4,"
    plain, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]))
    assert [line["kind"] for line in plain] == ["POINT"]
    mac = "\ufeff" + "\r\n".join([HEADER, *rows]) + "\r\n"
    assert analyse(tmp_path, mac)[0] == plain
    quoted = "\n".join([HEADER, *(",".join(f'"{cell}"' for cell in row.split(",")) for row in rows)])
    assert analyse(tmp_path, quoted)[0] == plain
    turned = "\n".join(
        [
            "value,note,measuredAt,MEASURE,series",
            *(",".join([c[4], "é", c[3], "WEIGHT", c[0]]) for c in (row.split(",") for row in rows)),
        ]
    )
    assert analyse(tmp_path, turned)[0] == plain


def test_times_keep_their_own_clock(tmp_path: Path) -> None:
    rows = steady("a", 60)
    rows[40] = rows[40].rsplit(",", 2)[0] + ",176.4,"
    in_rome = [row.replace("T07:00:00Z", "T08:00:00+01:00") for row in rows]
    (line,), _, _ = analyse(tmp_path, "\n".join([HEADER, *in_rome]))
    assert line["raisedAt"] == "2026-04-10T08:00:00+01:00"
    finer = [row.replace("T07:00:00Z", "T07:00:00.250Z") for row in rows]
    (line,), _, _ = analyse(tmp_path, "\n".join([HEADER, *finer]))
    assert line["raisedAt"] == "2026-04-10T07:00:00.250000Z"


def test_a_trend_of_each_series_spans_zero_where_there_is_none(tmp_path: Path) -> None:
    rows = steady("still", 60) + steady("few", 5) + steady("pain", 60, "chest_pain")
    rows += [row.rsplit(",", 2)[0] + f",{80 + 0.2 * day:.2f}," for day, row in enumerate(steady("rising", 60))]
    lines, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]), "--trend")
    trends = {line["series"]: line for line in lines if "slopePerWeek" in line}
    assert list(trends) == ["still", "few", "pain", "rising"]
    assert trends["still"]["low"] < 0 < trends["still"]["high"]
    assert trends["rising"]["low"] < 1.4 < trends["rising"]["high"]
    assert trends["rising"]["low"] > 0
    nothing = {"slopePerWeek": None, "low": None, "high": None}
    assert trends["few"] == {"series": "few", "measure": "WEIGHT"} | nothing
    assert trends["pain"] == {"series": "pain", "measure": "CHEST_PAIN"} | nothing


def test_an_event_of_a_patient_counts_for_all_series_and_one_of_a_series_for_it_alone(tmp_path: Path) -> None:
    def stepped(series: str, patient: str) -> list[str]:
        return [
            f"{series},{patient},weight,"
            + row.split(",")[3]
            + f",{float(row.split(',')[4]) + (1.4 if day >= 40 else 0):.2f},"
            for day, row in enumerate(steady(series, 60))
        ]

    rows = stepped("a", "p") + stepped("b", "p") + stepped("c", "q") + stepped("d", "")
    rows += [",p,,2026-04-09T20:00:00Z,,medication-change", "d,,,2026-04-09T20:00:00Z,,medication-change"]
    lines, _, _ = analyse(tmp_path, "\n".join([HEADER, *rows]))
    lasting = {line["series"]: line["explained"] for line in lines if line["kind"] != "POINT"}
    assert lasting == {"a": True, "b": True, "c": False, "d": True}
