"""Charts of home measurements: what to draw, one layout of plain shapes, and a pen for each format."""
