"""How regularly medicines are taken: each figure counted by hand beside what PostgreSQL counts."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from domain import adherence, lapse_alerts, worklist
from domain.kinds import Role, VitalKind
from domain.rules.adherence import ADHERENCE, sentence
from domain.vitals import record
from tests.asking import ask
from tests.people import People
from tests.schema.test_people import code
from tests.schema.test_tasks import reading
from tests.schema.test_therapy import started
from tests.schema.therapy import ADHERENCE as QUERY
from tests.schema.therapy import MORNING, STOP, Centre

TODAY = MORNING.date()
PRESSURES = """query ($id: ID!, $from: Date!, $to: Date!) { patient(id: $id) {
  pressureByAdherence(from: $from, to: $to) { allTaken days systolic diastolic } } }"""
PAGE = Path(__file__).parents[2] / "docs" / "adherence.md"


@pytest.fixture
async def centre(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> Centre:
    made = Centre(runtime, people, monkeypatch)
    await made.settled()
    return made


async def counted(centre: Centre, since: date, until: date) -> dict[str, Any]:
    found = await centre.ask(
        centre.zoe, QUERY, id=str(centre.people.patient_id), **{"from": since.isoformat(), "to": until.isoformat()}
    )
    told: dict[str, Any] = found["adherence"]
    return told


async def booked(centre: Centre, activity: dict[str, Any], first: date, outcomes: str, times: list[str]) -> None:
    """One letter for each dose: T taken, S skipped, . nothing; day by day and time by time."""
    letters = {"T": "TAKEN", "S": "SKIPPED"}
    for number, letter in enumerate(outcomes):
        if letter in letters:
            day, at = first + timedelta(days=number // len(times)), time.fromisoformat(times[number % len(times)])
            await centre.runtime.pool.execute(
                "INSERT INTO task_outcome VALUES ($1, $2, $3, $4, $5, $6, $6)",
                centre.people.patient_id,
                day,
                UUID(activity["id"]),
                at,
                letters[letter],
                datetime.combine(day, at, MORNING.tzinfo),
            )


async def test_from_a_programme_to_the_figure(centre: Centre) -> None:
    """A clinician starts a programme and prescribes, the patient takes, skips and forgets, the figure tells."""
    plan = await started(centre)
    await centre.prescribed(plan)
    assert await counted(centre, TODAY, TODAY) == {
        "proportionOfDaysCovered": None,
        "days": 0,
        "scheduled": 0,
        "taken": 0,
        "skipped": 0,
        "missed": 0,
        "byMedication": [],
        "byWeek": [],
    }
    for day, outcomes in enumerate((("TAKEN", "TAKEN"), ("TAKEN", None), ("SKIPPED", "TAKEN"))):
        for hour, outcome in zip((8, 20), outcomes, strict=True):
            centre.set_clock(MORNING.replace(hour=hour) + timedelta(days=day))
            if outcome is not None:
                doses = [one for one in await centre.tasks() if one["kind"] == "MEDICATION"]
                await centre.complete(doses[hour == 20], outcome)
    # The fourth morning: its dose is not over, so it does not count; lessons and walks are no medicines.
    centre.set_clock(MORNING + timedelta(days=3))
    sums = {"proportionOfDaysCovered": 1 / 3, "days": 3, "scheduled": 6, "taken": 4, "skipped": 1, "missed": 1}
    assert await counted(centre, TODAY, TODAY + timedelta(days=3)) == {
        **sums,
        "byMedication": [{"medication": "Ramipril", **sums}],
        "byWeek": [{"week": "2026-11-09", "proportionOfDaysCovered": 1 / 3, "scheduled": 6, "taken": 4}],
    }
    # Nobody loses by booking early: a dose that is taken counts at once.
    doses = [one for one in await centre.tasks() if one["kind"] == "MEDICATION"]
    await centre.complete(doses[0], "TAKEN")
    assert (await counted(centre, TODAY, TODAY + timedelta(days=3)))["scheduled"] == 7


async def test_of_several_medicines_a_day_counts_only_with_all_of_them(centre: Centre) -> None:
    plan = await centre.plan()
    ramipril = await centre.prescribed(plan)
    bisoprolol = await centre.prescribed(plan, medication="Bisoprolol", atcCode="C07AB07", timesOfDay=["08:00"])
    await booked(centre, ramipril, TODAY, "TTTTT.TTTTTTTT", ["08:00", "20:00"])
    await booked(centre, bisoprolol, TODAY, "T.TTTST", ["08:00"])
    centre.set_clock(MORNING + timedelta(days=7))
    told = await counted(centre, TODAY, TODAY + timedelta(days=6))
    assert (told["proportionOfDaysCovered"], told["days"], told["scheduled"], told["taken"]) == (4 / 7, 7, 21, 18)
    assert [(one["medication"], one["proportionOfDaysCovered"], one["taken"]) for one in told["byMedication"]] == [
        ("Bisoprolol", 5 / 7, 5),
        ("Ramipril", 6 / 7, 13),
    ]
    assert [(one["week"], one["proportionOfDaysCovered"], one["scheduled"]) for one in told["byWeek"]] == [
        ("2026-11-09", 3 / 6, 18),
        ("2026-11-16", 1.0, 3),
    ]
    # A part of the days counts as a part, and what was stopped is not missed afterwards.
    assert (await counted(centre, TODAY, TODAY))["proportionOfDaysCovered"] == 1.0
    await centre.ask(centre.zoe, STOP, input={"activityId": bisoprolol["id"]})
    centre.set_clock(MORNING + timedelta(days=9))
    told = await counted(centre, TODAY + timedelta(days=7), TODAY + timedelta(days=8))
    assert [one["medication"] for one in told["byMedication"]] == ["Ramipril"]


async def test_the_pressure_is_held_against_the_doses_of_the_day_before(centre: Centre) -> None:
    made = await centre.prescribed(await centre.plan(), timesOfDay=["08:00"])
    await booked(centre, made, TODAY, "TT.TS", ["08:00"])
    at = MORNING.replace(hour=7)
    pressures = [(1, 130, 80), (1, 132, 82), (2, 135, 85), (3, 150, 90), (5, 160, 96), (9, 190, 99)]
    readings = [
        reading(VitalKind.BLOOD_PRESSURE, at + timedelta(days=day, minutes=number), systolic=high, diastolic=low)
        for number, (day, high, low) in enumerate(pressures)
    ]
    centre.set_clock(MORNING + timedelta(days=10))
    async with centre.runtime.unit_of_work(centre.ada) as work:
        await record(work, centre.ada, None, readings)
    found = await centre.ask(
        centre.ada, PRESSURES, id=str(centre.people.patient_id), **{"from": "2026-11-10", "to": "2026-11-14"}
    )
    # Days 1 and 2 follow days with the dose; 3 and 5 follow days without, of which 5 is the day after it was skipped.
    assert found["pressureByAdherence"] == [
        {"allTaken": True, "days": 2, "systolic": 133.0, "diastolic": 83.0},
        {"allTaken": False, "days": 2, "systolic": 155.0, "diastolic": 93.0},
    ]
    coordinator = centre.people.actors[Role.COORDINATOR]
    sent = {"id": str(centre.people.patient_id), "from": "2026-11-10", "to": "2026-11-14"}
    assert code(await ask(centre.runtime, coordinator, PRESSURES, **sent)) == "FORBIDDEN"


async def test_a_span_that_cannot_be_is_refused(centre: Centre) -> None:
    for since, until in (("2026-11-10", "2026-11-09"), ("2026-11-10", "2027-11-11")):
        sent = {"id": str(centre.people.patient_id), "from": since, "to": until}
        assert code(await ask(centre.runtime, centre.zoe, QUERY, **sent)) == "BAD_USER_INPUT"


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases")])
async def test_each_case_of_the_page(centre: Centre, cells: list[str]) -> None:
    _, before, lately, told = cells
    doses = (before + lately).removeprefix("–")
    made = await centre.prescribed(await centre.plan(), timesOfDay=["08:00"])
    await booked(centre, made, TODAY, doses, ["08:00"])
    at = MORNING.replace(hour=12) + timedelta(days=len(doses))
    ids = [centre.people.patient_id, centre.people.foreign_id]
    rows = await adherence.falling(centre.runtime.pool, ids, at)
    assert all(row["patient_id"] == centre.people.patient_id for row in rows)
    found = ["{covered} of {days}, before {covered_before} of {days_before}".format(**row) for row in rows]
    assert found == ([] if told == "no" else [told])


async def test_a_deep_lapse_rings_once_until_it_is_another(centre: Centre) -> None:
    made = await centre.prescribed(await centre.plan(), timesOfDay=["08:00"])
    ids = [centre.people.patient_id]

    async def rung(days: int) -> list[tuple[str, str, str]]:
        """All alerts once that day's lapses have been noted and told."""
        centre.set_clock(MORNING.replace(hour=12) + timedelta(days=days))
        for _ in range(2):
            async with centre.runtime.unit_of_work() as work:
                await worklist.note_lapses(work, ids)
            async with centre.runtime.unit_of_work() as work:
                await lapse_alerts.tell(work)
        rows = await centre.runtime.pool.fetch("SELECT severity, title, explanation FROM alert ORDER BY raised_at")
        return [tuple(row) for row in rows]

    await booked(centre, made, TODAY, "T" * 14 + "TTTTTTTT......", ["08:00"])
    # Half of the days is a reason on the worklist, and no alert yet.
    assert await rung(29) == []
    assert await centre.runtime.pool.fetchval("SELECT covered FROM medication_lapse") == 7
    told = ("REVIEW", "Medicines rarely taken")
    first = (*told, "All medicines were booked as taken on 6 of 14 days, before that on 16 of 16.")
    assert await rung(30) == [first]
    assert await rung(31) == [first]
    await centre.runtime.pool.execute("UPDATE alert SET status = 'RESOLVED', resolved_at = $1", centre.at)
    await booked(centre, made, TODAY + timedelta(days=31), "T" * 14 + "T" + "." * 13, ["08:00"])
    # It went well again, and once more not, after somebody had dealt with the first time.
    assert await rung(45) == [first]
    assert await centre.runtime.pool.fetchval("SELECT count(*) FROM medication_lapse") == 0
    second = (*told, "All medicines were booked as taken on 1 of 14 days, before that on 19 of 28.")
    assert await rung(59) == [first, second]


def test_the_page_tells_the_limits_of_the_rule() -> None:
    told = dict(table("ADH-PDC: a reason for a look"))
    assert told == {
        "rule": ADHERENCE.id,
        "version": str(ADHERENCE.version),
        "severity": ADHERENCE.severity,
        "days": str(ADHERENCE.days),
        "days before, to hold them against": str(ADHERENCE.days_before),
        "days with doses at least": str(ADHERENCE.days_at_least),
        "proportion of days covered below": f"{ADHERENCE.review_below:.2f}",
        "an alert below": f"{ADHERENCE.alert_below:.2f}",
        "quiet after somebody has dealt with it, days": str(ADHERENCE.quiet_days),
        "told as a fall from": f"{ADHERENCE.fall_at_least:.2f}",
    }


def test_the_rule_says_what_it_found() -> None:
    assert sentence(9, 14, 28, 28) == "All medicines were booked as taken on 9 of 14 days, before that on 28 of 28."
    assert sentence(9, 14, 20, 28) == "All medicines were booked as taken on 9 of 14 days."
    assert sentence(9, 14, 0, 0) == "All medicines were booked as taken on 9 of 14 days."
