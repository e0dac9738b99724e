"""Files on their whole way: imported, analysed by a worker, seen by the clinician; real recordings and broken ones."""

import asyncio
import csv
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest

from adapters.runtime import Runtime
from analytics.heart_rate import heart_rate
from dev.importing.choices import Choices, ImportReport
from dev.importing.command import run_import
from dev.importing.files import import_file, outcome_of
from dev.seed import seed
from domain.errors import BadInput, NotFound
from domain.kinds import Role
from tests.people import ISSUER, People
from tests.recordings import recording, wfdb
from tests.schema.test_pressure_to_alert import READINGS, ask, work_off
from tests.schema.test_strip_to_picture import STRIP, as_apple_csv, as_json, as_wfdb

# The reference package uses what pandas is about to drop.
REFERENCE_WARNS = pytest.mark.filterwarnings("ignore:The inplace keyword")
EXAMPLES = Path(__file__).parents[1] / "examples" / "vitals"
CUORE = str(Path(sys.executable).parent / "cuore")
TABLE = (
    b"measured_at,systolic,diastolic,pulse,weight,mood\n"
    b"2026-01-31 07:30,128,82,64,72.5,good\n"
    b"2026-01-31 20:30,82,128,64,72.4,\n"
    b"2026-01-31 21:00,,,,,bad\n"
    b"2026-01-31 07:30,128,82,64,72.5,copied\n"
)
CHANGED = "SELECT (SELECT count(*) FROM reading), (SELECT count(*) FROM ecg_strip), (SELECT count(*) FROM outbox_item)"


def quiet(_done: int, _total: int) -> None:
    """Nobody looks."""


async def bring(runtime: Runtime, people: People, path: Path, **choices: float | str | datetime) -> ImportReport:
    by = people.actors[Role.CLINICIAN]
    return await import_file(runtime, path, people.patient_id, by, Choices(**choices), quiet)  # type: ignore[arg-type]  # spelled by each test


async def refusal(runtime: Runtime, people: People, path: Path, **choices: float | str) -> str:
    """The one sentence of a refusal that changed nothing."""
    before = await runtime.pool.fetchrow(CHANGED)
    with pytest.raises(BadInput) as refused:
        await bring(runtime, people, path, **choices)
    assert await runtime.pool.fetchrow(CHANGED) == before
    (sentence,) = str(refused.value).splitlines()
    return sentence


def a_file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


async def seen(runtime: Runtime, people: People, report: ImportReport) -> dict[str, object]:
    """The strip as the clinician sees it once a worker had it, with both of its pictures fetched."""
    assert report.strip is not None
    assert await work_off(runtime) == 1
    answer = await ask(runtime, people, Role.CLINICIAN, STRIP, id=str(report.strip.id))
    assert answer.errors is None, answer.errors
    strip: dict[str, object] = answer.data["ecgStrip"]
    assert strip["status"] == "ANALYSED", strip["unreadableReason"]
    async with httpx.AsyncClient() as clinic:
        drawn, painted = [await clinic.get(str(strip[name])) for name in ("imageUrl", "imagePngUrl")]
    assert drawn.text.startswith("<svg")
    assert painted.content.startswith(b"\x89PNG")
    return strip


def rate_of(strip: dict[str, object]) -> float:
    rate = strip["heartRate"]
    assert isinstance(rate, dict)
    return float(rate["mean"])


async def test_a_table_is_kept_reported_by_line_and_known_the_second_time(
    runtime: Runtime, people: People, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "table.csv", TABLE)
    first = await bring(runtime, people, path)
    swapped = "The numbers look swapped; did you mean 128/82? (systolic)"
    assert first == ImportReport(accepted=3, duplicates=2, refused=[(3, swapped)], without_value=1, not_read=("mood",))
    before = await runtime.pool.fetchrow(CHANGED)
    again = await bring(runtime, people, path)
    assert (again.accepted, again.duplicates, again.refused) == (0, 5, [(3, swapped)])
    assert await runtime.pool.fetchrow(CHANGED) == before
    # The clock is that of Rome, where the patient lives.
    rows = await runtime.pool.fetch("SELECT kind, measured_at, offset_minutes, source FROM reading ORDER BY kind DESC")
    assert [tuple(row) for row in rows] == [
        ("WEIGHT", datetime(2026, 1, 31, 6, 30, tzinfo=UTC), 60, "IMPORT"),
        ("WEIGHT", datetime(2026, 1, 31, 19, 30, tzinfo=UTC), 60, "IMPORT"),
        ("BLOOD_PRESSURE", datetime(2026, 1, 31, 6, 30, tzinfo=UTC), 60, "IMPORT"),
    ]


async def test_many_rows_go_in_many_calls_with_their_own_lines(
    runtime: Runtime, people: People, tmp_path: Path
) -> None:
    rows = [f"2026-01-01T00:00:{second % 60:02d}Z,{60 + second // 60}" for second in range(1200)]
    rows[700] = "2026-01-01T00:00:00Z,500"
    told: list[tuple[int, int]] = []
    path = a_file(tmp_path, "table.csv", ("time,weight\n" + "\n".join(rows)).encode())
    by = people.actors[Role.CLINICIAN]
    report = await import_file(runtime, path, people.patient_id, by, Choices(), lambda *done: told.append(done))
    size = path.stat().st_size
    assert [total for _, total in told] == [size, size, size]
    assert 0 < told[0][0] <= told[1][0] <= told[2][0] == size
    assert (report.accepted, report.duplicates) == (1199, 0)
    assert report.refused == [(702, "The decimal point looks misplaced; did you mean 50 kg? (value)")]


async def test_a_column_that_is_there_twice_is_told_and_nothing_is_kept(
    runtime: Runtime, people: People, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "table.csv", b"time,weight,weight\n2026-01-01,70,72\n")
    by = people.actors[Role.CLINICIAN]
    before = await runtime.pool.fetchrow(CHANGED)
    lines, is_well = await run_import(runtime, path, people.patient_id, by, Choices(), quiet)
    assert not is_well
    assert lines[1:] == ["  line 1: The table has more than one column weight."]
    assert await runtime.pool.fetchrow(CHANGED) == before


@pytest.mark.parametrize(
    ("name", "accepted", "places", "refused"),
    [
        ("apple_health.xml", 7, "line", [17]),
        ("bundle.json", 3, "entry", [2]),
        ("gateway.json", 5, "entry", [2]),
        ("health_connect.json", 8, "entry", [5]),
        ("omron.csv", 3, "line", [5]),
        ("withings.json", 4, "entry", [2, 3]),
        ("withings_bp.csv", 1, "line", [3]),
    ],
)
async def test_files_of_every_app_come_in_whatever_they_are_called(
    runtime: Runtime, people: People, tmp_path: Path, name: str, accepted: int, places: str, refused: list[int]
) -> None:
    path = a_file(tmp_path, "export", (EXAMPLES / name).read_bytes())
    report = await bring(runtime, people, path)
    assert (report.accepted, report.duplicates, report.places) == (accepted, 0, places)
    assert [place for place, _ in report.refused] == refused
    again = await bring(runtime, people, path)
    assert (again.accepted, again.duplicates) == (0, accepted)
    assert await runtime.pool.fetchval("SELECT count(*) FROM reading") == accepted


async def test_history_that_is_imported_rings_no_alarm(runtime: Runtime, people: People, tmp_path: Path) -> None:
    now = runtime.now()
    rows = [f"{(now - timedelta(minutes=minutes)).isoformat()},190,115" for minutes in (8, 4)]
    path = a_file(tmp_path, "table.csv", ("time,systolic,diastolic\n" + "\n".join(rows)).encode())
    assert (await bring(runtime, people, path)).accepted == 2
    assert await work_off(runtime) == 1
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 0


async def test_people_are_never_mixed(runtime: Runtime, people: People, tmp_path: Path) -> None:
    table = b"user_code,time,weight\nanna,2026-01-01,60\nbert,2026-01-01,90\n,2026-01-01,75\nanna,2026-01-02,61\nx\n"
    path = a_file(tmp_path, "table.csv", table)
    assert await refusal(runtime, people, path) == (
        "The table holds readings of 2 people (column user_code);"
        " choose one of them with --person, for example --person anna"
    )
    assert await refusal(runtime, people, path, person="carl") == (
        "The table holds no readings of carl (column user_code)."
    )
    report = await bring(runtime, people, path, person="anna")
    assert (report.accepted, [line for line, _ in report.refused]) == (2, [4, 6])
    weights = await runtime.pool.fetch("SELECT value FROM reading ORDER BY measured_at")
    assert [row["value"] for row in weights] == [60, 61]
    alone = a_file(tmp_path, "alone.csv", b"user_code,time,weight\nanna,2026-01-03,60\n")
    assert (await bring(runtime, people, alone)).accepted == 1
    nobodys = a_file(tmp_path, "nobodys.csv", TABLE)
    assert "no column that says whose" in await refusal(runtime, people, nobodys, person="anna")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "empty.csv is empty."),
        ("header.hea", b"", "header.hea is empty."),
        ("strip.dat", b"1234", "import its header, the .hea file beside it."),
        ("letter.pdf", b"%PDF", "a strip is a .csv, .flac, .hea, .json, .zip file."),
        ("list.csv", b"name,phone\nAda,123\n", "neither a table of readings"),
        ("alone.hea", b"alone 1 300 900\nalone.dat 16 200/mV\n", "needs the file alone.dat beside it"),
        ("broken.hea", b"\xff\xfe\x00", "no header of a WFDB record"),
        ("noise.flac", b"fLaC", "state it with --microvolts-per-step"),
    ],
)
async def test_a_file_that_is_of_no_use_is_one_sentence(
    runtime: Runtime, people: People, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    assert words in await refusal(runtime, people, a_file(tmp_path, name, content))


async def test_a_path_that_leads_nowhere_is_one_sentence(runtime: Runtime, people: People, tmp_path: Path) -> None:
    assert await refusal(runtime, people, tmp_path) == f"{tmp_path} is a folder; import its files one by one."
    lost = tmp_path / "lost.csv"
    assert await refusal(runtime, people, lost) == f"There is no file {lost}."


@pytest.mark.parametrize("name", ["huge.csv", "huge.json", "huge.zip"])
async def test_a_huge_file_is_refused_unread(runtime: Runtime, people: People, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(10**12)
    assert await refusal(runtime, people, path) == f"{name} is larger than 64 megabytes; import it in parts."


async def test_a_foreign_patient_looks_like_none_and_gets_nothing(
    runtime: Runtime, people: People, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "table.csv", TABLE)
    before = await runtime.pool.fetchrow(CHANGED)
    for who in (people.foreign_id, uuid4()):
        with pytest.raises(NotFound, match="There is no such patient"):
            await import_file(runtime, path, who, people.actors[Role.CLINICIAN], Choices(), quiet)
    assert await runtime.pool.fetchrow(CHANGED) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [("strip.json", as_json()), ("strip.CSV", as_apple_csv()), ("strip.zip", as_wfdb())],
)
async def test_a_strip_is_analysed_and_known_the_second_time_whatever_its_files_time(
    runtime: Runtime, people: People, tmp_path: Path, name: str, content: bytes
) -> None:
    path = a_file(tmp_path, name, content)
    report = await bring(runtime, people, path)
    assert report.strip is not None
    assert rate_of(await seen(runtime, people, report)) == pytest.approx(75, abs=0.5)
    before = await runtime.pool.fetchrow(CHANGED)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    again = await bring(runtime, people, path)
    assert again.strip is not None
    assert (again.strip.id, again.strip.is_known) == (report.strip.id, True)
    assert again.strip.recorded_at == report.strip.recorded_at
    assert await runtime.pool.fetchrow(CHANGED) == before


async def test_an_import_that_was_cut_off_goes_on_with_its_strip(
    runtime: Runtime, people: People, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "strip.json", as_json())
    first = await bring(runtime, people, path)
    assert first.strip is not None
    # As if the bytes had not arrived.
    await runtime.pool.execute("UPDATE ecg_strip SET status = 'UPLOADING', raw_key = NULL, received_at = NULL")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    again = await bring(runtime, people, path)
    assert again.strip is not None
    assert (again.strip.id, again.strip.is_known) == (first.strip.id, False)
    await seen(runtime, people, again)


async def test_a_strip_that_cannot_be_read_says_why(runtime: Runtime, people: People, tmp_path: Path) -> None:
    path = a_file(tmp_path, "strip.json", b'{"sampleRateHertz": 300, "unit": "apples", "leads": {}}')
    by = people.actors[Role.CLINICIAN]
    report = await bring(runtime, people, path)
    assert report.strip is not None
    waiting = await outcome_of(runtime, report.strip.id, 0)
    assert waiting["status"] == "RECEIVED"
    await work_off(runtime)
    lines, is_well = await run_import(runtime, path, people.patient_id, by, Choices(), quiet)
    assert not is_well
    assert "known already" in lines[0]
    assert lines[1] == "UNREADABLE: The file does not say in which unit the heart's voltage was measured."


async def test_one_persons_real_pressures_come_in_as_they_are(runtime: Runtime, people: People) -> None:
    path = recording("vitals", "blood_pressure.csv")
    assert "readings of 28 people" in await refusal(runtime, people, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["user_code"] == "fde84801d8"]
    truth = {
        (" ".join(row["measurement_datetime"].split()), int(row["systolic"]), int(row["diastolic"])) for row in rows
    }
    report = await bring(runtime, people, path, person="fde84801d8")
    assert report.accepted + report.duplicates + len(report.refused) == len(rows) == 128
    assert (report.accepted, report.refused) == (len(truth), [])
    assert "robinson_index" in report.not_read
    again = await bring(runtime, people, path, person="fde84801d8")
    assert (again.accepted, again.duplicates) == (0, 128)

    told = await ask(
        runtime, people, Role.CLINICIAN, READINGS, patientId=str(people.patient_id), kind="BLOOD_PRESSURE", first=100
    )
    assert told.errors is None
    for edge in told.data["patient"]["readings"]["edges"]:
        node = edge["node"]
        local = datetime.fromisoformat(node["measuredAt"]).astimezone(ZoneInfo("Europe/Rome"))
        assert (f"{local:%Y-%m-%d %H:%M:%S}", node["systolic"], node["diastolic"]) in truth
    await work_off(runtime)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 0


async def test_one_persons_real_watch_comes_in_with_oxygen_in_per_cent(runtime: Runtime, people: People) -> None:
    path = recording("vitals", "wearables.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["user_code"] == "6be5033971"]
    report = await bring(runtime, people, path, person="6be5033971")
    columns = ("resting_pulse", "pulse_average", "average_spo2_value", "body_temperature_avg", "steps_count")
    values = sum(bool(row[name]) for row in rows for name in columns)
    assert report.accepted + report.duplicates + len(report.refused) == values
    assert report.without_value == sum(not any(row[name] for name in columns) for row in rows)
    kept = await runtime.pool.fetch("SELECT kind, count(*), min(value), max(value) FROM reading GROUP BY kind")
    by_kind = {row["kind"]: tuple(row)[1:] for row in kept}
    assert by_kind["OXYGEN_SATURATION"] == (34, 92, 99)
    assert by_kind["BODY_TEMPERATURE"][0] == 65
    assert by_kind["RESTING_HEART_RATE"][0] == 162


@REFERENCE_WARNS
@pytest.mark.parametrize("name", ["1", "10", "44", "101", "150"])
async def test_a_published_record_has_the_rate_that_cardiologists_marked(
    runtime: Runtime, people: People, name: str
) -> None:
    header = recording("ecg", "ludb_lead_i", f"{name}.hea")
    marks = wfdb.rdann(str(header.with_suffix("")), "i")
    beats = np.array([at for at, symbol in zip(marks.sample, marks.symbol, strict=True) if symbol == "N"]) / marks.fs
    expected = heart_rate(beats)
    assert expected is not None
    strip = await seen(runtime, people, await bring(runtime, people, header))
    assert (strip["durationSeconds"], strip["sampleRateHertz"], strip["leads"]) == (10.0, 500.0, ["I"])
    assert rate_of(strip) == pytest.approx(expected.mean, abs=2)


async def test_hand_held_strips_come_in_with_their_calibration_stated(runtime: Runtime, people: People) -> None:
    folder = recording("ecg", "cinc2017")
    labels = dict(line.split(",") for line in (folder / "REFERENCE-v3.csv").read_text().split())
    for label in ("N", "A"):
        path = next(path for path in sorted(folder.glob("*.flac")) if labels[path.stem] == label)
        assert "--microvolts-per-step 1" in await refusal(runtime, people, path)
        strip = await seen(runtime, people, await bring(runtime, people, path, microvolts_per_step=1))
        assert (strip["sampleRateHertz"], strip["leads"]) == (300.0, ["Channel 1"])
        assert 40 < rate_of(strip) < 180


@REFERENCE_WARNS
async def test_a_part_of_half_an_hour_has_the_beats_of_that_part(runtime: Runtime, people: People) -> None:
    header = recording("ecg", "mitdb", "101.hea")
    assert "import a part of it with --from-seconds and --seconds" in await refusal(runtime, people, header)
    begin, length = 600, 30
    report = await bring(runtime, people, header, from_seconds=float(begin), seconds=float(length))
    strip = await seen(runtime, people, report)
    assert (strip["durationSeconds"], strip["sampleRateHertz"], strip["leads"]) == (30.0, 360.0, ["MLII"])
    marks = wfdb.rdann(str(header.with_suffix("")), "atr", sampfrom=begin * 360, sampto=(begin + length) * 360)
    beats = np.array([at for at, symbol in zip(marks.sample, marks.symbol, strict=True) if symbol in "NAV"]) / marks.fs
    expected = heart_rate(beats)
    assert expected is not None
    assert rate_of(strip) == pytest.approx(expected.mean, abs=1)


@pytest.fixture
async def running(runtime: Runtime, migrated: dict[str, str], tmp_path: Path) -> Path:
    """A folder in which `cuore` finds a running system: these services with the demo data."""
    demo = await seed(runtime, ISSUER, quiet)
    # What the demo data ask of a worker is another test's matter.
    await runtime.pool.execute("TRUNCATE outbox_item")
    environment = migrated | {"DEMO_PATIENT_ID": str(demo)}
    (tmp_path / "run.json").write_text(json.dumps({"issuer": ISSUER, "environment": environment}))
    return tmp_path


async def work(runtime: Runtime, stopped: asyncio.Event) -> None:
    """A worker, until it is stopped."""
    while not stopped.is_set():
        await work_off(runtime)
        await asyncio.sleep(0.05)


async def cuore(folder: Path, *words: str) -> tuple[int | None, str, str]:
    environment = os.environ | {"CUORE_DATA": str(folder), "COLUMNS": "400"}
    pipe = asyncio.subprocess.PIPE
    command = await asyncio.create_subprocess_exec(CUORE, *words, env=environment, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(command.communicate(), 60)
    return command.returncode, out.decode(), err.decode()


async def test_the_command_tells_what_became_of_a_strip_and_of_a_table(runtime: Runtime, running: Path) -> None:
    strip = a_file(running, "strip.json", as_json())
    stopped = asyncio.Event()
    worker = asyncio.create_task(work(runtime, stopped))
    code, out, err = await cuore(running, "import", str(strip), "--recorded-at", "2026-01-31T07:30+01:00")
    stopped.set()
    await worker
    assert (code, err.strip()) == (0, "")
    first, second = out.splitlines()
    assert first.endswith("recorded 2026-01-31 06:30 UTC, as you said.")
    assert second == "ANALYSED: heart rate 75/min (75 to 75); 12.0 s at 300 Hz, I."
    UUID(first.split()[1].rstrip(","))

    table = a_file(running, "table.csv", TABLE)
    code, out, err = await cuore(running, "import", str(table))
    assert (code, err.strip()) == (0, "")
    assert out.splitlines()[:3] == [
        "Readings: 3 accepted, 2 known already, 1 refused.",
        "Lines without a value that is kept: 1.",
        "Not read: mood.",
    ]
    assert out.splitlines()[3].startswith("  line 3: The numbers look swapped")


async def test_a_refused_command_is_one_sentence_and_changes_nothing(runtime: Runtime, running: Path) -> None:
    file = str(a_file(running, "strip.json", as_json()))
    before = await runtime.pool.fetchrow(CHANGED)
    for words, sentence in (
        (["lost.csv"], "There is no file lost.csv."),
        ([file, "--patient", "Ada"], "Ada is no patient's id; an id looks like"),
        ([file, "--patient", str(uuid4())], "There is no such patient."),
        ([file, "--recorded-at", "noon"], "--recorded-at: write the moment as 2026-01-31T07:30"),
        ([file, "--person", "anna"], "--person means nothing for a .json file; leave it out."),
    ):
        code, out, err = await cuore(running, "import", *words)
        assert (code, out) == (1, "")
        (told,) = err.splitlines()
        assert told.startswith(sentence)
    assert await runtime.pool.fetchrow(CHANGED) == before
