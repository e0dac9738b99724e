"""Patients."""

from collections.abc import Mapping
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from domain import (
    daily_summaries,
    device_tokens,
    doctor_reports,
    findings,
    home_blood_pressure,
    patients,
    readings,
    series,
    strips,
    trend_charts,
    trends,
)
from domain.errors import NotFound
from domain.kinds import AlertStatus, Measure, Role, VitalKind
from schema.access import loads, needs
from schema.alert_rules import RuleOverride, rule_overrides_of
from schema.alerts import Alert, alerts_of_patients
from schema.care_teams import CareTeamMember, care_teams_of
from schema.context import Info, is_any_asked
from schema.device_tokens import DeviceToken, device_token_of
from schema.execution.from_row import FromRow, Readers
from schema.findings import Anomaly, anomaly_of
from schema.home_blood_pressure import HomeBloodPressure, home_blood_pressure_of
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.patient_reminders import PatientReminders
from schema.patient_therapy import PatientTherapy
from schema.patient_visits import PatientVisits
from schema.scalars import required_offset, required_uuid, with_offset
from schema.series import DailySummary, Series, daily_summary_of, series_of
from schema.strips import EcgStrip, strip_of
from schema.trends import Trend, trend_of
from schema.vital_limits import VitalLimit, vital_limits_of
from schema.vitals import READING_CLASS, READING_DETAILS, Reading, reading_of


@strawberry.type(description="A patient, as far as the caller may see.")
class Patient(PatientVisits, PatientTherapy, PatientReminders):
    id: strawberry.ID = strawberry.field(description="The patient's id.")
    display_name: str = strawberry.field(description="Name.")
    birth_date: date = strawberry.field(description="Date of birth.")
    conditions: list[str] = strawberry.field(description="Recorded conditions.")
    time_zone: str = strawberry.field(description="IANA time zone in which the patient lives.")
    locale: str = strawberry.field(description="Language and region, such as it-IT.")

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=attrgetter("key"))
    @staticmethod
    async def care_team(ids: list[UUID], info: Info) -> list[list[CareTeamMember]]:
        """Who cares for the patient now, the longest first."""
        return await care_teams_of(info.context, ids)

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def limits(ids: list[UUID], info: Info) -> list[list[VitalLimit]]:
        """Limits of the patient's own; a measure that is not among them follows the clinic's."""
        return await vital_limits_of(info.context, ids)

    @loads(Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def rule_overrides(ids: list[UUID], info: Info) -> list[list[RuleOverride]]:
        """What is set of rules for the patient alone, until it ends."""
        return await rule_overrides_of(info.context, ids)

    @loads(Role.PATIENT, Role.CLINICIAN, key=attrgetter("key"))
    @staticmethod
    async def latest_readings(
        ids: list[UUID],
        info: Info,
        kinds: Annotated[list[VitalKind], strawberry.argument(description="The wanted kinds.")],
    ) -> list[list[Reading]]:
        """The newest reading of each of `kinds`."""
        work = await info.context.reads()
        found: dict[UUID, list[Reading]] = {one: [] for one in ids}
        wanted, with_details = [*dict.fromkeys(kinds)], is_any_asked(info, READING_DETAILS)
        with_scheme = is_any_asked(info, READING_CLASS)
        for row in await readings.latest(
            work.connection, ids, wanted, with_details=with_details, with_scheme=with_scheme
        ):
            found[row["patient_id"]].append(reading_of(row))
        for one in ids:
            work.audit("latestReadings", patient_id=one)
        return [*found.values()]

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def readings(
        self,
        info: Info,
        kind: Annotated[VitalKind, strawberry.argument(description="What was measured.")],
        first: First,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="Not before this moment.")
        ] = None,
        to: Annotated[datetime | None, strawberry.argument(description="Before this moment.")] = None,
        after: After = None,
        *,
        with_superseded: Annotated[
            bool, strawberry.argument(description="Also those that a correction has replaced.")
        ] = False,
    ) -> Connection[Reading]:
        """Readings of one kind, newest first."""
        work = await info.context.reads()
        rows = await readings.page(
            work.connection,
            self.key,
            kind,
            since=with_offset(from_, "from"),
            until=with_offset(to, "to"),
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
            with_superseded=with_superseded,
            with_details=is_any_asked(info, READING_DETAILS),
            with_scheme=is_any_asked(info, READING_CLASS),
        )
        work.audit(f"readings:{kind}", patient_id=self.key)
        return make_page(rows, first, lambda row: [row["measured_at"], str(row["id"])], reading_of)

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=lambda patient: (patient.key, patient.locale))
    @staticmethod
    async def alerts(
        whose: list[tuple[UUID, str]],
        info: Info,
        first: First,
        status: Annotated[
            list[AlertStatus] | None, strawberry.argument(description="Only those in one of these states.")
        ] = None,
        after: After = None,
    ) -> list[Connection[Alert]]:
        """Alerts, the newest first."""
        return await alerts_of_patients(info.context, whose, first, status, after)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def ecg_strips(self, info: Info, first: First, after: After = None) -> Connection[EcgStrip]:
        """ECG strips, the newest first, also those that are still being uploaded or read."""
        rows = await strips.page(
            await info.context.reads(),
            self.key,
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        return make_page(
            rows,
            first,
            lambda row: [row["recorded_at"], str(row["id"])],
            lambda row: strip_of(row, info),
        )

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def series(
        self,
        info: Info,
        measure: Annotated[Measure, strawberry.argument(description="What was measured.")],
        from_: Annotated[datetime, strawberry.argument(name="from", description="Not before this moment.")],
        to: Annotated[datetime, strawberry.argument(description="Before this moment.")],
        max_points: Annotated[
            int | None, strawberry.argument(description="Thin to at most so many, 10 to 10000, extremes kept.")
        ] = None,
    ) -> Series:
        """One measure as columns, for a chart."""
        work = await info.context.reads()
        since, until = required_offset(from_, "from"), required_offset(to, "to")
        return series_of(await series.series(work, self.key, measure, since, until, max_points))

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def daily_summaries(
        self,
        info: Info,
        measure: Annotated[Measure, strawberry.argument(description="What was measured.")],
        from_: Annotated[datetime, strawberry.argument(name="from", description="From the day of this moment.")],
        to: Annotated[datetime, strawberry.argument(description="To the day of this moment.")],
    ) -> list[DailySummary]:
        """What each of the patient's days with readings comes to, oldest first."""
        work = await info.context.reads()
        since, until = required_offset(from_, "from"), required_offset(to, "to")
        rows = await daily_summaries.daily_summaries(work.connection, self.key, measure, since, until)
        work.audit(f"dailySummaries:{measure}", patient_id=self.key)
        return [daily_summary_of(row) for row in rows]

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def trend(
        self,
        info: Info,
        measure: Annotated[Measure, strawberry.argument(description="What was measured.")],
        days: Annotated[int, strawberry.argument(description="Length of the window that ends now, 7 to 366 days.")],
    ) -> Trend:
        """The straight trend of one measure, robust to outliers."""
        return trend_of(await trends.trend(await info.context.reads(), self.key, measure, days))

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def trend_image_url(
        self,
        info: Info,
        measure: Annotated[Measure, strawberry.argument(description="What was measured.")],
        days: Annotated[int, strawberry.argument(description="Length of the window that ends now, 7 to 366 days.")],
        format_: Annotated[
            trend_charts.PictureFormat, strawberry.argument(name="format", description="SVG if not said.")
        ] = trend_charts.PictureFormat.SVG,
        width: Annotated[
            int | None,
            strawberry.argument(
                description="In CSS pixels, 320 to 1200; a phone's 360 if absent. A PNG has two dots for each."
            ),
        ] = None,
    ) -> str:
        """The trend as a picture, in the patient's language; both pressures are drawn together; the link lives 5
        minutes.
        """
        width = trend_charts.check_width(width)
        chart = await trend_charts.trend_chart(await info.context.reads(), self.key, measure, days)
        return await info.context.backend.charts.picture_url(chart, format_, width)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def anomalies(self, info: Info, first: First, after: After = None) -> Connection[Anomaly]:
        """What is unusual in the patient's vitals, the newest first."""
        rows = await findings.page(
            await info.context.reads(),
            self.key,
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        return make_page(
            rows,
            first,
            lambda row: [row["raised_at"], str(row["id"])],
            lambda row: anomaly_of(row, self.locale, self.time_zone),
        )

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def report_url(
        self,
        info: Info,
        days: Annotated[int, strawberry.argument(description="Length of the window that ends now, 7 to 366 days.")],
    ) -> str:
        """One page for the doctor (PDF): charts, the home protocol's result, how regularly was measured; the link
        lives 5 minutes.
        """
        report = await doctor_reports.doctor_report(await info.context.reads(), self.key, days)
        return await info.context.backend.charts.report_url(report)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def home_blood_pressure(
        self,
        info: Info,
        ending_on: Annotated[
            date | None, strawberry.argument(description="Last of the seven days; today if absent.")
        ] = None,
    ) -> HomeBloodPressure:
        """What a week of measuring at home comes to, by the guideline's protocol and the clinic's scheme."""
        work = await info.context.reads()
        schemes = await home_blood_pressure.schemes(work.connection, [self.key])
        last_day = ending_on or home_blood_pressure.today(work.at, self.time_zone)
        found = await home_blood_pressure.protocol(work, self.key, last_day, schemes[self.key])
        return home_blood_pressure_of(found)

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def device_tokens(self, info: Info, first: First, after: After = None) -> Connection[DeviceToken]:
        """With what the patient's devices sign in, the newest first, also what works no more; never the secrets."""
        rows = await device_tokens.page(
            await info.context.reads(),
            self.key,
            before=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        return make_page(rows, first, lambda row: [row["made_at"], row["id"]], device_token_of)


class _PatientFromRow(FromRow, Patient):
    readers: ClassVar[Readers] = {
        "id": lambda row: str(row["id"]),
        "display_name": itemgetter("display_name"),
        "birth_date": itemgetter("birth_date"),
        "conditions": lambda row: [*row["conditions"]],
        "time_zone": itemgetter("time_zone"),
        "locale": itemgetter("locale"),
        "key": itemgetter("id"),
    }


def patient_of(row: Mapping[str, Any]) -> Patient:
    """The GraphQL type of a row of `patient`."""
    return _PatientFromRow(row)


@strawberry.type
class PatientsQuery:
    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def patient(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The patient's id.")],  # noqa: A002
    ) -> Patient:
        """One patient."""
        work = await info.context.reads()
        patient_id = required_uuid(id, "id")
        found = await patients.visible_among(work.connection, info.context.actor, [patient_id], work.at)
        if patient_id not in found:
            raise NotFound("There is no such patient.")
        work.audit("patient", patient_id=patient_id)
        return patient_of(found[patient_id])

    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def patients(
        self,
        info: Info,
        first: First,
        after: After = None,
        search: Annotated[str | None, strawberry.argument(description="A part of the name.")] = None,
    ) -> Connection[Patient]:
        """The caller's patients by name."""
        work = await info.context.reads()
        rows = await patients.page(
            work.connection,
            info.context.actor,
            at=work.at,
            search=search,
            after=decode(after, str, UUID),
            limit=check_first(first) + 1,
        )
        for row in rows[:first]:
            work.audit("patients", patient_id=row["id"])
        return make_page(rows, first, lambda row: [row["display_name"], str(row["id"])], patient_of)
