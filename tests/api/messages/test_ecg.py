"""Analysis as a service: who may ask, what is answered of which bytes, and that nothing of them is kept."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters import strip_reading
from api.json_body import Refused
from api.messages import ecg
from api.messages.openapi import DESCRIPTION
from dev.system import ROOT
from domain import strip_reviews, strip_signals
from domain.kinds import Role
from domain.strips import MOST_BYTES
from tests.adapters.test_strip_formats import GOOD
from tests.api.messages.sending import Door
from tests.api.messages.test_openapi import mismatches
from tests.schema.test_pressure_to_alert import ask
from tests.schema.test_strip_results import ECG_STRIP, kardia
from tests.schema.test_strip_to_picture import as_apple_csv, as_json, as_wfdb, uploaded

DESCRIBED = DESCRIPTION["paths"][ecg.PATH]["post"]["responses"]


async def post(door: Door, data: bytes, bearer: str | None, **headers: str) -> httpx.Response:
    sent = {"authorization": f"Bearer {bearer}"} if bearer else {}
    return await door.client.post(ecg.PATH, content=data, headers=sent | headers)


def as_described(answer: httpx.Response) -> Any:
    """The answer, which is as the page of routes tells."""
    schema = DESCRIBED[str(answer.status_code)]["content"]["application/json"]["schema"]
    assert list(mismatches(answer.json(), schema)) == []
    return answer.json()


@pytest.mark.parametrize("data", [as_json(), as_apple_csv(), as_wfdb()], ids=["json", "apple watch", "wfdb"])
async def test_any_format_is_analysed_and_nothing_of_it_is_kept(door: Door, data: bytes) -> None:
    before = await door.looked()
    answer = as_described(await post(door, data, door.token(Role.CLINICIAN)))
    assert (answer["durationSeconds"], answer["sampleRateHertz"], answer["heartRate"]["mean"]) == (12.0, 300.0, 75.0)
    assert answer["note"] == "A hint for a clinician, no diagnosis."
    after = await door.looked()
    (entry,) = [one for one in after.pop("audit_entry") if one not in before["audit_entry"]]
    assert "analyseEcg" in str(entry)
    before.pop("audit_entry")
    assert after == before


async def test_the_service_says_what_the_worker_says(door: Door) -> None:
    data = kardia("A")
    told = as_described(await post(door, data, door.token(Role.PATIENT)))
    strip_id = await uploaded(door.runtime, door.people, data, "WFDB")
    kept = (await ask(door.runtime, door.people, Role.PATIENT, ECG_STRIP, id=strip_id)).data["ecgStrip"]
    assert told["rhythm"]["label"] == kept["rhythm"]["label"] == "FIBRILLATION_SUSPECTED"
    assert told["beats"] == kept["beats"]
    assert told["heartRate"] == kept["heartRate"]
    assert told["quality"]["score"] == kept["quality"]["score"]


async def test_who_may_ask_and_who_may_not(door: Door) -> None:
    _, secret = await door.device_token()
    for bearer in (secret, door.token(Role.PATIENT), door.token(Role.CLINICIAN)):
        assert (await post(door, as_json(), bearer)).status_code == 200
    before = await door.looked()
    for role in (Role.COORDINATOR, Role.ADMIN):
        refused = await post(door, as_json(), door.token(role))
        assert (refused.status_code, as_described(refused)["error"]["code"]) == (403, "FORBIDDEN")
    for nobody in (None, "wrong", secret[:-1] + ("A" if secret[-1] != "A" else "B")):
        refused = await post(door, as_json(), nobody)
        assert (refused.status_code, as_described(refused)["error"]["code"]) == (401, "UNAUTHENTICATED")
    wrong_method = await door.client.get(ecg.PATH)
    assert wrong_method.status_code == 405
    assert await door.looked() == before


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "EMPTY"),
        (b"%PDF-1.7\n\x00", 422, "UNKNOWN_FORMAT"),
        (as_json()[:-40], 422, "DAMAGED"),
        (GOOD["wfdb 16"][:300], 422, "DAMAGED"),
        (bytes(MOST_BYTES + 1), 413, "BAD_USER_INPUT"),
    ],
    ids=["empty", "letter", "cut json", "cut archive", "too large"],
)
async def test_what_is_no_strip_is_refused_with_a_reason(door: Door, data: bytes, status: int, code: str) -> None:
    before = await door.looked()
    refused = await post(door, data, door.token(Role.PATIENT))
    assert refused.status_code == status
    error = as_described(refused)["error"]
    assert (error["code"], error["message"].endswith(".")) == (code, True)
    assert await door.looked() == before


async def test_a_packed_body_is_refused(door: Door) -> None:
    refused = await post(door, as_json(), door.token(Role.PATIENT), **{"content-encoding": "gzip"})
    assert (refused.status_code, as_described(refused)["error"]["code"]) == (415, "BAD_USER_INPUT")


async def test_what_takes_too_long_is_killed_and_told(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ecg, "DEADLINE_SECONDS", 0.0)
    refused = await post(door, as_json(), door.token(Role.PATIENT))
    assert (refused.status_code, as_described(refused)["error"]["code"]) == (422, "TOO_COSTLY")
    monkeypatch.undo()
    assert (await post(door, as_json(), door.token(Role.PATIENT))).status_code == 200


def _dies(marker: Path, times: int) -> tuple[str, str]:
    """Ends its process so many times, then answers."""
    died = len(marker.read_text()) if marker.exists() else 0
    if died < times:
        marker.write_text("x" * (died + 1))
        os._exit(1)
    return "EMPTY", "The file is empty."


@pytest.mark.parametrize(("times", "code"), [(1, "EMPTY"), (2, "TOO_COSTLY")])
async def test_a_process_that_died_is_no_error_of_ours_and_what_kills_two_is_refused(
    tmp_path: Path, times: int, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await ecg.analyse(_dies, tmp_path / "died", times)
    assert (refused.value.status, refused.value.code) == (422, code)


async def test_of_more_than_can_be_served_some_are_told_to_come_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecg, "MOST_WAITING", 1)
    answers = await asyncio.gather(*(post(door, as_json(), door.token(Role.PATIENT)) for _ in range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    late = next(answer for answer in answers if answer.status_code == 503)
    assert (as_described(late)["error"]["code"], late.headers["retry-after"]) == ("UNAVAILABLE", "2")


def test_the_page_of_limits_tells_those_of_strips() -> None:
    page = (ROOT / "docs" / "limits.md").read_text().partition("# Limits of strips")[2].partition("\n# ")[0]
    told = {
        name: int(figure.replace(",", "")) for name, figure in re.findall(r"^\| (.+?) \| ([\d,]+)", page, re.MULTILINE)
    }
    assert told == {
        "the bytes of a strip": ecg.ECG_LIMITS.body_bytes,
        "until the bytes of a strip are there": ecg.ECG_LIMITS.body_seconds,
        "until a strip is analysed": ecg.DEADLINE_SECONDS,
        "strips that wait to be analysed": ecg.MOST_WAITING,
        "what reading a strip may add to the memory of its process": strip_reading.MEMORY_BYTES,
        "points of `samples`": strip_signals.MOST_POINTS,
        "characters of a review's note": strip_reviews.LONGEST_NOTE,
    }
