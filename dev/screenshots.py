"""`python -m dev.screenshots`: makes the pictures of the documents anew, into docs/pictures/.

With `--trend` only the chart of a demo patient, which needs no browser.
"""

import io
import sys
import tempfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from PIL import Image

from adapters.trend_drawing import DrawnEvent, draw_png
from adapters.trend_pictures import drawn
from analytics.noise_models import NOISE_MODELS
from analytics.trend import fit_trend
from dev.browser import Explorer, chromium, find_chromium
from dev.demo.patients import demo_patients
from dev.demo_system import demo_system
from dev.explorer import build, is_built
from dev.system import ROOT
from domain.kinds import Measure, VitalKind
from domain.trend_charts import ChartSeries, TrendChart
from domain.trends import Trend

PICTURES = ROOT / "docs" / "pictures"
TREND_UNTIL = date(2026, 11, 24)


def main() -> int:
    """Take them; the exit code."""
    _draw_trend()
    if "--trend" in sys.argv[1:]:
        return 0
    program = find_chromium()
    if program is None:
        sys.stderr.write("There is no Chromium; install it, or say where it is with CUORE_CHROMIUM.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "explorer.log"
        if not is_built() and not build(log):
            sys.stderr.write(log.read_text())
            return 1
        with demo_system(Path(folder) / "system") as system, chromium(program) as explorer:
            explorer.open(f"{system.url}/")
            explorer.sign_in("Clinician")
            _take(explorer)
    return 0


def _draw_trend() -> None:
    """Ninety days of a treated patient's blood pressure with own limits, as a phone shows it."""
    patient = demo_patients(TREND_UNTIL)[0]
    until = datetime.combine(TREND_UNTIL, time(), ZoneInfo(patient.time_zone))
    since = until - timedelta(days=90)
    taken = [sample for sample in patient.samples if sample.kind is VitalKind.BLOOD_PRESSURE and sample.at >= since]
    seconds = [sample.at.timestamp() for sample in taken]
    parts = []
    for measure, low, high in ((Measure.SYSTOLIC, 100, 135), (Measure.DIASTOLIC, None, 85)):
        numbers = [sample.values[measure.lower()] for sample in taken]
        noise = NOISE_MODELS[measure]
        fit = fit_trend(np.array(seconds), np.array(numbers), noise)
        parts.append(ChartSeries(Trend(measure, noise.unit, since, until, seconds, numbers, fit), low, high))
    change = DrawnEvent((until - timedelta(days=76)).timestamp(), "Ramipril 2.5 mg → 5 mg")
    trend = replace(drawn(TrendChart(patient.time_zone, "en", parts)), events=[change])
    PICTURES.mkdir(exist_ok=True)
    picture = Image.open(io.BytesIO(draw_png(trend))).quantize(256)
    picture.save(PICTURES / "trend-blood-pressure.png", optimize=True)


def _take(explorer: Explorer) -> None:
    """One picture of the worklist with its alert, one of a strip; each when there is something to see."""
    for operation, name, shows in (
        ("Worklist", "explorer-worklist.png", lambda: "BP-CRISIS-3" in explorer.answer()),
        ("EcgStrips", "explorer-strip.png", lambda: explorer.pictures() != []),
    ):
        explorer.choose(operation)
        explorer.play_until(shows)
        # Without the pointer's highlight; and 256 colours, enough for such a page, make a small file.
        explorer.page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(explorer.page.screenshot())).convert("RGB").quantize(256)
        picture.save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
