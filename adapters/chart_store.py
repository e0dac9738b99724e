"""Trend charts as pictures, and the doctor's page, behind short-lived links."""

from typing import TYPE_CHECKING
from uuid import uuid4

from anyio import to_process

from domain.doctor_reports import DoctorReport
from domain.ports import ObjectStore
from domain.trend_charts import CHARTS, LINK_LIFETIME, TrendChart

if TYPE_CHECKING:
    from adapters.trend_drawing import DrawnTrend


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
    from adapters.trend_drawing import draw_svg  # noqa: PLC0415 - only the processes that draw need to load it

    return draw_svg(_drawn(chart)).encode()


def page(report: DoctorReport) -> bytes:
    """The report as a PDF of one page."""
    from adapters.report_pdf import DoctorReport as DrawnReport  # noqa: PLC0415 - as above
    from adapters.report_pdf import draw_report  # noqa: PLC0415

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


def _drawn(chart: TrendChart) -> "DrawnTrend":
    import numpy as np  # noqa: PLC0415 - as above

    from adapters.trend_drawing import DrawnSeries, DrawnTrend  # noqa: PLC0415

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
