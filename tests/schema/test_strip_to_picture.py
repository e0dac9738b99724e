"""The way of a strip: announced, uploaded, confirmed, read by a worker, seen as a picture."""

import hashlib
import io
import math
import zipfile
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from adapters.runtime import Runtime
from domain import strips
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import ask, work_off

BEGIN = """mutation BeginEcgUpload($input: BeginEcgUploadInput!) { beginEcgUpload(input: $input) {
  strip { id status } upload { url method headers { name value } maxBytes expiresAt } } }"""
COMPLETE = """mutation CompleteEcgUpload($input: CompleteEcgUploadInput!) { completeEcgUpload(input: $input) {
  strip { id status } } }"""
STRIP = """query EcgStrip($id: ID!) { ecgStrip(id: $id) { id status durationSeconds sampleRateHertz leads
  heartRate { mean minimum maximum unit } imageUrl imagePngUrl rawUrl unreadableReason } }"""

RATE_HERTZ = 300
BEATS_PER_MINUTE = 75


def heartbeat(seconds: float = 12) -> list[int]:
    """Narrow peaks of 1 mV, 75 a minute, in whole microvolts."""
    period = 60 / BEATS_PER_MINUTE
    return [
        round(1000 * math.exp(-((((index / RATE_HERTZ) % period) - period / 2) ** 2) / (2 * 0.012**2)))
        for index in range(round(seconds * RATE_HERTZ))
    ]


def as_json() -> bytes:
    return orjson.dumps({"sampleRateHertz": RATE_HERTZ, "unit": "uV", "leads": {"I": heartbeat()}})


def as_apple_csv() -> bytes:
    head = (
        "Name,Anybody\nDate of Birth,1 Jan 1950\nRecorded Date,2026-11-20 08:00:00 +0100\n"
        "Classification,Sinus Rhythm\n"
        f'Symptoms,\nSoftware Version,2.0\nDevice,"Watch6,1"\nSample Rate,{RATE_HERTZ} hertz\n\n\n'
        "Lead,Lead I\nUnit,µV\n\n"
    )
    return (head + "\n".join(str(sample) for sample in heartbeat()) + "\n").encode()


def as_wfdb() -> bytes:
    samples = heartbeat()
    checksum = int.from_bytes((sum(samples) % 2**16).to_bytes(2), signed=True)
    header = f"strip 1 {RATE_HERTZ} {len(samples)}\nstrip.dat 16 1000(0)/mV 16 0 {samples[0]} {checksum} 0 I\n"
    data = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("strip.hea", header)
        archive.writestr("strip.dat", data)
    return packed.getvalue()


def announced(runtime: Runtime, data: bytes, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "recordedAt": runtime.now().isoformat(),
        "format": kind,
        "sizeBytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    } | more


async def begin(runtime: Runtime, people: People, role: Role, announcement: dict[str, Any]) -> tuple[str, str]:
    """The strip's id and the address for its bytes."""
    owner = {"patientId": str(people.patient_id)}
    begun = await ask(runtime, people, role, BEGIN, input=owner | announcement)
    assert begun.errors is None, begun.errors
    payload = begun.data["beginEcgUpload"]
    assert (payload["strip"]["status"], payload["upload"]["method"]) == ("UPLOADING", "PUT")
    return payload["strip"]["id"], payload["upload"]["url"]


async def put(url: str, data: bytes) -> None:
    async with httpx.AsyncClient() as phone:
        assert (await phone.put(url, content=data)).status_code == 200


async def seen(runtime: Runtime, people: People, strip_id: str, role: Role = Role.CLINICIAN) -> dict[str, Any]:
    found = await ask(runtime, people, role, STRIP, id=strip_id)
    assert found.errors is None, found.errors
    strip: dict[str, Any] = found.data["ecgStrip"]
    return strip


async def uploaded(runtime: Runtime, people: People, data: bytes, kind: str) -> str:
    """A strip that is confirmed and analysed."""
    strip_id, url = await begin(runtime, people, Role.DEVICE, announced(runtime, data, kind))
    await put(url, data)
    done = await ask(runtime, people, Role.DEVICE, COMPLETE, input={"stripId": strip_id})
    assert done.errors is None, done.errors
    assert done.data["completeEcgUpload"]["strip"]["status"] == "RECEIVED"
    assert await work_off(runtime) == 1
    return strip_id


@pytest.mark.parametrize(
    ("kind", "data", "lead"),
    [("JSON", as_json(), "I"), ("CSV", as_apple_csv(), "I"), ("WFDB", as_wfdb(), "I")],
    ids=["json", "apple watch", "wfdb"],
)
async def test_a_strip_becomes_a_rate_and_a_picture(
    runtime: Runtime, people: People, kind: str, data: bytes, lead: str
) -> None:
    strip = await seen(runtime, people, await uploaded(runtime, people, data, kind))
    assert (strip["status"], strip["durationSeconds"], strip["sampleRateHertz"], strip["leads"]) == (
        "ANALYSED",
        12.0,
        300.0,
        [lead],
    )
    assert strip["heartRate"]["unit"] == "/min"
    assert [round(strip["heartRate"][name]) for name in ("minimum", "mean", "maximum")] == [75, 75, 75]
    async with httpx.AsyncClient() as clinic:
        drawn, painted, raw = [await clinic.get(strip[name]) for name in ("imageUrl", "imagePngUrl", "rawUrl")]
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.lstrip().startswith(("<svg", "<?xml"))
    assert "25 mm/s" in drawn.text
    assert "Anybody" not in drawn.text
    assert painted.content.startswith(b"\x89PNG")
    # Of the upload all stays that is no personal line.
    assert b"Anybody" not in raw.content
    assert b"1950" not in raw.content
    if kind == "JSON":
        assert raw.content == data


async def test_a_link_without_its_signature_or_of_another_strip_opens_nothing(runtime: Runtime, people: People) -> None:
    strip = await seen(runtime, people, await uploaded(runtime, people, as_json(), "JSON"))
    bare, _, signature = strip["rawUrl"].partition("?")
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(bare)).status_code == 403
        assert (await stranger.get(bare.replace(".raw", ".svg") + "?" + signature)).status_code == 403


async def test_an_unreadable_strip_says_why_and_keeps_its_bytes(runtime: Runtime, people: People) -> None:
    data = b"%PDF-1.7\n\x00 a letter, not a strip"
    strip = await seen(runtime, people, await uploaded(runtime, people, data, "CSV"))
    assert strip["status"] == "UNREADABLE"
    assert strip["unreadableReason"].startswith("We do not know this kind of file.")
    assert (strip["imageUrl"], strip["heartRate"]) == (None, None)
    async with httpx.AsyncClient() as clinic:
        assert (await clinic.get(strip["rawUrl"])).content == data


async def test_other_bytes_than_announced_are_refused_and_the_right_ones_may_follow(
    runtime: Runtime, people: People
) -> None:
    data = as_json()
    strip_id, url = await begin(runtime, people, Role.PATIENT, announced(runtime, data, "JSON"))
    for wrong, sentence in ((None, "Nothing has been uploaded"), (data[:-1], "size"), (data[:-1] + b" ", "SHA-256")):
        if wrong is not None:
            await put(url, wrong)
        refused = await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
        assert refused.data is None
        assert sentence in refused.errors[0].message
        assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
        assert (await seen(runtime, people, strip_id))["status"] == "UPLOADING"
    assert await runtime.pool.fetchval("SELECT count(*) FROM outbox_item") == 0
    await put(url, data)
    done = await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
    assert done.data["completeEcgUpload"]["strip"]["status"] == "RECEIVED"


async def test_bytes_that_change_after_the_confirmation_change_nothing(runtime: Runtime, people: People) -> None:
    data = as_json()
    strip_id, url = await begin(runtime, people, Role.PATIENT, announced(runtime, data, "JSON"))
    await put(url, data)
    await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
    await put(url, b"something else")
    again = await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
    assert again.errors is None
    assert await work_off(runtime) == 1
    assert (await seen(runtime, people, strip_id))["status"] == "ANALYSED"


async def test_the_same_strip_announced_twice_is_one_strip(runtime: Runtime, people: People) -> None:
    announcement = announced(runtime, as_json(), "JSON", clientId="6d1b6c1e-8a4e-4d55-9d7a-0d4f3f3a1c11")
    first, _ = await begin(runtime, people, Role.PATIENT, announcement)
    second, _ = await begin(runtime, people, Role.PATIENT, announcement)
    assert first == second
    other = await ask(
        runtime,
        people,
        Role.PATIENT,
        BEGIN,
        input={"patientId": str(people.patient_id)} | announcement | {"sizeBytes": 9},
    )
    assert other.errors[0].extensions["code"] == "CONFLICT"
    assert await runtime.pool.fetchval("SELECT count(*) FROM ecg_strip") == 1


async def test_nobody_else_reads_or_confirms_a_strip(runtime: Runtime, people: People) -> None:
    strip_id, _ = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    for role in (Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
        hidden = await ask(runtime, people, role, STRIP, id=strip_id)
        assert (hidden.data, hidden.errors[0].extensions["code"]) == (None, "FORBIDDEN")
    await runtime.pool.execute("UPDATE ecg_strip SET patient_id = $1", people.foreign_id)
    for role, query in ((Role.CLINICIAN, STRIP), (Role.PATIENT, STRIP)):
        missing = await ask(runtime, people, role, query, id=strip_id)
        assert missing.errors[0].extensions["code"] == "NOT_FOUND"
    for role in (Role.CLINICIAN, Role.PATIENT, Role.DEVICE):
        refused = await ask(runtime, people, role, COMPLETE, input={"stripId": strip_id})
        assert refused.errors[0].extensions["code"] == "NOT_FOUND"
    assert await runtime.pool.fetchval("SELECT status FROM ecg_strip WHERE id = $1", UUID(strip_id)) == "UPLOADING"


async def test_a_strip_that_was_read_leaves_an_audit_entry(runtime: Runtime, people: People) -> None:
    strip_id, _ = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    await seen(runtime, people, strip_id)
    row = await runtime.pool.fetchrow("SELECT * FROM audit_entry WHERE action = 'ecgStrip'")
    assert row is not None
    assert (row["role"], row["patient_id"], row["subject_id"], row["actor_id"]) == (
        "CLINICIAN",
        people.patient_id,
        UUID(strip_id),
        people.actors[Role.CLINICIAN].account_id,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recordedAt": "2026-11-20T08:00:00"}, "recordedAt"),
        ({"recordedAt": "0001-01-01T00:00:00+14:00"}, "recordedAt"),
        ({"recordedAt": "9999-12-31T23:59:59-14:00"}, "recordedAt"),
        ({"device": "x" * 101}, "device"),
        ({"symptoms": ["x"] * 21}, "symptoms"),
        ({"symptoms": ["x" * 61]}, "symptoms"),
        ({"sizeBytes": 0}, "sizeBytes"),
        ({"sizeBytes": 2**31 - 1}, "sizeBytes"),
        ({"sha256": "x" * 64}, "sha256"),
    ],
)
async def test_an_announcement_that_cannot_be_is_refused_and_leaves_nothing(
    runtime: Runtime, people: People, change: dict[str, Any], field: str
) -> None:
    announcement = announced(runtime, as_json(), "JSON") | change
    refused = await ask(runtime, people, Role.PATIENT, BEGIN, input=announcement)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert refused.errors[0].message.startswith(f"{field}: ")
    assert await runtime.pool.fetchval("SELECT count(*) FROM ecg_strip") == 0


async def test_the_strips_of_a_patient_are_listed_the_newest_first_page_by_page(
    runtime: Runtime, people: People
) -> None:
    recorded = [runtime.now() - timedelta(days=days) for days in (3, 1, 2)]
    for at in recorded:
        await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON", recordedAt=at.isoformat()))
    query = """query EcgStrips($patientId: ID!, $first: Int!, $after: String) { patient(id: $patientId) {
      ecgStrips(first: $first, after: $after) { edges { node { id recordedAt status } }
        pageInfo { hasNextPage endCursor } } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = await ask(runtime, people, Role.CLINICIAN, query, patientId=str(people.patient_id), first=2, after=after)
        strips = page.data["patient"]["ecgStrips"]
        seen += [edge["node"]["recordedAt"] for edge in strips["edges"]]
        if not strips["pageInfo"]["hasNextPage"]:
            break
        after = strips["pageInfo"]["endCursor"]
    assert [datetime.fromisoformat(text) for text in seen] == sorted(recorded, reverse=True)
    for role in (Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
        hidden = await ask(runtime, people, role, query, patientId=str(people.patient_id), first=2)
        assert (hidden.data, hidden.errors[0].extensions["code"]) == (None, "FORBIDDEN")
    actions = await runtime.pool.fetch("SELECT actor_id FROM audit_entry WHERE action = 'ecgStrips'")
    assert {row["actor_id"] for row in actions} == {people.actors[Role.CLINICIAN].account_id}


async def test_an_upload_far_larger_than_announced_is_refused_before_it_is_copied(
    runtime: Runtime, people: People
) -> None:
    strip_id, url = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    await put(url, bytes(strips.MOST_BYTES + 1))
    refused = await ask(runtime, people, Role.PATIENT, COMPLETE, input={"stripId": strip_id})
    assert "size" in refused.errors[0].message
    later = runtime.now() + timedelta(minutes=1)
    kept = await runtime.store.written_before("strips/", later, 10_000)
    assert not [key for key in kept if strip_id in key]


async def test_uploads_that_nobody_needs_any_more_are_swept_and_no_strip_with_them(
    runtime: Runtime, people: People
) -> None:
    strip_id = await uploaded(runtime, people, as_json(), "JSON")
    pending, url = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json() + b" ", "JSON"))
    await put(url, as_json() + b" ")
    incoming = [strips.incoming_key(UUID(one)) for one in (strip_id, pending)]
    await strips.sweep_incoming(runtime.store, runtime.now())
    assert [await runtime.store.size(key) is None for key in incoming] == [False, False]
    assert await strips.sweep_incoming(runtime.store, runtime.now() + strips.INCOMING_KEPT + timedelta(minutes=1)) >= 2
    assert [await runtime.store.size(key) is None for key in incoming] == [True, True]
    strip = await seen(runtime, people, strip_id)
    async with httpx.AsyncClient() as clinic:
        assert (await clinic.get(strip["rawUrl"])).content == as_json()
