"""The pen for SVG: self-contained documents with a title and a description, and the reader's own sans-serif font."""

from xml.sax.saxutils import escape

import numpy as np

from adapters.charts.palette import PAPER
from adapters.charts.shapes import Area, Marks, Picture, Points, Shape, Stroke, Words


def _number(value: float) -> str:
    """Shortest form of a hundredth: `12`, `12.5`, `-0.25`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _path(corners: Points) -> str:
    """One move and then steps, which are shorter than places."""
    steps = " ".join(map(_number, np.diff(corners, axis=0).ravel().tolist()))
    return f"M{_number(corners[0, 0])} {_number(corners[0, 1])}" + f"l{steps}"


def _marks(marks: Marks) -> str:
    radius = _number(marks.radius)
    across = _number(2 * marks.radius)
    if marks.shape == "circle":
        outline = f"a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0z"
        starts = marks.centres - (marks.radius, 0)
    else:
        outline = f"h{across}v{across}h-{across}z"
        starts = marks.centres - (marks.radius, marks.radius)
    d = "".join(f"M{_number(left)} {_number(top)}{outline}" for left, top in starts.tolist())
    return f'<path fill="{marks.fill}" stroke="{marks.edge}" stroke-width="{_number(marks.edge_width)}" d="{d}"/>'


def _element(shape: Shape) -> str:
    match shape:
        case Area():
            return f'<path fill="{shape.colour}" d="{_path(shape.corners)}z"/>'
        case Stroke():
            dash = f' stroke-dasharray="{_number(shape.dash[0])} {_number(shape.dash[1])}"' if shape.dash else ""
            return (
                f'<path fill="none" stroke="{shape.colour}" stroke-width="{_number(shape.width)}"'
                f' stroke-linejoin="round"{dash} d="{_path(shape.corners)}"/>'
            )
        case Marks():
            return _marks(shape)
        case Words():
            weight = ' font-weight="600"' if shape.bold else ""
            return (
                f'<text x="{_number(shape.left)}" y="{_number(shape.baseline)}" font-size="{_number(shape.size)}"'
                f' text-anchor="{shape.anchor}" fill="{shape.colour}"{weight}>{escape(shape.words)}</text>'
            )


def svg(picture: Picture) -> str:
    """The picture as one document, which scales with the room that a page gives it."""
    width, height = _number(picture.width), _number(picture.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img" lang="{picture.language}"><title>{escape(picture.title)}</title>'
        f"<desc>{escape(picture.description)}</desc>"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
        f'<g font-family="system-ui, Helvetica, Arial, sans-serif">{"".join(map(_element, picture.shapes))}</g></svg>'
    )
