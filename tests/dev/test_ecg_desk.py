"""The desk's commands: a line for every file whatever it is, in order, and pictures to look at."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image
from pypdf import PdfReader

from dev.demo.ecgsyn import SAMPLE_RATE_HERTZ, synthetic_strip
from dev.ecg_desk import analyse_files, strip_files
from tests.recordings import recording

KEYS = {
    *("file", "status", "reason", "durationSeconds", "quality", "beatSeconds", "beatKinds", "heartRate", "rhythm"),
    *("challengeClass", "intervals", "method", "version"),
}


def a_json(path: Path, *, rate_bpm: float = 70, fibrillating: bool = False) -> Path:
    strip = synthetic_strip(
        seconds=30, rate_bpm=rate_bpm, random=np.random.default_rng(5), atrial_fibrillation=fibrillating
    )
    leads = {"I": strip.microvolts.tolist()}
    path.write_bytes(orjson.dumps({"sampleRateHertz": SAMPLE_RATE_HERTZ, "unit": "uV", "leads": leads}))
    return path


def cuore(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from dev.cli import main; main()", "ecg", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_every_file_gets_a_line_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "strips"
    (folder / "deeper").mkdir(parents=True)
    a_json(folder / "b.json", fibrillating=True, rate_bpm=95)
    a_json(folder / "deeper" / "c.json")
    (folder / "a.txt").write_text("Dear Ada,\nhello\n")
    (folder / ".hidden").write_text("no strip")
    (folder / "d.json").write_bytes(b"")
    done = cuore("analyse", folder, tmp_path / "nowhere.csv", "--jsonl")
    assert (done.returncode, done.stderr) == (1, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["a.txt", "b.json", "d.json", "c.json", "nowhere.csv"]
    assert [line["status"] for line in lines] == ["UNREADABLE", "ANALYSED", "UNREADABLE", "ANALYSED", "UNREADABLE"]
    assert all(set(line) == KEYS for line in lines)
    for line in lines:
        if line["status"] == "UNREADABLE":
            assert line["reason"].endswith(".")
            assert (line["durationSeconds"], line["beatSeconds"], line["heartRate"]) == (None, [], None)
    wild, calm = lines[1], lines[3]
    assert wild["rhythm"]["label"] == "FIBRILLATION_SUSPECTED"
    assert (calm["rhythm"]["label"], calm["challengeClass"], calm["reason"]) == ("NO_FIBRILLATION_FOUND", "N", None)
    assert calm["durationSeconds"] == 30
    assert set(calm["quality"]) == {"usable", "score", "reasons"}
    assert calm["quality"]["usable"] is True
    assert abs(calm["heartRate"] - 70) < 2
    assert len(calm["beatSeconds"]) == len(calm["beatKinds"]) > 30
    assert set(calm["intervals"]) == {"pr", "qrs", "qt"}
    assert all(isinstance(length, float) for length in calm["intervals"].values())


def test_without_a_flaw_the_command_ends_well_and_speaks_to_people(tmp_path: Path) -> None:
    done = cuore("analyse", a_json(tmp_path / "calm.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "no fibrillation found" in done.stdout
    empty = cuore("analyse", tmp_path / "calm.json", "--jsonl", "--unknown")
    assert empty.returncode == 2
    (tmp_path / "none").mkdir()
    assert cuore("analyse", tmp_path / "none").returncode == 1


def test_a_record_is_one_file_and_a_bare_flac_is_read() -> None:
    headers = strip_files([recording("ecg", "ludb_lead_i")])
    assert {path.suffix for path in headers} == {".hea"}
    assert len(headers) == 116
    flac = recording("ecg", "cinc2017", "A00004.flac")
    told: list[tuple[int, int]] = []
    one, other = analyse_files([headers[0], flac], lambda done, total: told.append((done, total)))
    assert (one["status"], one["durationSeconds"]) == ("ANALYSED", 10.0)
    assert (other["status"], other["challengeClass"]) == ("ANALYSED", "A")
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_strip_is_drawn_with_words_and_marks(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"strip.{ending}"
    done = cuore("draw", a_json(tmp_path / "calm.json"), "-o", target, "--beats")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    content = target.read_bytes()
    if ending == "png":
        image = Image.open(io.BytesIO(content))
        assert image.width == 280 * 6
        return
    if ending == "pdf":
        (page,) = PdfReader(io.BytesIO(content)).pages
        assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [297, 210]
        words = page.extract_text()
    else:
        words = content.decode()
    for said in ("No atrial fibrillation found", "Heart rate 70/min", "25 mm/s", "10 mm/mV", "Not a diagnosis"):
        assert said in words


def test_what_cannot_be_drawn_is_one_sentence(tmp_path: Path) -> None:
    calm = a_json(tmp_path / "calm.json")
    for words, said in (
        ((calm, "-o", tmp_path / "a.gif"), "a.gif must end with .svg, .png or .pdf."),
        ((calm, "-o", tmp_path / "a.svg", "--lead", "V9"), "has no lead V9, but I."),
        ((tmp_path / "none.json", "-o", tmp_path / "a.svg"), "cannot be read"),
        ((calm, "-o", tmp_path / "nowhere" / "a.svg"), "cannot be written"),
    ):
        done = cuore("draw", *words)
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [calm]
