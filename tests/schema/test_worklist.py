"""The worklist: who stands where, why, and page by page without losing anybody."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from domain.kinds import AlertSeverity, AlertStatus, Role
from domain.rules.worklist import WORKLIST
from domain.unit_of_work import new_id
from tests import asking
from tests.people import People

WORKLIST_QUERY = """query Worklist($first: Int!, $after: String) { worklist(first: $first, after: $after) {
  edges { node { urgency reasons waitingSince lastReadingAt patient { id displayName } openAlerts { id } } }
  pageInfo { hasNextPage endCursor } } }"""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Ward:
    """Patients in one clinician's care, each with what a test says of them."""

    runtime: Runtime
    people: People
    now: datetime
    names: dict[str, UUID] = field(default_factory=dict)

    async def patient(self, name: str, *, measured: timedelta | None = HOUR) -> UUID:
        """Someone who measured that long ago."""
        this = new_id()
        self.names[name] = this
        clinician = self.people.actors[Role.CLINICIAN]
        pool = self.runtime.pool
        await pool.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " VALUES ($1, $2, $3, $4, 'Europe/Rome', 'it-IT', '{}', $5)",
            this,
            clinician.organisation_id,
            name,
            date(1958, 3, 2),
            self.now - 90 * DAY,
        )
        await pool.execute(
            "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at) VALUES ($1, $1, $2, $3)",
            this,
            clinician.account_id,
            self.now - DAY,
        )
        if measured is not None:
            at = self.now - measured
            await pool.execute(
                "INSERT INTO latest_reading (patient_id, id, measured_at, received_at, value, kind, source, setting,"
                " local_day, offset_minutes) VALUES ($1, $1, $2, $2, 80, 'WEIGHT', 'DEVICE', 'HOME', $3, 0)",
                this,
                at,
                at.date(),
            )
        return this

    async def alert(
        self,
        name: str,
        severity: AlertSeverity,
        status: AlertStatus = AlertStatus.OPEN,
        *,
        ago: timedelta = HOUR,
        topic: str = "T",
        resolved: timedelta | None = None,
    ) -> None:
        await self.runtime.pool.execute(
            "INSERT INTO alert (id, patient_id, topic, rule, rule_version, severity, status, title, explanation,"
            " raised_at, resolved_at, version) VALUES ($1, $2, $3, $3, 1, $4, $5, $6, 'e', $7, $8, 1)",
            new_id(),
            self.names[name],
            topic,
            severity,
            status,
            f"{severity.lower()} {status.lower()}",
            self.now - ago,
            None if resolved is None else self.now - resolved,
        )

    async def finding(self, name: str, *, ago: timedelta = HOUR, **more: Any) -> None:
        chosen = {
            "id": new_id(),
            "patient_id": self.names[name],
            "measure": "WEIGHT",
            "kind": "RAMP",
            "direction": "UP",
            "score": 7.0,
            "onset_at": self.now - ago,
            "raised_at": self.now - ago,
            "reading_id": new_id(),
            "observed": 91.0,
            "expected_low": 80.0,
            "expected_high": 82.0,
            "is_explained": False,
            "method": "m",
            "version": "v",
            "explanation": "{}",
            "found_at": self.now - ago,
        } | more
        places = ", ".join(f"${number}" for number in range(1, len(chosen) + 1))
        await self.runtime.pool.execute(
            f"INSERT INTO finding ({', '.join(chosen)}) VALUES ({places})",  # noqa: S608 - names of columns
            *chosen.values(),
        )

    async def lapse(self, name: str) -> None:
        await self.runtime.pool.execute(
            "INSERT INTO medication_lapse (id, patient_id, found_at, rule_version, days, covered, days_before,"
            " covered_before) VALUES ($1, $1, $2, 1, 14, 6, 28, 28)",
            self.names[name],
            self.now - DAY,
        )

    async def listed(self, first: int = 100, role: Role = Role.CLINICIAN) -> list[dict[str, Any]]:
        """The whole list, page by page; Ada of the fixture, who has no data, is left out."""
        nodes: list[dict[str, Any]] = []
        after = None
        while True:
            answer = await asking.ask(self.runtime, self.people.actors[role], WORKLIST_QUERY, first=first, after=after)
            assert answer.errors is None, answer.errors
            assert answer.data is not None
            page = answer.data["worklist"]
            nodes += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return [node for node in nodes if node["patient"]["displayName"] != "Ada Prova"]

    async def order(self, first: int = 100) -> list[str]:
        return [node["patient"]["displayName"] for node in await self.listed(first)]


@pytest.fixture
def ward(runtime: Runtime, people: People) -> Ward:
    return Ward(runtime, people, runtime.now())


EMERGENCY, URGENT, REVIEW, INFO = AlertSeverity
OPEN, TAKEN, SNOOZED = AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED


async def test_each_reason_has_its_place_and_nobody_without_one_comes_before_who_has(ward: Ward) -> None:
    alerts = {
        "emergency": (EMERGENCY, OPEN),
        "emergency taken": (EMERGENCY, TAKEN),
        "urgent": (URGENT, OPEN),
        "urgent taken": (URGENT, TAKEN),
        "review": (REVIEW, OPEN),
        "review taken": (REVIEW, TAKEN),
        "info": (INFO, OPEN),
        "snoozed emergency": (EMERGENCY, SNOOZED),
    }
    for name in reversed(alerts):
        await ward.patient(name)
        # What was raised later is no less urgent for that.
        await ward.alert(name, *alerts[name], ago=HOUR if name == "snoozed emergency" else 2 * HOUR)
    for name, silent in {"worse": HOUR, "lapse": HOUR, "well": HOUR, "silent": 3 * DAY}.items():
        await ward.patient(name, measured=silent)
    await ward.finding("worse")
    await ward.lapse("lapse")
    listed = await ward.listed()
    assert [(node["patient"]["displayName"], node["urgency"]) for node in listed] == [
        ("emergency", "EMERGENCY"),
        ("emergency taken", "EMERGENCY"),
        ("urgent", "URGENT"),
        ("urgent taken", "URGENT"),
        ("review", "REVIEW"),
        ("worse", "REVIEW"),
        ("review taken", "REVIEW"),
        ("lapse", "REVIEW"),
        ("silent", "INFO"),
        ("info", "INFO"),
        ("snoozed emergency", "INFO"),
        ("well", None),
    ]
    reasons = {node["patient"]["displayName"]: node["reasons"] for node in listed}
    assert reasons["emergency"] == ["emergency open."]
    assert reasons["worse"] == ["Weight has risen within days above the usual."]
    assert reasons["lapse"] == ["All medicines were booked as taken on 6 of 14 days, before that on 28 of 28."]
    assert reasons["silent"] == ["Nothing has been measured for 3 days."]
    assert reasons["well"] == []
    assert {len(node["openAlerts"]) for node in listed if node["patient"]["displayName"] in alerts} == {1}
    # A coordinator sees the same order and the same words: there is no value in them.
    assert await ward.listed(role=Role.COORDINATOR) == listed


async def test_the_worst_reason_decides_and_all_of_them_are_told_the_worst_first(ward: Ward) -> None:
    for name in ("one", "two"):
        await ward.patient(name, measured=9 * DAY)
    await ward.alert("one", URGENT, ago=HOUR)
    await ward.alert("two", REVIEW, ago=5 * HOUR)
    await ward.alert("two", INFO, ago=HOUR, topic="other")
    await ward.finding("two", measure="SYSTOLIC", kind="DRIFT")
    await ward.lapse("two")
    one, two = await ward.listed()
    assert (one["reasons"], one["urgency"]) == (["urgent open.", "Nothing has been measured for 9 days."], "URGENT")
    assert two["reasons"] == [
        "review open.",
        "info open.",
        "Systolic blood pressure has been rising for weeks above the usual.",
        "All medicines were booked as taken on 6 of 14 days, before that on 28 of 28.",
        "Nothing has been measured for 9 days.",
    ]
    assert datetime.fromisoformat(two["waitingSince"]) == ward.now - 5 * HOUR


@pytest.mark.parametrize(
    ("finding", "counts"),
    [
        ({}, True),
        ({"ago": WORKLIST.worsening_days * DAY - HOUR}, True),
        ({"ago": WORKLIST.worsening_days * DAY + HOUR}, False),
        ({"direction": "DOWN"}, False),
        ({"measure": "OXYGEN_SATURATION", "direction": "DOWN"}, True),
        ({"measure": "OXYGEN_SATURATION", "direction": "UP"}, False),
        ({"kind": "POINT"}, False),
        ({"kind": "VARIABILITY"}, False),
        ({"measure": "STEPS"}, False),
        ({"is_explained": True}, False),
        ({"withdrawn_at": datetime.fromisoformat("2026-01-01T00:00:00+00:00")}, False),
    ],
)
async def test_what_gets_worse_counts_while_it_is_new_lasts_and_is_not_explained(
    ward: Ward, finding: dict[str, Any], *, counts: bool
) -> None:
    await ward.patient("one")
    await ward.finding("one", **finding)
    (one,) = await ward.listed()
    assert (one["urgency"], len(one["reasons"])) == (("REVIEW", 1) if counts else (None, 0))


@pytest.mark.parametrize(
    ("status", "resolved", "urgency", "reasons"),
    [
        (AlertStatus.OPEN, None, "REVIEW", 1),
        (AlertStatus.SNOOZED, None, "INFO", 1),
        (AlertStatus.RESOLVED, HOUR, None, 0),
        (AlertStatus.RESOLVED, 3 * HOUR, "REVIEW", 1),
    ],
    ids=["its alert is open", "it is snoozed", "it was resolved since", "an earlier one was resolved"],
)
async def test_what_gets_worse_is_told_once_with_its_alert_and_no_more_once_that_is_resolved(
    ward: Ward, status: AlertStatus, resolved: timedelta | None, urgency: str | None, reasons: int
) -> None:
    await ward.patient("one")
    await ward.finding("one", ago=2 * HOUR)
    await ward.alert("one", REVIEW, status, ago=4 * HOUR, topic="VITALS-CHANGE", resolved=resolved)
    (one,) = await ward.listed()
    assert (one["urgency"], len(one["reasons"])) == (urgency, reasons)


async def test_who_never_measured_is_asked_after_once_there_was_time_for_it(ward: Ward) -> None:
    await ward.patient("never", measured=None)
    await ward.patient("just in time", measured=3 * DAY - HOUR)
    never, in_time = await ward.listed()
    assert (never["urgency"], never["reasons"]) == ("INFO", ["Nothing has been measured yet."])
    assert (in_time["urgency"], in_time["reasons"]) == (None, [])


@pytest.mark.parametrize("first", [1, 2, 3, 7])
async def test_pages_lose_and_repeat_nobody_where_many_wait_as_long(ward: Ward, first: int) -> None:
    names = [f"{number:02}" for number in range(9)]
    for name in names:
        await ward.patient(name)
        if name < "05":
            await ward.alert(name, URGENT)
    whole = await ward.order()
    assert (sorted(whole), sorted(whole[:5])) == (names, names[:5])
    assert await ward.order(first) == whole
    # All of one place wait as long, so their ids decide.
    for some in (whole[:5], whole[5:]):
        assert all(ward.names[one] < ward.names[other] for one, other in pairwise(some))


async def test_the_patients_of_others_are_not_on_it(ward: Ward) -> None:
    await ward.patient("left")
    await ward.alert("left", EMERGENCY)
    await ward.runtime.pool.execute(
        "UPDATE care_relation SET ends_at = $2 WHERE patient_id = $1", ward.names["left"], ward.now - HOUR
    )
    assert await ward.order() == []
    assert [node["patient"]["displayName"] for node in await ward.listed(role=Role.COORDINATOR)] == ["left"]


def test_every_alert_that_is_not_resolved_has_a_place_with_its_urgency() -> None:
    for severity in AlertSeverity:
        for status in set(AlertStatus) - {AlertStatus.RESOLVED}:
            place = WORKLIST.alert_places[severity, status]
            expected = AlertSeverity.INFO if status is AlertStatus.SNOOZED else severity
            assert (WORKLIST.urgencies[place], place < WORKLIST.last_place) == (expected, True)
    assert {*WORKLIST.urgencies} == {*range(WORKLIST.last_place)}
