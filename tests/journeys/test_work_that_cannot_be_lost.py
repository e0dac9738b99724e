"""Whatever is killed, emptied, stopped or restarted: the work is done within seconds of recovery, once in effect."""

import asyncio
import os
import signal
import time

import pytest

from dev.services import port_answers
from tests.dev.processes import PATIENCE_SECONDS, children_of
from tests.journeys.centre import RECORD, RECOVERY_SECONDS, STRIP, WORKLIST, Centre, People, crisis, strip, wait_for

pytestmark = pytest.mark.journey

# No outage may keep a phone waiting that only wants to leave its readings.
PROMPT_SECONDS = 1.0
# What any operation may take before it is refused.
OPERATION_SECONDS = 5.0
# After so long whoever asked a worker to end kills it.
INSISTENCE_SECONDS = 10.0
# A strip that keeps a worker busy for a second.
LONG_SECONDS = 300.0


async def assert_once(centre: Centre, people: People, *strips: str, alerts: int = 1) -> None:
    """Each strip was analysed once, and the crisis rang once: in the database and for those who look."""
    for strip_id in strips:
        assert await centre.events(people, of=strip_id) == ["STRIP_RECEIVED", "STRIP_ANALYSED"]
        seen = (await centre.ask(people["clinician"], STRIP, id=strip_id)).data["ecgStrip"]
        assert (seen["status"], round(seen["heartRate"]["mean"])) == ("ANALYSED", 75)
    settled = await centre.rows(
        "SELECT count(*) FROM audit_entry WHERE patient_id = $1 AND action = 'analyseEcgStrip'", people.patient_id
    )
    assert settled == [{"count": len(strips)}]
    rung = [kind for kind in await centre.events(people) if kind.startswith("ALERT")]
    assert rung == ["ALERT_RAISED"] * alerts
    assert [alert["occurrences"] for alert in await centre.alerts(people)] == [1] * alerts
    edges = (await centre.ask(people["clinician"], WORKLIST, first=10)).data["worklist"]["edges"]
    assert [len(edge["node"]["openAlerts"]) for edge in edges] == [alerts]
    items = await centre.items(people.patient_id, *strips)
    assert [(item["dead_at"], item["leased_until"]) for item in items] == [(None, None)] * len(items)
    assert len(items) == len(strips) + alerts


async def test_a_worker_killed_in_the_middle_of_an_analysis_leaves_it_to_the_next_one(
    centre: Centre, people: People
) -> None:
    with centre.frozen("worker"):
        strips = [await centre.upload(people["patient"], strip(seconds)) for seconds in (LONG_SECONDS, 12)]
        await centre.record(people["patient"])
    await wait_for(lambda: centre.is_analysing(*strips))
    centre.kill("worker")
    cut_off = [item["id"] for item in await centre.items(*strips) if item["leased_until"]]
    assert cut_off

    centre.start("worker")
    await centre.wait_until_done(people.patient_id, *strips)
    await assert_once(centre, people, *strips)
    attempts = {item["id"]: item["attempts"] for item in await centre.items(*strips)}
    assert {attempts[item_id] for item_id in cut_off} == {2}


async def test_a_flushed_queue_loses_no_work(centre: Centre, people: People) -> None:
    with centre.frozen("worker"):
        strips = [await centre.upload(people["patient"], strip()) for _ in range(2)]
        await centre.record(people["patient"])
        await centre.flush_queue()
    await centre.wait_until_done(people.patient_id, *strips)
    await assert_once(centre, people, *strips)


async def test_a_killed_queue_keeps_no_phone_waiting_and_loses_no_work(centre: Centre, people: People) -> None:
    with centre.frozen("worker"):
        strips = [await centre.upload(people["patient"], strip())]
        centre.kill("valkey")
    recorded = [await centre.record(people["patient"], pressure) for pressure in ((184.0, 112.0), (120.0, 80.0))]
    strips.append(await centre.upload(people["patient"], strip()))
    recorded.append(await centre.record(people["patient"]))
    assert [len(answer.data["recordVitals"]["accepted"]) for answer in recorded] == [1, 1, 2]
    assert max(answer.seconds for answer in recorded) < PROMPT_SECONDS

    centre.start("valkey")
    await centre.wait_until_done(people.patient_id, *strips)
    await assert_once(centre, people, *strips)


async def test_a_queue_that_hangs_keeps_no_phone_waiting_and_loses_no_work(centre: Centre, people: People) -> None:
    with centre.frozen("valkey"):
        recorded = [await centre.record(people["patient"]) for _ in range(3)]
    assert max(answer.seconds for answer in recorded) < PROMPT_SECONDS, [answer.seconds for answer in recorded]
    await centre.wait_until_done(people.patient_id)
    await assert_once(centre, people)


async def test_a_killed_store_refuses_what_needs_it_alone_and_loses_no_work(centre: Centre, people: People) -> None:
    waiting, upload = await centre.begin(people["patient"], strip(15))
    await centre.put(upload, strip(15))
    with centre.frozen("worker"):
        confirmed = await centre.upload(people["patient"], strip())
        centre.kill("store")

    refused = await centre.complete(people["patient"], waiting)
    assert refused.code == "UNAVAILABLE"
    assert refused.refusal["message"] == "The object store is away for a moment; please try again."
    assert refused.seconds < PROMPT_SECONDS
    seen = (await centre.ask(people["patient"], STRIP, id=waiting)).data["ecgStrip"]
    assert (seen["status"], seen["rawUrl"]) == ("UPLOADING", None)
    assert await centre.items(waiting) == []
    assert await centre.events(people, of=waiting) == []

    await centre.record(people["patient"])
    await centre.wait_until_done(people.patient_id, seconds=5)
    assert not await centre.done(confirmed)

    centre.start("store")
    await centre.wait_until_done(confirmed)
    assert (await centre.complete(people["patient"], waiting)).data["completeEcgUpload"]["strip"]["id"] == waiting
    await centre.wait_until_done(waiting)
    await assert_once(centre, people, confirmed, waiting)


async def test_a_store_that_hangs_is_told_in_time_and_holds_nobody_else_up(centre: Centre, people: People) -> None:
    waiting, upload = await centre.begin(people["patient"], strip())
    await centre.put(upload, strip())
    with centre.frozen("store"):
        confirming = [asyncio.create_task(centre.complete(people["patient"], waiting)) for _ in range(20)]
        recorded = await centre.record(people["patient"])
        await centre.wait_until_done(people.patient_id)
        refused = await asyncio.gather(*confirming)
    assert len(recorded.data["recordVitals"]["accepted"]) == 2
    assert recorded.seconds < PROMPT_SECONDS
    assert {answer.code for answer in refused} == {"UNAVAILABLE"}
    assert max(answer.seconds for answer in refused) < OPERATION_SECONDS + PROMPT_SECONDS
    seen = (await centre.ask(people["patient"], STRIP, id=waiting)).data["ecgStrip"]
    assert seen["status"] == "UPLOADING"
    assert await centre.items(waiting) == []

    await centre.complete(people["patient"], waiting)
    await centre.wait_until_done(waiting)
    await assert_once(centre, people, waiting)


async def test_a_database_killed_under_web_and_worker_needs_no_hand_to_go_on(centre: Centre, people: People) -> None:
    before = [centre.pid(name) for name in ("web", "worker")]
    with centre.frozen("worker"):
        waiting = await centre.upload(people["patient"], strip())
        centre.kill("postgres")
    assert not centre.system.is_ready()
    refused = await centre.record(people["patient"])
    assert (refused.status, refused.code) == (503, "UNAVAILABLE")
    assert refused.refusal["message"] == "The database is away for a moment; please try again."

    centre.start("postgres")
    again = time.monotonic()
    await wait_for(lambda: asyncio.to_thread(centre.system.is_ready), RECOVERY_SECONDS)
    await centre.record(people["patient"])
    await centre.wait_until_done(people.patient_id, waiting, seconds=RECOVERY_SECONDS - (time.monotonic() - again))
    await assert_once(centre, people, waiting)
    assert [centre.pid(name) for name in ("web", "worker")] == before


async def test_web_and_worker_started_before_their_database_wait_for_it(centre: Centre, people: People) -> None:
    for name in ("web", "worker", "postgres"):
        centre.kill(name)
    for name in ("web", "worker"):
        centre.child(name).start()
    await wait_for(lambda: asyncio.to_thread(port_answers, centre.system.port))
    assert not centre.system.is_ready()

    centre.start("postgres")
    await wait_for(lambda: asyncio.to_thread(centre.system.is_ready), RECOVERY_SECONDS)
    await centre.record(people["patient"])
    await centre.wait_until_done(people.patient_id)
    await assert_once(centre, people)


async def test_a_worker_asked_to_end_finishes_or_gives_back_what_it_holds(centre: Centre, people: People) -> None:
    with centre.frozen("worker"):
        strips = [await centre.upload(people["patient"], strip(LONG_SECONDS)) for _ in range(3)]
        await centre.record(people["patient"])
    worker = centre.child("worker").process
    assert worker is not None
    await wait_for(lambda: centre.is_analysing(*strips))

    async def has_begun() -> bool:
        return children_of(worker.pid) != []

    # One analysis hangs, so that its end cannot be waited for.
    await wait_for(has_begun)
    os.kill(children_of(worker.pid)[0], signal.SIGSTOP)

    began = time.monotonic()
    worker.terminate()
    assert await asyncio.to_thread(worker.wait, PATIENCE_SECONDS) == 0
    assert time.monotonic() - began < INSISTENCE_SECONDS
    items = await centre.items(people.patient_id, *strips)
    assert {item["leased_until"] for item in items} == {None}
    assert "CancelledError" in {item["last_error"] for item in items if not item["done_at"]}

    centre.start("worker")
    await centre.wait_until_done(people.patient_id, *strips)
    await assert_once(centre, people, *strips)


async def test_a_web_process_killed_right_after_a_change_keeps_it_and_the_phone_may_ask_again(
    centre: Centre, people: People
) -> None:
    readings = crisis()

    async def kept() -> bool:
        return await centre.rows("SELECT id FROM reading WHERE patient_id = $1", people.patient_id) != []

    sending = asyncio.create_task(centre.ask(people["patient"], RECORD, input={"readings": readings}))
    await wait_for(kept)
    centre.kill("web")
    await asyncio.gather(sending, return_exceptions=True)

    centre.start("web")
    again = (await centre.ask(people["patient"], RECORD, input={"readings": readings})).data["recordVitals"]
    assert again == {"accepted": [], "duplicates": [one["clientId"] for one in readings], "rejected": []}
    stored = await centre.rows(
        "SELECT client_id FROM reading WHERE patient_id = $1 ORDER BY measured_at", people.patient_id
    )
    assert [str(row["client_id"]) for row in stored] == [one["clientId"] for one in readings]
    await centre.wait_until_done(people.patient_id)
    await assert_once(centre, people)


async def test_a_web_process_starts_without_its_store_and_takes_strips_once_it_is_back(
    centre: Centre, people: People
) -> None:
    for name in ("store", "web"):
        centre.kill(name)
    centre.start("web")
    assert len((await centre.record(people["patient"])).data["recordVitals"]["accepted"]) == 2
    await centre.wait_until_done(people.patient_id)
    centre.start("store")
    sent = await centre.upload(people["patient"], strip())
    await centre.wait_until_done(sent)
    await assert_once(centre, people, sent)
