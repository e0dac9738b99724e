"""What is said of a strip: the phone's whole query on real and made recordings, and why something is not said."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import pytest

from adapters.runtime import Runtime
from adapters.strip_formats import decode_strip
from adapters.strip_signal import read_signal
from dev.importing.wfdb_record import pack, wrap_flac
from domain import strips
from domain.kinds import Role
from tests.people import People
from tests.recordings import recording
from tests.schema.test_pressure_to_alert import ask, work_off
from tests.schema.test_strip_to_picture import (
    COMPLETE,
    RATE_HERTZ,
    announced,
    as_apple_csv,
    as_json,
    begin,
    heartbeat,
    put,
    uploaded,
)

ECG_STRIP = """query EcgStrip($id: ID!) { ecgStrip(id: $id) { id status recordedAt durationSeconds sampleRateHertz leads
  quality { usable score reasons } heartRate { mean minimum maximum unit }
  rhythm { label confidence explanation method version } variability { rmssd sdnn unit } imageUrl rawUrl
  samples(lead: "I", fromSeconds: 0, toSeconds: 10, maxPoints: 1500) { unit startSeconds intervalSeconds values }
  beats { seconds kinds } reviews { finding note reviewedAt clinician { displayName } }
  intervals { pr { milliseconds } qrs { milliseconds uncertainty } qt { milliseconds } qtc { milliseconds } }
  gaps { field reason } version } }"""
SAMPLES = """query Samples($id: ID!, $lead: String!, $from: Float!, $to: Float, $most: Int) { ecgStrip(id: $id) {
  samples(lead: $lead, fromSeconds: $from, toSeconds: $to, maxPoints: $most) { startSeconds intervalSeconds values } }
}"""


async def strip_of(runtime: Runtime, people: People, strip_id: str, role: Role = Role.CLINICIAN) -> dict[str, Any]:
    answer = await ask(runtime, people, role, ECG_STRIP, id=strip_id)
    assert answer.errors is None, answer.errors
    strip: dict[str, Any] = answer.data["ecgStrip"]
    return strip


def kardia(kind: str) -> bytes:
    """A hand-held strip that people judged to be N, A, O or ~."""
    folder = recording("ecg", "cinc2017")
    judged = (folder / "REFERENCE-v3.csv").read_text().splitlines()
    present = {path.stem: path for path in Path(folder).rglob("*.flac")}
    name = next(line.split(",")[0] for line in judged if line.endswith(kind) and line.split(",")[0] in present)
    return pack(wrap_flac(present[name], 1.0))


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
async def test_the_whole_query_on_a_strip_in_fibrillation(runtime: Runtime, people: People, role: Role) -> None:
    data = kardia("A")
    strip = await strip_of(runtime, people, await uploaded(runtime, people, data, "WFDB"), role)
    assert (strip["status"], strip["quality"]["usable"], strip["rhythm"]["label"]) == (
        "ANALYSED",
        True,
        "FIBRILLATION_SUSPECTED",
    )
    assert 0.5 < strip["rhythm"]["confidence"] <= 1
    assert strip["rhythm"]["explanation"].endswith("A hint for a clinician, no diagnosis.")
    assert strip["rhythm"]["version"]
    # Variability is that of the sinus node.
    assert strip["variability"] is None
    assert {"field": "variability", "reason": "It is told of a regular rhythm only."} in strip["gaps"]
    beats = strip["beats"]
    assert len(beats["seconds"]) == len(beats["kinds"]) > 10
    assert set(beats["kinds"]) <= {"NORMAL_LIKE", "WIDE_OR_EARLY"}
    decoded = decode_strip(data)
    microvolts = decoded.leads[next(iter(decoded.leads))]
    # The file does not name its only channel.
    assert strip["leads"] == list(decoded.leads) == ["Channel 1"]
    shown, ten_seconds = strip["samples"]["values"], microvolts[: 10 * 300]
    assert (len(shown), max(shown), min(shown)) == (1500, ten_seconds.max(), ten_seconds.min())
    assert strip["samples"]["intervalSeconds"] * len(shown) == pytest.approx(10)


async def test_a_regular_strip_has_variability_and_samples_as_they_were_sent(runtime: Runtime, people: People) -> None:
    data = as_json()
    strip_id = await uploaded(runtime, people, data, "JSON")
    strip = await strip_of(runtime, people, strip_id)
    assert strip["rhythm"]["label"] in {"NO_FIBRILLATION_FOUND", "INCONCLUSIVE"}
    assert strip["reviews"] == []
    assert strip["version"] == 2
    asked = await ask(runtime, people, Role.PATIENT, SAMPLES, **{"id": strip_id, "lead": "I", "from": 1.0, "to": 2.0})
    samples = asked.data["ecgStrip"]["samples"]
    assert samples["values"] == heartbeat()[RATE_HERTZ : 2 * RATE_HERTZ]
    assert (samples["startSeconds"], samples["intervalSeconds"]) == (1.0, pytest.approx(1 / RATE_HERTZ))
    beyond = await ask(runtime, people, Role.PATIENT, SAMPLES, **{"id": strip_id, "lead": "I", "from": 99.0})
    assert beyond.data["ecgStrip"]["samples"]["values"] == []
    other = await ask(runtime, people, Role.PATIENT, SAMPLES, **{"id": strip_id, "lead": "V9", "from": 0.0})
    assert (other.errors, other.data["ecgStrip"]["samples"]) == (None, None)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": -1.0}, "fromSeconds"),
        ({"from": 2.0, "to": 1.0}, "toSeconds"),
        ({"from": 0.0, "most": 9}, "maxPoints"),
        ({"from": 0.0, "most": 20_001}, "maxPoints"),
    ],
)
async def test_samples_that_cannot_be_asked_for(
    runtime: Runtime, people: People, asked: dict[str, Any], field: str
) -> None:
    strip_id = await uploaded(runtime, people, as_json(), "JSON")
    refused = await ask(runtime, people, Role.PATIENT, SAMPLES, id=strip_id, lead="I", **asked)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert refused.errors[0].message.startswith(field)


async def test_an_even_thinning_keeps_the_extremes(runtime: Runtime, people: People) -> None:
    strip_id = await uploaded(runtime, people, as_json(), "JSON")
    answer = await ask(
        runtime, people, Role.PATIENT, SAMPLES, **{"id": strip_id, "lead": "I", "from": 0.0, "most": 101}
    )
    samples = answer.data["ecgStrip"]["samples"]
    sent = heartbeat()
    assert len(samples["values"]) == 100
    assert (max(samples["values"]), min(samples["values"])) == (max(sent), min(sent))
    assert samples["intervalSeconds"] == pytest.approx(12 / 100)


async def test_the_signal_is_kept_without_loss_beside_the_upload(runtime: Runtime, people: People) -> None:
    strip_id = await uploaded(runtime, people, as_apple_csv(), "CSV")
    row = await runtime.pool.fetchrow("SELECT * FROM ecg_strip WHERE id = $1", UUID(strip_id))
    assert row is not None
    signal = await runtime.store.get(row["signal_key"], strips.MOST_BYTES)
    kept = await runtime.store.get(row["raw_key"], strips.MOST_BYTES)
    assert signal is not None
    assert kept is not None
    assert signal.startswith(b"fLaC")
    assert (row["signal_sha256"], row["raw_sha256"]) == (
        hashlib.sha256(signal).hexdigest(),
        hashlib.sha256(kept).hexdigest(),
    )
    length, counts = read_signal(signal, 0, 1, 0, 10**6)
    assert length == len(heartbeat())
    assert (counts * row["signal_step_microvolts"]).tolist() == heartbeat()
    assert (row["sample_rate_hertz"], row["sha256"]) == (300.0, hashlib.sha256(as_apple_csv()).hexdigest())


async def test_an_upload_with_a_name_is_deleted_once_its_recording_is_kept(runtime: Runtime, people: People) -> None:
    data = as_apple_csv()
    strip_id, url = await begin(runtime, people, Role.PATIENT, announced(runtime, data, "CSV"))
    await put(url, data)
    await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
    original = await runtime.pool.fetchval("SELECT raw_key FROM ecg_strip")
    assert await work_off(runtime) == 1
    row = await runtime.pool.fetchrow("SELECT raw_key, original_key FROM ecg_strip")
    assert row is not None
    assert row["original_key"] == original != row["raw_key"]
    assert await work_off(runtime) == 1
    assert await runtime.pool.fetchval("SELECT original_key FROM ecg_strip") is None
    assert await runtime.store.size(original) is None
    assert await runtime.store.size(strips.incoming_key(UUID(strip_id))) is None
    assert await runtime.store.size(row["raw_key"]) is not None


async def test_why_nothing_is_said_of_a_strip_that_is_not_there_yet_or_cannot_be_read(
    runtime: Runtime, people: People
) -> None:
    strip_id, _ = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    waiting = await strip_of(runtime, people, strip_id)
    assert [waiting[field] for field in ("quality", "heartRate", "rhythm", "samples", "beats", "imageUrl")] == [
        None
    ] * 6
    assert {gap["reason"] for gap in waiting["gaps"]} == {"The recording has not arrived yet."}
    broken = await strip_of(runtime, people, await uploaded(runtime, people, b"%PDF-1.7\n\x00 a letter", "CSV"))
    (reason,) = {gap["reason"] for gap in broken["gaps"]}
    assert reason.startswith("We do not know this kind of file.")


async def test_a_strip_that_was_read_before_all_this_says_so(runtime: Runtime, people: People) -> None:
    """A strip of an earlier version has a rate and a picture, and no more is made up."""
    strip_id, _ = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    await runtime.pool.execute(
        "UPDATE ecg_strip SET status = 'ANALYSED', sample_rate_hertz = 300, duration_seconds = 12, leads = '{I}',"
        " beat_seconds = '{0.4,1.2,2.0}', heart_rate_mean = 75, heart_rate_minimum = 75, heart_rate_maximum = 75"
    )
    strip = await strip_of(runtime, people, strip_id)
    assert (strip["heartRate"]["mean"], strip["beats"]) == (75.0, {"seconds": [0.4, 1.2, 2.0], "kinds": None})
    assert {gap["field"] for gap in strip["gaps"]} == {"quality", "rhythm", "variability", "intervals", "samples"}


async def test_a_flat_strip_is_unusable_and_no_rhythm_is_claimed(runtime: Runtime, people: People) -> None:
    data = orjson.dumps({"sampleRateHertz": 300, "unit": "uV", "leads": {"I": np.zeros(6000).tolist()}})
    strip = await strip_of(runtime, people, await uploaded(runtime, people, data, "JSON"))
    assert (strip["status"], strip["quality"]["usable"], strip["rhythm"]["label"]) == (
        "ANALYSED",
        False,
        "INCONCLUSIVE",
    )
    assert "FLAT_LINE" in strip["quality"]["reasons"]
    assert (strip["heartRate"], strip["variability"], strip["intervals"]) == (None, None, None)
    assert {"field": "intervals", "reason": "The quality is too poor."} in strip["gaps"]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 0


async def test_a_fresh_strip_in_fibrillation_stands_on_the_worklist_and_an_old_one_does_not(
    runtime: Runtime, people: People
) -> None:
    data = kardia("A")
    old = announced(runtime, data, "WFDB", recordedAt=(runtime.now() - timedelta(days=2)).isoformat())
    for announcement, alerts in ((old, 0), (announced(runtime, data, "WFDB"), 1)):
        strip_id, url = await begin(runtime, people, Role.DEVICE, announcement)
        await put(url, data)
        await ask(runtime, people, Role.DEVICE, COMPLETE, input={"stripId": strip_id})
        await work_off(runtime)
        assert await runtime.pool.fetchval("SELECT count(*) FROM alert WHERE rule = 'AF-SUSPECT'") == alerts
    worklist = await ask(
        runtime,
        people,
        Role.CLINICIAN,
        "{ worklist(first: 5) { edges { node { urgency openAlerts { title rule severity explanation } } } } }",
    )
    item = worklist.data["worklist"]["edges"][0]["node"]
    assert item["urgency"] in {"REVIEW", "URGENT"}
    (alert,) = [one for one in item["openAlerts"] if one["rule"] == "AF-SUSPECT v1"]
    assert alert["title"] == "An ECG strip looks like atrial fibrillation"
    assert re.search(r"confidence of 0\.\d\d|confidence of 1\.00", alert["explanation"])
