"""Reading the pages of rules that doctors read."""

from datetime import timedelta
from pathlib import Path

PAGES = Path(__file__).parents[3] / "docs" / "rules"
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading of a page, without its head."""
    section = (PAGES / page).read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def duration(text: str) -> timedelta:
    """`30 min`, `59 s`, `24 h` or `2 d`."""
    number, unit = text.split()
    return timedelta(seconds=float(number) * SECONDS[unit])
