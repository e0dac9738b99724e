"""What a strip costs: processor time of all that is done with it, and the memory of the process that does it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Row = tuple[str, str, str]
_MEASURE = """
import resource, sys, time
from pathlib import Path
import orjson, soundfile
from adapters.strip_drawing import draw_svg
from adapters.strip_reading import read_strip
from workers.strip_drawings import drawing_of

def whole(document):
    draw_svg(drawing_of(read_strip(document), "now"))

documents = []
for path in sorted(Path(sys.argv[1], "cinc2017").glob("*.flac"))[::20]:
    steps, rate = soundfile.read(str(path), dtype="int16")
    leads = {"I": steps[: 30 * rate].tolist()}
    documents.append(orjson.dumps({"sampleRateHertz": rate, "unit": "uV", "leads": leads}))
for document in documents[:20]:
    whole(document)
spent = []
for document in documents:
    began = time.process_time()
    whole(document)
    spent.append(1000 * (time.process_time() - began))
spent.sort()
print(spent[len(spent) // 2], spent[int(0.95 * len(spent))], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def cost(folder: Path) -> Iterator[Row]:
    """Of strips of up to 30 s as JSON: decoded, analysed, drawn as SVG."""
    command = [sys.executable, "-c", _MEASURE, str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
    median, most, memory = map(float, answer.split())
    yield (
        "whole analysis of a strip with SVG, processor time",
        f"median {median:.1f} ms, p95 {most:.1f} ms",
        "p95 25 ms",
    )
    yield "memory of the process", f"{memory:.0f} MB", "150 MB"
