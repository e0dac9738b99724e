"""The table that the Apple Watch exports: lines of details in the patient's language, then one number a line.

Keys, decimal marks, digits and minus signs follow the phone's language, so a detail is known by its value
("513.625 hertz", "µV"), hardly ever by its key. Name, date of birth and all else are skipped, never kept.
"""

import re

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats.strip import (
    MOST_SAMPLES_OF_A_LEAD,
    DecodedStrip,
    UnreadableStrip,
    checked,
    damaged,
    microvolts_of,
    named_leads,
    too_long,
    unknown_unit,
)

_MOST_DETAILS = 64
_MOST_CHARACTERS = 400
_MOST_NUMBER_CHARACTERS = 40
_HERTZ = re.compile(
    r"(\d+(?:[.,]\d+)?) ?"
    r"(?:hz|hertz(?:es|ów)?|hertzi[äa]?|герц(?:а|ів)?|гц|χερτζ|赫兹|赫茲|ヘルツ|헤르츠|เฮิรตซ์|הרץ|هرتز)",
    re.IGNORECASE,
)
_DETAIL = re.compile(r'"?[^,;\t"]*"?[,;\t](.*)')
_LEAD = re.compile(r"(?<![A-Za-z0-9])(I{1,3}|aV[RLF]|V[1-6])(?![A-Za-z0-9])")
# Spaces that group digits, quotes of the table, right-to-left marks; typographic minus; Arabic decimal mark.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        **dict.fromkeys('"\u200e\u200f\u061c\ufeff'),
        "−": "-",
        "٫": ".",
        "٬": "",
    }
)


def _number(text: str, *, comma_is_decimal: bool) -> float | None:
    """The number a line holds, or None where it holds something else."""
    if len(text) > _MOST_NUMBER_CHARACTERS:
        return None
    plain = text.replace(" ", "").replace("'", "").replace("’", "")
    plain = plain.replace(".", "").replace(",", ".") if comma_is_decimal else plain.replace(",", "")
    try:
        return None if "_" in plain else float(plain)
    except ValueError:
        return None


def _comma_is_decimal(lines: list[str]) -> bool:
    """Whether the file writes 12,5 rather than 12.5: told by lines with both marks, else by any comma."""
    for line in lines:
        if "," in line and "." in line:
            return line.rindex(",") > line.rindex(".")
    return not any("." in line for line in lines) and any("," in line for line in lines)


def _details(lines: list[str]) -> tuple[float, float, str]:
    """Sample rate in hertz, microvolts per unit and lead; the last hit wins, as the name stands first."""
    rate_hertz: float | None = None
    microvolts: float | None = None
    lead = "I"
    for line in lines:
        found = _DETAIL.fullmatch(line)
        value = found[1].strip() if found else ""
        if hertz := _HERTZ.fullmatch(value):
            rate_hertz = float(hertz[1].replace(",", "."))
        elif (unit := microvolts_of(value)) is not None:
            microvolts = unit
        elif rate_hertz is not None and (name := _LEAD.search(value)):
            lead = name[1]
    if rate_hertz is None:
        raise UnreadableStrip("NO_SAMPLE_RATE", "The file does not say how fast the recording was sampled.")
    if microvolts is None:
        raise unknown_unit()
    return rate_hertz, microvolts, lead


def _samples(lines: list[str]) -> NDArray[np.float64]:
    comma_is_decimal = _comma_is_decimal(lines)
    numbers = [_number(line, comma_is_decimal=comma_is_decimal) for line in lines]
    if None in numbers:
        raise damaged()
    return np.array(numbers, dtype=np.float64)


def read_apple_csv(data: bytes) -> DecodedStrip:
    """The recording of a table with details first and samples after.

    Raises:
        UnreadableStrip: when the rate, the unit or the numbers are missing or out of range.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise damaged() from None
    raw_lines = text.splitlines()
    if len(raw_lines) > MOST_SAMPLES_OF_A_LEAD:
        raise too_long()
    lines = [line[:_MOST_CHARACTERS].translate(_PLAIN).strip() for line in raw_lines]
    # Details end at the first line that is a number and nothing else.
    start = next(
        (
            at
            for at, line in enumerate(lines[:_MOST_DETAILS])
            if line and _number(line, comma_is_decimal=True) is not None
        ),
        None,
    )
    if start is None:
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    rate_hertz, microvolts, lead = _details(lines[:start])
    with np.errstate(over="ignore"):
        samples = _samples([line for line in lines[start:] if line]) * microvolts
    return checked("CSV", rate_hertz, dict(zip(named_leads([lead]), [samples], strict=True)))
