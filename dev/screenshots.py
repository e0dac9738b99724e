"""`python -m dev.screenshots`: takes the README's pictures of the explorer anew, into docs/pictures/."""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from dev.browser import Explorer, chromium, find_chromium
from dev.demo_system import demo_system
from dev.explorer import build, is_built
from dev.system import ROOT

PICTURES = ROOT / "docs" / "pictures"


def main() -> int:
    """Take them; the exit code."""
    program = find_chromium()
    if program is None:
        sys.stderr.write("There is no Chromium; install it, or say where it is with CUORE_CHROMIUM.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "explorer.log"
        if not is_built() and not build(log):
            sys.stderr.write(log.read_text())
            return 1
        with demo_system(Path(folder) / "system") as system, chromium(program) as explorer:
            explorer.open(f"{system.url}/")
            explorer.sign_in("Clinician")
            _take(explorer)
    return 0


def _take(explorer: Explorer) -> None:
    """One picture of the worklist with its alert, one of a strip; each when there is something to see."""
    PICTURES.mkdir(exist_ok=True)
    for operation, name, shows in (
        ("Worklist", "explorer-worklist.png", lambda: "BP-CRISIS-3" in explorer.answer()),
        ("EcgStrips", "explorer-strip.png", lambda: explorer.pictures() != []),
    ):
        explorer.choose(operation)
        explorer.play_until(shows)
        # Without the pointer's highlight; and 256 colours, enough for such a page, make a small file.
        explorer.page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(explorer.page.screenshot())).convert("RGB").quantize(256)
        picture.save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
