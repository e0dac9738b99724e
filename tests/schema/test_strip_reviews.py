"""The over-read: who may review a strip, what a second review does, and where clinicians and the analysis part."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role, StripStatus
from domain.tables import Account, CareRelation
from domain.unit_of_work import new_id
from tests import asking
from tests.people import ISSUER, People
from tests.schema.test_pressure_to_alert import ask
from tests.schema.test_strip_to_picture import announced, as_json, begin, uploaded

REVIEW = """mutation ReviewEcgStrip($input: ReviewEcgStripInput!) { reviewEcgStrip(input: $input) { strip { id status
  version reviews { finding findingCode note reviewedAt agreement clinician { displayName } } } } }"""
BEGIN_REVIEW = """mutation BeginEcgReview($input: BeginEcgReviewInput!) { beginEcgReview(input: $input) {
  strip { status version reviewer { displayName } } } }"""
AGREEMENT = """query EcgAgreement($from: DateTime, $to: DateTime) { ecgAgreement(from: $from, to: $to) {
  reviewed compared agreed disagreed counts { label version finding agreement strips } } }"""
DISAGREEMENTS = """query EcgDisagreements($first: Int!, $after: String) {
  ecgDisagreements(first: $first, after: $after) {
  edges { node { id reviews { finding } } } pageInfo { hasNextPage endCursor } } }"""


async def analysed(runtime: Runtime, people: People, label: str = "NO_FIBRILLATION_FOUND") -> str:
    """A strip of which the analysis says so."""
    strip_id = await uploaded(runtime, people, as_json() + b" " * int.from_bytes(uuid4().bytes[:2]), "JSON")
    await runtime.pool.execute("UPDATE ecg_strip SET rhythm_label = $1 WHERE id = $2", label, UUID(strip_id))
    return strip_id


async def review(runtime: Runtime, people: People, strip_id: str, finding: str, **more: Any) -> Any:
    return await ask(runtime, people, Role.CLINICIAN, REVIEW, input={"stripId": strip_id, "finding": finding} | more)


async def state(runtime: Runtime, strip_id: str) -> tuple[Any, ...]:
    """What a refusal must not change."""
    return await runtime.pool.fetchrow(  # type: ignore[no-any-return] # a record
        "SELECT status, version, reviewer_id, (SELECT count(*) FROM strip_review),"
        " (SELECT count(*) FROM event WHERE kind LIKE 'STRIP_%') FROM ecg_strip WHERE id = $1",
        UUID(strip_id),
    )


async def colleague(runtime: Runtime, people: People, *, cares: bool) -> Actor:
    """Another clinician of the clinic, who cares for the patient or not."""
    me = people.actors[Role.CLINICIAN]
    account = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject=f"test-{uuid4()}",
        role=Role.CLINICIAN,
        organisation_id=me.organisation_id,
        patient=None,
        display_name="Test colleague",
        created_at=runtime.now(),
    )
    if cares:
        await CareRelation.create(id=new_id(), patient_id=people.patient_id, clinician=account, starts_at=runtime.now())
    return Actor(account.id, Role.CLINICIAN, me.organisation_id, None, account.display_name)


async def test_a_strip_is_taken_reviewed_and_amended_and_every_word_stays(runtime: Runtime, people: People) -> None:
    strip_id = await analysed(runtime, people)
    taken = await ask(runtime, people, Role.CLINICIAN, BEGIN_REVIEW, input={"stripId": strip_id, "expectedVersion": 2})
    assert taken.data["beginEcgReview"]["strip"] == {
        "status": "IN_REVIEW",
        "version": 3,
        "reviewer": {"displayName": "Test clinician"},
    }
    first = await review(runtime, people, strip_id, "SINUS_RHYTHM", note="Calm.")
    strip = first.data["reviewEcgStrip"]["strip"]
    assert (strip["status"], strip["version"]) == ("REVIEWED", 4)
    (only,) = strip["reviews"]
    assert only.pop("reviewedAt")
    assert only == {
        "finding": "SINUS_RHYTHM",
        "findingCode": "426783006",
        "note": "Calm.",
        "agreement": "AGREES",
        "clinician": {"displayName": "Test clinician"},
    }
    for number, finding in enumerate(("ATRIAL_FIBRILLATION", "NOT_INTERPRETABLE")):
        amended = await review(runtime, people, strip_id, finding, expectedVersion=4 + number)
        strip = amended.data["reviewEcgStrip"]["strip"]
        assert (strip["status"], strip["version"]) == ("AMENDED", 5 + number)
    assert [one["finding"] for one in strip["reviews"]] == ["NOT_INTERPRETABLE", "ATRIAL_FIBRILLATION", "SINUS_RHYTHM"]
    assert [one["agreement"] for one in strip["reviews"]] == ["NOT_COMPARABLE", "DISAGREES", "AGREES"]
    events = await runtime.pool.fetch("SELECT kind FROM event WHERE subject_id = $1 ORDER BY id", UUID(strip_id))
    assert [row["kind"] for row in events][2:] == [
        "STRIP_IN_REVIEW",
        "STRIP_REVIEWED",
        "STRIP_AMENDED",
        "STRIP_AMENDED",
    ]
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'reviewEcgStrip'")
    assert audited == 3


async def test_a_review_cannot_be_changed_even_in_the_database(runtime: Runtime, people: People) -> None:
    await review(runtime, people, await analysed(runtime, people), "SINUS_RHYTHM")
    for change in ("UPDATE strip_review SET finding = 'LONG_QT'", "DELETE FROM strip_review"):
        with pytest.raises(asyncpg.RaiseError):
            await runtime.pool.execute(change)


async def test_an_amendment_says_what_it_has_seen(runtime: Runtime, people: People) -> None:
    strip_id = await analysed(runtime, people)
    stale = await review(runtime, people, strip_id, "SINUS_RHYTHM", expectedVersion=1)
    assert stale.errors[0].extensions == {"code": "CONFLICT", "currentVersion": 2}
    assert (await review(runtime, people, strip_id, "SINUS_RHYTHM", expectedVersion=2)).errors is None
    before = await state(runtime, strip_id)
    for more in ({}, {"expectedVersion": 2}):
        blind = await review(runtime, people, strip_id, "ATRIAL_FIBRILLATION", **more)
        assert blind.errors[0].extensions == {"code": "CONFLICT", "currentVersion": 3}
        assert await state(runtime, strip_id) == before


async def test_of_two_who_review_at_once_one_is_told(runtime: Runtime, people: People) -> None:
    strip_id = await analysed(runtime, people)
    other = await colleague(runtime, people, cares=True)
    answers = await asyncio.gather(
        *(
            asking.ask(runtime, actor, REVIEW, input={"stripId": strip_id, "finding": finding})
            for actor, finding in ((people.actors[Role.CLINICIAN], "SINUS_RHYTHM"), (other, "ATRIAL_FIBRILLATION"))
        )
    )
    assert sorted(answer.errors is None for answer in answers) == [False, True]
    assert await runtime.pool.fetchval("SELECT count(*) FROM strip_review") == 1


async def test_a_review_sent_again_is_the_same_review(runtime: Runtime, people: People) -> None:
    strip_id, client_id = await analysed(runtime, people), str(uuid4())
    for _ in range(2):
        answer = await review(runtime, people, strip_id, "SINUS_RHYTHM", clientId=client_id)
        strip = answer.data["reviewEcgStrip"]["strip"]
        assert (strip["status"], len(strip["reviews"])) == ("REVIEWED", 1)
    before = await state(runtime, strip_id)
    other = await review(runtime, people, strip_id, "LONG_QT", clientId=client_id, expectedVersion=3)
    assert other.errors[0].extensions["code"] == "CONFLICT"
    assert await state(runtime, strip_id) == before


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.PATIENT, "FORBIDDEN"),
        (Role.DEVICE, "FORBIDDEN"),
        (Role.COORDINATOR, "FORBIDDEN"),
        (Role.ADMIN, "FORBIDDEN"),
    ],
)
async def test_nobody_but_clinicians_reviews(runtime: Runtime, people: People, role: Role, code: str) -> None:
    strip_id = await analysed(runtime, people)
    before = await state(runtime, strip_id)
    for query, sent in (
        (REVIEW, {"input": {"stripId": strip_id, "finding": "SINUS_RHYTHM"}}),
        (BEGIN_REVIEW, {"input": {"stripId": strip_id, "expectedVersion": 2}}),
        (AGREEMENT, {}),
        (DISAGREEMENTS, {"first": 5}),
    ):
        refused = await ask(runtime, people, role, query, **sent)
        assert (refused.data, refused.errors[0].extensions["code"]) == (None, code)
    assert await state(runtime, strip_id) == before


async def test_a_clinician_outside_the_care_team_finds_no_strip(runtime: Runtime, people: People) -> None:
    strip_id = await analysed(runtime, people, "FIBRILLATION_SUSPECTED")
    await review(runtime, people, strip_id, "SINUS_RHYTHM")
    before = await state(runtime, strip_id)
    stranger = await colleague(runtime, people, cares=False)
    for query, sent in (
        (REVIEW, {"stripId": strip_id, "finding": "SINUS_RHYTHM", "expectedVersion": 3}),
        (BEGIN_REVIEW, {"stripId": strip_id, "expectedVersion": 3}),
    ):
        missing = await asking.ask(runtime, stranger, query, input=sent)
        assert missing.errors is not None
        assert missing.errors[0].extensions["code"] == "NOT_FOUND"  # type: ignore[index] # it has some
    assert await state(runtime, strip_id) == before
    counted = await asking.ask(runtime, stranger, AGREEMENT)
    assert counted.data is not None
    assert counted.data["ecgAgreement"]["reviewed"] == 0
    listed = await asking.ask(runtime, stranger, DISAGREEMENTS, first=5)
    assert listed.data == {"ecgDisagreements": {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


@pytest.mark.parametrize("status", [one for one in StripStatus if one not in ("ANALYSED", "IN_REVIEW")])
async def test_a_strip_that_does_not_wait_for_a_review_is_not_taken(
    runtime: Runtime, people: People, status: StripStatus
) -> None:
    strip_id, _ = await begin(runtime, people, Role.PATIENT, announced(runtime, as_json(), "JSON"))
    await runtime.pool.execute("UPDATE ecg_strip SET status = $1", status)
    before = await state(runtime, strip_id)
    taken = await ask(runtime, people, Role.CLINICIAN, BEGIN_REVIEW, input={"stripId": strip_id, "expectedVersion": 1})
    said = await review(runtime, people, strip_id, "SINUS_RHYTHM")
    for refused in (taken, said):
        assert refused.errors[0].extensions["code"] == "CONFLICT"
    assert await state(runtime, strip_id) == before


@pytest.mark.parametrize("note", ["", "   ", "x" * 4001, "a\u0000b", "a\u202eb"])
async def test_a_note_that_cannot_be_is_refused(runtime: Runtime, people: People, note: str) -> None:
    strip_id = await analysed(runtime, people)
    before = await state(runtime, strip_id)
    refused = await review(runtime, people, strip_id, "SINUS_RHYTHM", note=note)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert refused.errors[0].message.startswith("note: ")
    assert await state(runtime, strip_id) == before


async def test_disagreement_is_counted_by_the_last_review_and_listed(runtime: Runtime, people: People) -> None:
    judged = [
        ("FIBRILLATION_SUSPECTED", "ATRIAL_FIBRILLATION"),
        ("FIBRILLATION_SUSPECTED", "SINUS_RHYTHM"),
        ("NO_FIBRILLATION_FOUND", "ATRIAL_FIBRILLATION"),
        ("NO_FIBRILLATION_FOUND", "SINUS_BRADYCARDIA"),
        ("INCONCLUSIVE", "ATRIAL_FIBRILLATION"),
        ("NO_FIBRILLATION_FOUND", "ATRIAL_FLUTTER"),
    ]
    ids = [await analysed(runtime, people, label) for label, _ in judged]
    for strip_id, (_, finding) in zip(ids, judged, strict=True):
        assert (await review(runtime, people, strip_id, finding)).errors is None
    found = (await ask(runtime, people, Role.CLINICIAN, AGREEMENT)).data["ecgAgreement"]
    assert [found[name] for name in ("reviewed", "compared", "agreed", "disagreed")] == [6, 4, 2, 2]
    assert sum(one["strips"] for one in found["counts"]) == 6
    pages, after = [], None
    while True:
        page = (await ask(runtime, people, Role.CLINICIAN, DISAGREEMENTS, first=1, after=after)).data[
            "ecgDisagreements"
        ]
        pages += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert pages == [ids[2], ids[1]]
    # A second look at the strip that was called fibrillation: the two agree now.
    await review(runtime, people, ids[1], "ATRIAL_FIBRILLATION", expectedVersion=3)
    again = (await ask(runtime, people, Role.CLINICIAN, AGREEMENT)).data["ecgAgreement"]
    assert [again[name] for name in ("reviewed", "compared", "agreed", "disagreed")] == [6, 4, 3, 1]
    earlier = await ask(runtime, people, Role.CLINICIAN, AGREEMENT, to="2026-01-01T00:00:00Z")
    assert earlier.data["ecgAgreement"]["reviewed"] == 0
