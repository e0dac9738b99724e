"""The explorer in a real browser, on a real system: what a clinician sees on the first day."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from dev import explorer as page
from dev.browser import Explorer, chromium, find_chromium
from dev.demo_system import demo_system
from dev.personas import persona
from dev.system import System
from tests.schema.test_pressure_to_alert import RECORD, pressure

CHROMIUM = find_chromium()
RECORD_EVERY_SECONDS = 2.0

OPEN_AND_PLAY = """operation => {
  document.querySelector(`.graphiql-tab-button[title="${operation}"]`).click();
  document.querySelector(".graphiql-execute-button").click();
}"""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Services, web and worker with the demo clinic; the page is built first where it is missing or old."""
    log = tmp_path / "explorer.log"
    assert page.is_built() or page.build(log), log.read_text()
    with demo_system(tmp_path / "system") as started:
        yield started


def record_a_crisis(system: System) -> None:
    """Two very high pressures of a minute ago and now, sent as the patient's phone does it."""
    now = datetime.now(UTC)
    readings = [pressure(now - timedelta(seconds=seconds), 191, 117, clientId=str(uuid4())) for seconds in (75, 5)]
    answer = httpx.post(
        f"{system.url}/graphql",
        json={"query": RECORD, "variables": {"input": {"readings": readings}}},
        headers={"authorization": f"Bearer {system.issuer.mint(persona('patient'))}"},
    ).json()
    assert len(answer["data"]["recordVitals"]["accepted"]) == len(readings), answer


def until_the_feed_shows(explorer: Explorer, system: System, *words: str) -> None:
    """Record now and then: nothing tells when exactly a feed begins to listen, and it tells of other alerts, too."""
    next_record = time.monotonic()

    def look() -> bool:
        nonlocal next_record
        if time.monotonic() >= next_record:
            record_a_crisis(system)
            next_record = time.monotonic() + RECORD_EVERY_SECONDS
        shown = explorer.answer()
        return all(one in shown for one in words)

    explorer.until(look)


@pytest.mark.journey
@pytest.mark.skipif(
    CHROMIUM is None,
    reason="There is no Chromium here: install it (on Debian: apt-get install chromium) or name it in CUORE_CHROMIUM.",
)
def test_a_clinicians_first_day(system: System) -> None:
    assert CHROMIUM is not None
    with chromium(CHROMIUM) as explorer:
        explorer.open(f"{system.url}/")
        assert "who you are" in explorer.below()
        assert '"first": 20' in explorer.variables()

        explorer.sign_in("Clinician")
        explorer.play_until(lambda: '"urgency": "URGENT"' in explorer.answer())
        assert '"displayName": "Ada Prova"' in explorer.answer()

        # Another role sees the same list without values, at once; and the clinician sees them again.
        explorer.sign_in("Coordinator")
        explorer.until(lambda: "The patient's clinicians see" in explorer.answer())
        explorer.sign_in("Patient")
        explorer.until(lambda: "FORBIDDEN" in explorer.answer())
        explorer.sign_in("Clinician")
        explorer.until(lambda: "mm[Hg]" in explorer.answer())

        # Played in the very moment in which its tab opens, an operation is still the one that is sent.
        explorer.page.evaluate(OPEN_AND_PLAY, "Patients")
        explorer.until(lambda: '"birthDate"' in explorer.answer())

        explorer.choose("EcgStrips")
        assert explorer.pictures() == []
        explorer.play_until(lambda: explorer.pictures() != [])
        ((width, height),) = explorer.pictures()
        # 280 mm of paper at 96 pixels an inch.
        assert (width, height) == (1058, 393)

        explorer.choose("AlertFeed")
        assert explorer.pictures() == []
        explorer.play()
        explorer.until(lambda: explorer.below() == "Live. Nothing has happened yet.")
        until_the_feed_shows(explorer, system, '"change": "REPEATED"', "191/117 mm[Hg]")
        assert explorer.below() == "Live. This is the latest change."
        (feed,) = explorer.sockets
        assert not feed.is_closed()

        # Somebody else sits down: nothing of what was shown stays, and the feed has ended.
        explorer.sign_in("Patient")
        explorer.until(lambda: explorer.answer() == "")
        explorer.until(lambda: "Press play" in explorer.below())
        explorer.until(feed.is_closed)

        # GraphiQL remembers its tabs when nothing has changed for half a second.
        explorer.until(lambda: '"after": null' in explorer.remembered())
        explorer.page.reload()
        explorer.until(lambda: explorer.who() == "Signed in as Patient")
        explorer.until(lambda: '"after": null' in explorer.variables())
        assert explorer.hosts == {"127.0.0.1"}
        assert explorer.complaints == []
