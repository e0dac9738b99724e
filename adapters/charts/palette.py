"""Colours that differ in lightness, too: after Okabe and Ito (2008), safe for red-green blindness and grey printers."""

PAPER = "#ffffff"
INK = "#1a1a1a"
GREY = "#555555"
GRID = "#dcdcdc"
FRAME = "#8c8c8c"
HATCH = "#a8a8a8"
PERSONAL, PERSONAL_EDGE = "#d7eee5", "#009e73"
# A series is told apart by its mark first, then by lightness, then by hue: dark blue before vermilion.
SERIES = ("#00487a", "#d55e00")
SERIES_LINES = ("#86aac6", "#f0b48c")
