"""The main job end to end: joining, readings, strips in every format, the alert, and who sees what of it."""

import io
import os
import warnings
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
import pytest
from graphql import parse, print_ast, separate_operations, validate

from schema.root import schema
from tests.journeys.centre import RECORD, STRIP, WORKLIST, Centre, People, announced, crisis
from tests.recordings import recording, wfdb
from tests.schema.test_strip_to_picture import RATE_HERTZ, as_apple_csv, as_json, as_wfdb, heartbeat

pytestmark = pytest.mark.journey

VIEWER = "query Viewer { viewer { role displayName patient { id displayName timeZone } } }"
INVITE = """mutation InvitePatient($input: InvitePatientInput!) { invitePatient(input: $input) {
  patient { id displayName hasAccount } code expiresAt } }"""
ASSIGN = """mutation AssignClinician($input: AssignClinicianInput!) { assignClinician(input: $input) {
  relation { startsAt endsAt clinician { id displayName } } } }"""
ACTIVATE = """mutation Activate($input: ActivateInput!) { activate(input: $input) {
  patient { id displayName careTeam { displayName role } } } }"""
READINGS = """query Readings($patientId: ID!, $kind: VitalKind!, $first: Int!, $after: String) {
  patient(id: $patientId) { readings(kind: $kind, first: $first, after: $after) {
    edges { cursor node { id measuredAt source ... on BloodPressureReading { systolic diastolic pulse }
      ... on QuantityReading { value unit } } } pageInfo { hasNextPage endCursor } } } }"""
ACKNOWLEDGE = """mutation AcknowledgeAlert($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) {
  alert { id status version assignee { displayName } } } }"""


async def joined(centre: Centre, people: People) -> str:
    """A newcomer's record, from the administrator's invitation to the newcomer's own account; the patient's id."""
    sent = {
        "clientId": str(uuid4()),
        "displayName": "Carla Nuova",
        "birthDate": "1961-05-04",
        "timeZone": "Europe/Rome",
        "locale": "it-IT",
        "conditions": ["HYPERTENSION"],
    }
    invited = (await centre.ask(people["admin"], INVITE, input=sent)).data["invitePatient"]
    patient_id = str(invited["patient"]["id"])
    assert invited["patient"] == {"id": patient_id, "displayName": "Carla Nuova", "hasAccount": False}
    team = {"clientId": str(uuid4()), "patientId": patient_id, "clinicianId": str(people.clinician_id)}
    assigned = (await centre.ask(people["admin"], ASSIGN, input=team)).data["assignClinician"]["relation"]
    assert (assigned["clinician"]["displayName"], assigned["endsAt"]) == ("Test clinician", None)

    newcomer = people["newcomer"]
    assert (await centre.ask(newcomer, VIEWER)).data == {"viewer": None}
    assert (await centre.record(newcomer)).code == "FORBIDDEN"
    activated = (await centre.ask(newcomer, ACTIVATE, input={"code": invited["code"]})).data["activate"]["patient"]
    assert activated["id"] == patient_id
    assert activated["careTeam"] == [{"displayName": "Test clinician", "role": "CLINICIAN"}]
    assert (await centre.ask(newcomer, VIEWER)).data["viewer"]["role"] == "PATIENT"
    return patient_id


async def worklist_entry(centre: Centre, whom: str, patient_id: str) -> Any:
    """What this person's worklist says of the patient, or nothing."""
    edges = (await centre.ask(whom, WORKLIST, first=10)).data["worklist"]["edges"]
    return next((edge["node"] for edge in edges if edge["node"]["patient"]["id"] == patient_id), None)


async def test_a_newcomers_crisis_reaches_the_clinician_and_nobody_else(centre: Centre, people: People) -> None:
    patient_id = await joined(centre, people)
    readings = crisis((184, 112), (182, 108))
    recorded = (await centre.ask(people["newcomer"], RECORD, input={"readings": readings})).data["recordVitals"]
    assert [one["kind"] for one in recorded["accepted"]] == ["BLOOD_PRESSURE", "BLOOD_PRESSURE"]
    await centre.wait_until_done(patient_id)

    entry = await worklist_entry(centre, people["clinician"], patient_id)
    assert (entry["urgency"], entry["patient"]["conditions"]) == ("URGENT", ["HYPERTENSION"])
    assert datetime.fromisoformat(entry["lastReadingAt"]) == datetime.fromisoformat(readings[1]["measuredAt"])
    (alert,) = entry["openAlerts"]
    assert (alert["status"], alert["rule"], alert["version"]) == ("OPEN", "BP-CRISIS-3 v1", 1)
    for words in ("184/112 mm[Hg]", "182/108 mm[Hg]", "at or above 180/110 mm[Hg]", "confirmed by a second reading"):
        assert words in alert["explanation"]

    taking = {"alertId": alert["id"], "expectedVersion": 1}
    taken = (await centre.ask(people["clinician"], ACKNOWLEDGE, input=taking)).data["acknowledgeAlert"]["alert"]
    assert taken == {
        "id": alert["id"],
        "status": "ACKNOWLEDGED",
        "version": 2,
        "assignee": {"displayName": "Test clinician"},
    }
    late = await centre.ask(people["clinician"], ACKNOWLEDGE, input=taking)
    assert late.refusal["extensions"] == {"code": "CONFLICT", "currentVersion": 2}

    page = (
        await centre.ask(people["clinician"], READINGS, patientId=patient_id, kind="BLOOD_PRESSURE", first=10)
    ).data["patient"]["readings"]
    seen = [(edge["node"]["systolic"], edge["node"]["diastolic"], edge["node"]["pulse"]) for edge in page["edges"]]
    assert seen == [(182, 108, 71), (184, 112, 71)]

    await assert_only_the_care_team_sees_values(centre, people, patient_id, alert["id"])
    assert await deeds(centre, patient_id) == {
        ("ADMIN", "assignClinician"),
        ("ADMIN", "invitePatient"),
        ("ADMIN", "issueActivationCode"),
        ("PATIENT", "activate"),
        ("PATIENT", "careTeam"),
        ("PATIENT", "patient"),
        ("PATIENT", "recordVitals"),
        (None, "raiseAlert"),
        ("CLINICIAN", "acknowledgeAlert"),
        ("CLINICIAN", "openAlerts"),
        ("CLINICIAN", "patient"),
        ("CLINICIAN", "readings:BLOOD_PRESSURE"),
        ("CLINICIAN", "worklist"),
        ("COORDINATOR", "openAlerts"),
        ("COORDINATOR", "patient"),
        ("COORDINATOR", "worklist"),
    }


async def assert_only_the_care_team_sees_values(centre: Centre, people: People, patient_id: str, alert_id: str) -> None:
    """The coordinator sees that there is something, without values; a stranger sees nothing at all."""
    of_readings = {"patientId": patient_id, "kind": "BLOOD_PRESSURE", "first": 10}
    entry = await worklist_entry(centre, people["coordinator"], patient_id)
    assert (entry["urgency"], entry["openAlerts"][0]["status"]) == ("URGENT", "ACKNOWLEDGED")
    assert entry["openAlerts"][0]["explanation"] == "The patient's clinicians see the details."
    assert (await centre.ask(people["coordinator"], READINGS, **of_readings)).code == "FORBIDDEN"

    assert await worklist_entry(centre, people["stranger"], patient_id) is None
    assert (await centre.ask(people["stranger"], READINGS, **of_readings)).code == "NOT_FOUND"
    stolen = {"alertId": alert_id, "expectedVersion": 2}
    assert (await centre.ask(people["stranger"], ACKNOWLEDGE, input=stolen)).code == "NOT_FOUND"


async def deeds(centre: Centre, patient_id: str) -> set[tuple[str | None, str]]:
    """What was done with the patient's record, by which role."""
    rows = await centre.rows("SELECT role, action FROM audit_entry WHERE patient_id = $1", patient_id)
    return {(row["role"], row["action"]) for row in rows}


def synthetic() -> tuple[dict[str, bytes], float, float]:
    """A strip in each format, its seconds and its beats a minute."""
    return {"JSON": as_json(), "CSV": as_apple_csv(), "WFDB": as_wfdb()}, len(heartbeat()) / RATE_HERTZ, 75


def real() -> tuple[dict[str, bytes], float, float]:
    """A recording of a heart in each format, its seconds, and the beats a minute that cardiologists marked."""
    header = recording("ecg", "ludb_lead_i", "10.hea")
    record = wfdb.rdrecord(str(header.with_suffix("")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference package meets deprecations of pandas
        marks = wfdb.rdann(str(header.with_suffix("")), "i")
    beat_seconds = marks.sample[np.array(marks.symbol) == "N"] / record.fs
    microvolts = record.p_signal[:, 0] * 1000
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (header, header.with_suffix(".dat")):
            archive.write(path, path.name)
    table = [f"Sample Rate,{record.fs} hertz", "Lead,Lead I", "Unit,µV", "", *(f"{one:.3f}" for one in microvolts)]
    whole = {"sampleRateHertz": record.fs, "unit": "uV", "leads": {"I": microvolts.tolist()}}
    files = {"JSON": orjson.dumps(whole), "CSV": "\n".join(table).encode(), "WFDB": packed.getvalue()}
    return files, record.sig_len / record.fs, float(60 / np.diff(beat_seconds).mean())


def assert_all_stays_but_the_person(kept: bytes, sent: bytes) -> None:
    """Age and sex in the comments of a header, and the name in a watch's table, are cut; all else is kept."""
    if not sent.startswith(b"PK"):
        assert b"Anybody" not in kept
        assert kept == sent or b"Anybody" in sent
        return
    with zipfile.ZipFile(io.BytesIO(kept)) as cut, zipfile.ZipFile(io.BytesIO(sent)) as whole:
        assert cut.namelist() == whole.namelist()
        for name in whole.namelist():
            lines = whole.read(name).splitlines() if name.endswith(".hea") else [whole.read(name)]
            assert (
                b"\n".join(line for line in lines if not line.startswith(b"#")).strip()
                == b"\n".join(cut.read(name).splitlines() if name.endswith(".hea") else [cut.read(name)]).strip()
            )


@pytest.mark.parametrize("heart", [synthetic, real])
async def test_a_devices_strips_become_rates_and_pictures_whatever_their_format(
    centre: Centre, people: People, heart: Callable[[], tuple[dict[str, bytes], float, float]]
) -> None:
    files, seconds, beats_per_minute = heart()
    strips = {kind: await centre.upload(people["device"], data, kind) for kind, data in files.items()}
    await centre.wait_until_done(*strips.values())
    for kind, strip_id in strips.items():
        seen = (await centre.ask(people["clinician"], STRIP, id=strip_id)).data["ecgStrip"]
        assert (seen["status"], seen["leads"], seen["durationSeconds"]) == ("ANALYSED", ["I"], seconds)
        assert seen["heartRate"]["mean"] == pytest.approx(beats_per_minute, abs=0.5)
        picture, raw = [await centre.client.get(seen[name]) for name in ("imageUrl", "rawUrl")]
        assert picture.headers["content-type"] == "image/svg+xml"
        assert "25 mm/s" in picture.text
        assert f"Heart rate {seen['heartRate']['mean']:.0f}/min" in picture.text
        assert_all_stays_but_the_person(raw.content, files[kind])
        assert (await centre.client.get(seen["imageUrl"].partition("?")[0])).status_code == 403
        for whom, code in (("coordinator", "FORBIDDEN"), ("device", "FORBIDDEN"), ("stranger", "NOT_FOUND")):
            assert (await centre.ask(people[whom], STRIP, id=strip_id)).code == code
    assert await deeds(centre, str(people.patient_id)) == {
        ("DEVICE", "beginEcgUpload"),
        ("DEVICE", "completeEcgUpload"),
        (None, "analyseEcgStrip"),
        ("CLINICIAN", "ecgStrip"),
    }


async def test_a_file_that_is_no_strip_says_why_and_is_kept(centre: Centre, people: People) -> None:
    data = b"%PDF-1.7\n\x00 a letter, not a strip"
    strip_id = await centre.upload(people["patient"], data, "CSV")
    await centre.wait_until_done(strip_id)
    seen = (await centre.ask(people["patient"], STRIP, id=strip_id)).data["ecgStrip"]
    assert (seen["status"], seen["heartRate"], seen["imageUrl"]) == ("UNREADABLE", None, None)
    assert seen["unreadableReason"].startswith("We do not know this kind of file.")
    assert (await centre.client.get(seen["rawUrl"])).content == data
    assert await centre.events(people, of=strip_id) == ["STRIP_RECEIVED", "STRIP_UNREADABLE"]


def contract() -> Mapping[str, str]:
    """The operations that clients send, by name; tests that need them skip, and say so, where they are absent."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "contract"
    folder = Path(os.environ.get("CUORE_CONTRACT") or beside)
    if not folder.exists():
        pytest.skip("no contract: set CUORE_CONTRACT to the folder of the operations that clients send")
    return {
        name: print_ast(operation)
        for path in folder.rglob("*.graphql")
        for name, operation in separate_operations(parse(path.read_text())).items()
    }


def test_every_operation_that_clients_send_is_valid_but_those_of_privacy() -> None:
    """Consents and the log of who read what are yet to come."""
    core = schema._schema
    wrong = {name for name, text in contract().items() if validate(core, parse(text))}
    assert wrong == {"Privacy", "GrantConsent", "WithdrawConsent"}


async def test_the_operations_that_clients_send_do_the_main_job(centre: Centre, people: People) -> None:
    sent = contract()
    patient, clinician, patient_id = people["patient"], people["clinician"], str(people.patient_id)

    weight = {**crisis((1, 1))[0], "value": {"weight": {"value": 179, "unit": "[lb_av]"}}}
    unlikely = {**crisis((1, 1))[0], "value": {"bloodPressure": {"systolic": 82, "diastolic": 128}}}
    readings = [*crisis((184, 112), (182, 108)), weight, unlikely]
    recorded = (await centre.ask(patient, sent["RecordVitals"], input={"readings": readings})).data["recordVitals"]
    assert [one["kind"] for one in recorded["accepted"]] == ["BLOOD_PRESSURE", "BLOOD_PRESSURE", "WEIGHT"]
    assert recorded["duplicates"] == []
    assert [(one["index"], one["code"]) for one in recorded["rejected"]] == [(3, "SWAPPED_PRESSURES")]

    data = as_json()
    begun = (await centre.ask(patient, sent["BeginEcgUpload"], input=announced(data, "JSON"))).data["beginEcgUpload"]
    strip_id = begun["strip"]["id"]
    assert len(data) <= begun["upload"]["maxBytes"]
    await centre.put(begun["upload"], data)
    done = await centre.ask(patient, sent["CompleteEcgUpload"], input={"stripId": strip_id})
    assert done.data["completeEcgUpload"] == {"strip": {"id": strip_id, "status": "RECEIVED"}}
    await centre.wait_until_done(patient_id, strip_id)

    page = {"patientId": patient_id, "first": 5}
    pressures = (await centre.ask(clinician, sent["Readings"], **page, kind="BLOOD_PRESSURE")).data["patient"]
    assert [edge["node"]["systolic"] for edge in pressures["readings"]["edges"]] == [182, 184]
    seen = (await centre.ask(clinician, sent["EcgStrip"], id=strip_id)).data["ecgStrip"]
    assert (seen["status"], round(seen["heartRate"]["mean"]), seen["heartRate"]["unit"]) == ("ANALYSED", 75, "/min")
    strips = (await centre.ask(clinician, sent["EcgStrips"], **page)).data["patient"]["ecgStrips"]
    assert [(edge["node"]["id"], edge["node"]["status"]) for edge in strips["edges"]] == [(strip_id, "ANALYSED")]
    found = (await centre.ask(clinician, sent["Patients"], first=5, search="Prova")).data["patients"]["edges"]
    (ada,) = [edge["node"] for edge in found]
    assert {one["kind"]: one.get("value", one.get("systolic")) for one in ada["latestReadings"]} == {
        "BLOOD_PRESSURE": 182,
        "WEIGHT": pytest.approx(81.193034),
    }

    (edge,) = (await centre.ask(clinician, sent["Worklist"], first=5)).data["worklist"]["edges"]
    (alert,) = edge["node"]["openAlerts"]
    taking = {"alertId": alert["id"], "expectedVersion": alert["version"]}
    taken = (await centre.ask(clinician, sent["AcknowledgeAlert"], input=taking)).data["acknowledgeAlert"]["alert"]
    changed = {"status": "ACKNOWLEDGED", "version": 2, "assignee": {"displayName": "Test clinician"}}
    assert taken == alert | changed

    home = (await centre.ask(patient, sent["Home"], today=date.today().isoformat())).data["viewer"]["patient"]  # noqa: DTZ011 - any day will do
    assert [edge["node"]["id"] for edge in home["alerts"]["edges"]] == [alert["id"]]
    assert (home["tasks"], home["nextAppointment"]) == ([], None)
