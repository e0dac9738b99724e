"""Trend charts as pictures, and the doctor's page, behind short-lived links."""

from uuid import uuid4

import numpy as np
from anyio import to_process

from adapters.report_pdf import DoctorReport as DrawnReport
from adapters.report_pdf import draw_report
from adapters.trend_drawing import DrawnSeries, DrawnTrend, draw_svg
from domain.doctor_reports import DoctorReport
from domain.ports import ObjectStore
from domain.trend_charts import CHARTS, LINK_LIFETIME, TrendChart


class StoredCharts:
    """`domain.ports.Charts`: drawn in a process of its own, kept in the object store until the sweep."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def picture_url(self, chart: TrendChart) -> str:
        """Where the picture can be seen for a few minutes."""
        return await self._kept(await to_process.run_sync(picture, chart), "svg", "image/svg+xml")

    async def report_url(self, report: DoctorReport) -> str:
        """Where the page can be fetched for a few minutes."""
        return await self._kept(await to_process.run_sync(page, report), "pdf", "application/pdf")

    async def _kept(self, data: bytes, ending: str, content_type: str) -> str:
        key = f"{CHARTS}{uuid4()}.{ending}"
        await self._store.put(key, data, content_type)
        return self._store.download_url(key, LINK_LIFETIME)


def picture(chart: TrendChart) -> bytes:
    """The chart as an SVG document."""
    return draw_svg(_drawn(chart)).encode()


def page(report: DoctorReport) -> bytes:
    """The report as a PDF of one page."""
    return draw_report(
        DrawnReport(
            title="Report for the doctor",
            facts=report.facts,
            blood_pressure=_drawn(report.blood_pressure),
            others=[_drawn(chart) for chart in report.others],
            findings=report.findings,
            footer="Measured at home unless said otherwise. Not a diagnosis.",
        )
    )


def _drawn(chart: TrendChart) -> DrawnTrend:
    series = [
        DrawnSeries(
            name=one.name,
            times_seconds=np.asarray(one.seconds, dtype=np.float64),
            values=np.asarray(one.numbers, dtype=np.float64),
            personal_low=one.expected[0] if one.expected else None,
            personal_high=one.expected[1] if one.expected else None,
        )
        for one in chart.series
    ]
    return DrawnTrend(
        title=chart.title,
        unit=chart.unit,
        series=series,
        from_seconds=chart.since.timestamp(),
        to_seconds=chart.until.timestamp(),
        time_zone=chart.time_zone,
    )
