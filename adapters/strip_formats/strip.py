"""What every reader of recordings shares: the result, the refusal, the limits, the units."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 8 * 1024 * 1024
SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 600.0
LOWEST_RATE_HERTZ = 50.0
HIGHEST_RATE_HERTZ = 2000.0
# Ten minutes of twelve leads at 500 Hz fit; so many claimed channels or samples as to fill the memory do not.
MOST_LEADS = 16
MOST_SAMPLES = 4_000_000
MOST_SAMPLES_OF_A_LEAD = int(LONGEST_SECONDS * HIGHEST_RATE_HERTZ)
# A heart gives millivolts. Beyond a volt the unit is wrong, and squares of it would only overflow later.
HIGHEST_MICROVOLTS = 1e6

_MICROVOLTS_OF_UNIT = {
    "uv": 1.0,
    "µv": 1.0,
    "μv": 1.0,
    "мкв": 1.0,
    "microvolt": 1.0,
    "microvolts": 1.0,
    "mv": 1e3,
    "мв": 1e3,
    "millivolt": 1e3,
    "millivolts": 1e3,
    "v": 1e6,
    "volt": 1e6,
    "volts": 1e6,
}
_LEAD_NAME = re.compile(r"I{1,3}|aV[RLF]|V[1-9]R?|MLI{1,3}|MCL[1-6]|ECG[1-9]?|CM[1-5]|V[XYZ]|[XYZ]", re.IGNORECASE)
_SPELLED = {"AVR": "aVR", "AVL": "aVL", "AVF": "aVF"}


@dataclass(frozen=True)
class DecodedStrip:
    """A recording free of its file format and of every personal detail.

    `leads` holds one array of microvolts per lead, all equally long, in the order of the file.
    """

    format: str
    sample_rate_hertz: float
    leads: dict[str, NDArray[np.float64]]


class UnreadableStrip(Exception):
    """The file cannot be used: a code for programs and a sentence for the patient, neither quoting the file."""

    def __init__(self, code: str, sentence: str) -> None:
        # Both in args, so that the refusal survives the way back from a child process.
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def damaged() -> UnreadableStrip:
    """The refusal of a file that starts right and then breaks off or contradicts itself."""
    return UnreadableStrip("DAMAGED", "The file is damaged or incomplete. Please export the recording again.")


def too_long() -> UnreadableStrip:
    return UnreadableStrip("TOO_LONG", "The recording is longer than 10 minutes. Please send a shorter one.")


def too_many_leads() -> UnreadableStrip:
    return UnreadableStrip("TOO_MANY_LEADS", "The recording has more channels than we can read.")


def microvolts_of(unit: str) -> float | None:
    """How many microvolts one of `unit` is, or None where it is not a voltage we know."""
    return _MICROVOLTS_OF_UNIT.get(unit.strip().casefold())


def unknown_unit() -> UnreadableStrip:
    return UnreadableStrip("UNKNOWN_UNIT", "The file does not say in which unit the heart's voltage was measured.")


def is_free_text(name: str) -> bool:
    """Whether a channel is called something that is not known to be a lead, and so might be anybody's name."""
    return named_leads([name]) == ["Channel 1"]


def named_leads(names: Iterable[str]) -> list[str]:
    """Known lead names as they are usually spelled; any other text, and any repetition, becomes "Channel n".

    A free text could carry a name, so only what is known to be a lead passes.
    """
    taken: list[str] = []
    for position, name in enumerate(names, start=1):
        wanted = name.strip()
        if wanted.casefold().startswith("lead "):
            wanted = wanted[5:].strip()
        wanted = wanted.upper() if _LEAD_NAME.fullmatch(wanted) else ""
        wanted = _SPELLED.get(wanted, wanted)
        taken.append(wanted if wanted and wanted not in taken else f"Channel {position}")
    return taken


def checked(name: str, sample_rate_hertz: float, leads: dict[str, NDArray[np.float64]]) -> DecodedStrip:
    """The strip, if its rate, length and values can be those of a heart recording.

    Raises:
        UnreadableStrip: naming the first limit that is broken.
    """
    if not LOWEST_RATE_HERTZ <= sample_rate_hertz <= HIGHEST_RATE_HERTZ:  # also refuses NaN
        raise UnreadableStrip(
            "SAMPLE_RATE_OUT_OF_RANGE",
            "The recording has a sampling rate that we cannot use. It must lie between 50 and 2000 hertz.",
        )
    if not leads:
        raise UnreadableStrip("NO_SIGNAL", "The file contains no heart recording.")
    if len(leads) > MOST_LEADS:
        raise too_many_leads()
    lengths = {len(samples) for samples in leads.values()}
    if len(lengths) != 1:
        raise UnreadableStrip("UNEQUAL_LEADS", "The channels of the recording are not equally long.")
    seconds = lengths.pop() / sample_rate_hertz
    if seconds < SHORTEST_SECONDS:
        raise UnreadableStrip("TOO_SHORT", "The recording is shorter than one second. Please record a new one.")
    if seconds > LONGEST_SECONDS:
        raise too_long()
    for samples in leads.values():
        if not np.isfinite(samples).all():
            raise UnreadableStrip("MISSING_SAMPLES", "The recording has gaps. Please record a new one.")
        if np.abs(samples).max() > HIGHEST_MICROVOLTS:
            raise UnreadableStrip(
                "AMPLITUDE_OUT_OF_RANGE",
                "The recording has values that no heart can produce. Perhaps its unit is wrong.",
            )
    return DecodedStrip(name, float(sample_rate_hertz), leads)
