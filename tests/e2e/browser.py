"""The browser of the flows: which Chromium, how it is started, and what axe says of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserType, Page

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage")
# WCAG 2.2 up to level AA, and what axe itself calls good practice.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def find_chromium(kind: BrowserType) -> Path | None:
    """The Chromium that `CHROMIUM` names, of the machine, or that Playwright installed."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _PROGRAMS)), None)
    program = Path(named or kind.executable_path)
    return program if program.is_file() else None


def axe_violations(page: Page, part: str = "body") -> list[str]:
    """What axe objects to in a part of a page, a line a place.

    Args:
        page: The page.
        part: CSS selector.
    """
    found = Axe().run(
        page, context=part, options={"runOnly": _RULES, "resultTypes": ["violations"]}
    )
    return [
        f"{each['id']}: {each['help']} at {node['target']}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


def pages_before(page: Page) -> Iterator[str]:
    """The addresses of the pages before this one, each while it shows, the latest first.

    Ends on the empty page where the tab began. What going back returns does not say whether it
    happened: it is empty for pages that the router made, and a page that moves on by itself may
    end the wait. The browser's own history does.

    Args:
        page: The tab.

    Raises:
        AssertionError: A page leads forward again and again, so that there is no way past it.
    """
    history = page.context.new_cdp_session(page)

    def position() -> int:
        return int(history.send("Page.getNavigationHistory")["currentIndex"])

    here = position()
    for _ in range(2 * here):
        page.go_back(wait_until="load")
        while here and position() == here:
            page.wait_for_timeout(50)
        here = position()
        page.wait_for_load_state("load")
        if not here:
            history.detach()
            return
        yield page.url
    raise AssertionError(f"going back does not get past {page.url}")
