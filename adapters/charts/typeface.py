"""Open Sans (Apache-2.0), which has the letters of all languages of the European Union; its widths and its files."""

import re
from bisect import bisect_right
from functools import lru_cache
from importlib.resources import files

from PIL import ImageFont

_FILES = files("ttf_opensans") / "ttf"
_MEASURED_AT = 64
# A browser without Open Sans takes its own font; the widest usual ones, Verdana and DejaVu Sans, are wider by this.
_OTHERS_ARE_WIDER = 1.1
# The typeface has no arrow, and doses are written with one.
_REPLACED = {"→": "›"}
_UNBROKEN = re.compile(r"\([^()]{1,30}\)\S*|\S+")


def font_file(*, bold: bool) -> str:
    """The path of the upright font."""
    return str(_FILES / ("OpenSans-SemiBold.ttf" if bold else "OpenSans-Regular.ttf"))


@lru_cache(maxsize=32)
def font(size_pixels: float, *, bold: bool) -> ImageFont.FreeTypeFont:
    """The font for drawing; one layout engine, so that a machine with another one draws the same."""
    return ImageFont.truetype(font_file(bold=bold), size_pixels, layout_engine=ImageFont.Layout.BASIC)


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """The room that these words may need, whichever sans-serif font a browser has."""
    return font(_MEASURED_AT, bold=bold).getlength(words) * size / _MEASURED_AT * _OTHERS_ARE_WIDER


def plain(words: str) -> str:
    """One line of printable characters: control characters would make the SVG no XML."""
    there = "".join(_REPLACED.get(character, character) for character in words)
    return " ".join("".join(character if character.isprintable() else " " for character in there).split())


def shortened(words: str, size: float, most_width: float, *, bold: bool = False) -> str:
    """The words, or as many of their first characters as there is room for."""
    # Far more than fits on any line, so that a text of a megabyte costs no time.
    words = plain(words[:500])
    if width_of(words, size, bold=bold) <= most_width:
        return words
    fitting = bisect_right(
        range(1, len(words)), most_width, key=lambda count: width_of(words[:count] + "…", size, bold=bold)
    )
    return words[:fitting].rstrip() + "…"


def wrapped(words: str, size: float, most_width: float, most_lines: int, *, bold: bool = False) -> list[str]:
    """Broken between words into lines of at most that width; what is left over is cut and shown to be.

    A few words in brackets stay together: the half of an interval says nothing.
    """
    left = _UNBROKEN.findall(plain(words[: 500 * most_lines]))
    lines: list[str] = []
    while left:
        if len(lines) == most_lines - 1:
            return [*lines, shortened(" ".join(left), size, most_width, bold=bold)]
        count = 1
        while count < len(left) and width_of(" ".join(left[: count + 1]), size, bold=bold) <= most_width:
            count += 1
        lines.append(shortened(" ".join(left[:count]), size, most_width, bold=bold))
        left = left[count:]
    return lines
