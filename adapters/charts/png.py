"""The pen for PNG: two pixels to the unit for the dense screens of phones, lines and marks with smooth edges."""

import io

import numpy as np
from PIL import Image, ImageDraw

from adapters.charts.palette import PAPER
from adapters.charts.shapes import Area, Marks, Picture, Points, Stroke, Words
from adapters.charts.typeface import font

PIXELS_PER_UNIT = 2
_OVERSAMPLING = 3
_SCALE = PIXELS_PER_UNIT * _OVERSAMPLING
_CSS_DPI = 96
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
Pair = tuple[float, float]


def _pairs(corners: Points) -> list[Pair]:
    return [(left, top) for left, top in (corners * _SCALE - 0.5).tolist()]


def _dashes(corners: Points, dash: tuple[float, float]) -> list[Points]:
    """A line as its dashes, measured along it around its corners."""
    along = np.concatenate([[0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    starts = np.arange(0, along[-1], sum(dash))
    lines = []
    for start, end in zip(starts, np.minimum(starts + dash[0], along[-1]), strict=True):
        places = [start, *along[(along > start) & (along < end)], end]
        lines.append(np.column_stack([np.interp(places, along, axis) for axis in corners.T]))
    return lines


def _stroke(draw: ImageDraw.ImageDraw, stroke: Stroke) -> None:
    width = max(1, round(stroke.width * _SCALE))
    lines = _dashes(stroke.corners, stroke.dash) if stroke.dash else [stroke.corners]
    for line in lines:
        draw.line(_pairs(line), fill=stroke.colour, width=width, joint="curve")


def _marks(draw: ImageDraw.ImageDraw, marks: Marks) -> None:
    # Pillow draws an edge inside of the outline, SVG and PDF on both sides of it.
    reach = (marks.radius + marks.edge_width / 2) * _SCALE
    width = round(marks.edge_width * _SCALE)
    paint = draw.ellipse if marks.shape == "circle" else draw.rectangle
    for left, top in _pairs(marks.centres):
        paint((left - reach, top - reach, left + reach, top + reach), fill=marks.fill, outline=marks.edge, width=width)


def png(picture: Picture) -> bytes:
    """The picture with twice as many pixels as it has units; words come last, at their final size, and stay crisp."""
    size = (round(picture.width * _SCALE), round(picture.height * _SCALE))
    fine = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(fine)
    for shape in picture.shapes:
        match shape:
            case Area():
                draw.polygon(_pairs(shape.corners), fill=shape.colour)
            case Stroke():
                _stroke(draw, shape)
            case Marks():
                _marks(draw, shape)
            case Words():
                pass
    image = fine.reduce(_OVERSAMPLING)
    draw = ImageDraw.Draw(image)
    for words in picture.shapes:
        if isinstance(words, Words):
            draw.text(
                (words.left * PIXELS_PER_UNIT, words.baseline * PIXELS_PER_UNIT),
                words.words,
                fill=words.colour,
                font=font(words.size * PIXELS_PER_UNIT, bold=words.bold),
                anchor=_ANCHORS[words.anchor],
            )
    buffer = io.BytesIO()
    dots = _CSS_DPI * PIXELS_PER_UNIT
    image.save(buffer, "PNG", dpi=(dots, dots))
    return buffer.getvalue()
