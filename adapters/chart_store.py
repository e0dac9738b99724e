"""Trend charts as pictures behind short-lived links."""

from uuid import uuid4

import numpy as np
from anyio import to_process

from adapters.trend_drawing import DrawnSeries, DrawnTrend, draw_svg
from domain.ports import ObjectStore
from domain.trend_charts import CHARTS, LINK_LIFETIME, TrendChart


class StoredCharts:
    """`domain.ports.Charts`: drawn in a process of its own, kept in the object store until the sweep."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def picture_url(self, chart: TrendChart) -> str:
        """Where the picture can be seen for a few minutes."""
        picture = await to_process.run_sync(drawn, chart)
        key = f"{CHARTS}{uuid4()}.svg"
        await self._store.put(key, picture, "image/svg+xml")
        return self._store.download_url(key, LINK_LIFETIME)


def drawn(chart: TrendChart) -> bytes:
    """The chart as an SVG document."""
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
    trend = DrawnTrend(
        title=chart.title,
        unit=chart.unit,
        series=series,
        from_seconds=chart.since.timestamp(),
        to_seconds=chart.until.timestamp(),
        time_zone=chart.time_zone,
    )
    return draw_svg(trend).encode()
