"""Who does not take their medicines as planned is noted for the worklist, and forgotten once they do."""

from datetime import datetime, timedelta

import pytest

from adapters.runtime import Runtime
from domain import worklist
from tests.people import People
from tests.schema.test_adherence import TODAY, booked
from tests.schema.therapy import MORNING, Centre
from workers.schedule import note_medication_lapses


@pytest.fixture
async def centre(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> Centre:
    made = Centre(runtime, people, monkeypatch)
    await made.settled()
    return made


async def test_a_lapse_is_noted_since_when_it_was_found_and_forgotten_once_it_is_over(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Patient by patient, so that the job has to go on from one to the next.
    monkeypatch.setattr(worklist, "PATIENTS_AT_ONCE", 1)
    made = await centre.prescribed(await centre.plan(), timesOfDay=["08:00"])
    await booked(centre, made, TODAY, "T" * 11 + "..." + "T" * 14, ["08:00"])

    async def noted(days: int) -> list[tuple[datetime, int, int]]:
        centre.set_clock(MORNING.replace(hour=12) + timedelta(days=days))
        await note_medication_lapses(centre.runtime)
        rows = await centre.runtime.pool.fetch("SELECT * FROM medication_lapse")
        assert {row["patient_id"] for row in rows} <= {centre.people.patient_id}
        return [(row["found_at"], row["days"], row["covered"]) for row in rows]

    assert await noted(13) == []
    found_at = MORNING.replace(hour=12) + timedelta(days=14)
    assert await noted(14) == [(found_at, 14, 11)]
    # The same lapse a day later is no new one.
    assert await noted(15) == [(found_at, 14, 11)]
    assert await noted(28) == []
