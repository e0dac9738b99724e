"""The few shapes that every picture is made of, in units of one CSS pixel from the top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Anchor = Literal["start", "middle", "end"]
MarkShape = Literal["circle", "square"]


def points(pairs: ArrayLike) -> Points:
    """Corners (n, 2) on a grid of hundredths, so that every format says the same number."""
    return np.asarray(pairs, dtype=np.float64).reshape(-1, 2).round(2)


@dataclass(frozen=True)
class Area:
    """A filled polygon without an edge."""

    corners: Points
    colour: str


@dataclass(frozen=True)
class Stroke:
    """An open line; `dash` is the length of a dash and of the room behind it."""

    corners: Points
    colour: str
    width: float
    dash: tuple[float, float] | None = None


@dataclass(frozen=True)
class Marks:
    """The same mark at many places: a circle of that radius, or a square that is as wide as the circle."""

    centres: Points
    shape: MarkShape
    radius: float
    fill: str
    edge: str
    edge_width: float


@dataclass(frozen=True)
class Words:
    """One line of plain text; every pen escapes it in its own way."""

    left: float
    baseline: float
    size: float
    words: str
    anchor: Anchor = "start"
    colour: str = "#000000"
    bold: bool = False


Shape = Area | Stroke | Marks | Words


@dataclass(frozen=True)
class Picture:
    """Shapes in the order in which they are drawn, with the words for those who cannot see them."""

    width: float
    height: float
    title: str
    description: str
    shapes: Sequence[Shape]
    language: str
