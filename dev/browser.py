"""The explorer in Chromium, used as by hand."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, WebSocket, sync_playwright

PATIENCE_SECONDS = 20
LOOK_MILLISECONDS = 50
# No sandbox, since tests run as root in containers; and nothing that asks Chromium's own servers.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

REMEMBERED = """() => {
  const key = Object.keys(sessionStorage).find(each => each.endsWith("graphiql:tabState"));
  const { tabs, activeTabIndex } = JSON.parse(sessionStorage.getItem(key) ?? '{"tabs": []}');
  return tabs[activeTabIndex]?.variables ?? "";
}"""


def find_chromium() -> str | None:
    """The program that CUORE_CHROMIUM names, or the one in PATH."""
    names = (os.environ.get("CUORE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Explorer:
    """A page of the explorer; `hosts` it asked, `sockets` it opened, `complaints` are what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.sockets: list[WebSocket] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", self._opened)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, url: str) -> None:
        # What is inside the page (blob:, data:) names no host.
        if host := urlsplit(url).hostname:
            self.hosts.add(host)

    def _opened(self, socket: WebSocket) -> None:
        self._asked(socket.url)
        self.sockets.append(socket)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def open(self, url: str) -> None:
        """Go to the page and wait for its editor."""
        self.page.goto(url)
        self.until(lambda: "query" in self._text(".graphiql-query-editor .view-lines"))

    def sign_in(self, title: str) -> None:
        """Choose a persona."""
        self.page.get_by_role("button", name=title, exact=True).click()
        self.until(lambda: self.who() == f"Signed in as {title}")

    def who(self) -> str:
        """Who the bar says is signed in."""
        return self._text(".bar-who")

    def choose(self, operation: str) -> None:
        """Go to the tab of an operation."""
        self.page.get_by_role("tablist").get_by_role("button", name=operation, exact=True).click()
        self.until(lambda: f" {operation}(" in self._text(".graphiql-query-editor .view-lines"))

    def play(self) -> None:
        """Press play."""
        self.page.get_by_role("button", name="Execute query").click()

    def play_until(self, holds: Callable[[], bool]) -> None:
        """Press play, and again every other second until it holds: what a worker does appears a little later."""
        next_press = time.monotonic()

        def look() -> bool:
            nonlocal next_press
            if not holds() and time.monotonic() >= next_press:
                self.play()
                next_press = time.monotonic() + 2
            return holds()

        self.until(look)

    def variables(self) -> str:
        """What stands in the variables, as far as it can be seen."""
        return self._text(".graphiql-editor-tool .view-lines")

    def remembered(self) -> str:
        """The variables that the page will show when it is loaded again."""
        return str(self.page.evaluate(REMEMBERED))

    def answer(self) -> str:
        """What can be seen of the answer, without scrolling."""
        return self._text(".result-window .view-lines")

    def below(self) -> str:
        """What is said below the answer."""
        return self._text(".graphiql-footer")

    def pictures(self) -> list[tuple[int, int]]:
        """Width and height in pixels of every picture below the answer that has been loaded."""
        sizes = self.page.evaluate(
            "() => Array.from(document.querySelectorAll('.gallery-picture img'))"
            ".filter(each => each.complete).map(each => [each.naturalWidth, each.naturalHeight])"
        )
        return [(width, height) for width, height in sizes]

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds.

        Raises:
            TimeoutError: it does not, for too long.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"The page shows: {self._text('body')}")
            self.page.wait_for_timeout(LOOK_MILLISECONDS)

    def _text(self, selector: str) -> str:
        found = self.page.evaluate("selector => document.querySelector(selector)?.innerText ?? ''", selector)
        # The editor writes its spaces as no-break spaces.
        return str(found).replace("\N{NO-BREAK SPACE}", " ")


@contextmanager
def chromium(program: str, *, width: int = 1280, height: int = 800) -> Iterator[Explorer]:
    """A fresh browser with an empty page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        try:
            yield Explorer(browser.new_page(viewport={"width": width, "height": height}))
        finally:
            browser.close()
