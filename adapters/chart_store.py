"""Trend charts as pictures, and the doctor's page, behind short-lived links."""

from uuid import uuid4

from domain.child_processes import in_child
from domain.doctor_reports import DoctorReport
from domain.ports import ObjectStore
from domain.trend_charts import CHARTS, LINK_LIFETIME, PictureFormat, TrendChart

_ENDINGS = {PictureFormat.SVG: ("svg", "image/svg+xml"), PictureFormat.PNG: ("png", "image/png")}


class StoredCharts:
    """`domain.ports.Charts`: drawn in a process of its own, kept in the object store until the sweep."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def picture_url(self, chart: TrendChart, picture_format: PictureFormat, width: int) -> str:
        """Where the picture can be seen for a few minutes."""
        data = await in_child(picture, chart, picture_format, width)
        return await self._kept(data, *_ENDINGS[picture_format])

    async def report_url(self, report: DoctorReport) -> str:
        """Where the page can be fetched for a few minutes."""
        return await self._kept(await in_child(page, report), "pdf", "application/pdf")

    async def _kept(self, data: bytes, ending: str, content_type: str) -> str:
        key = f"{CHARTS}{uuid4()}.{ending}"
        await self._store.put(key, data, content_type)
        return self._store.download_url(key, LINK_LIFETIME)


def picture(chart: TrendChart, picture_format: PictureFormat, width: int) -> bytes:
    """The chart as an SVG document or a PNG, `width` CSS pixels wide."""
    from adapters.trend_drawing import draw_png, draw_svg  # noqa: PLC0415 - only the processes that draw load it
    from adapters.trend_pictures import drawn  # noqa: PLC0415 - as above

    trend = drawn(chart)
    return draw_png(trend, width) if picture_format is PictureFormat.PNG else draw_svg(trend, width).encode()


def page(report: DoctorReport) -> bytes:
    """The report as a PDF of one page."""
    from adapters.doctor_pages import doctor_page  # noqa: PLC0415 - as above

    return doctor_page(report)
