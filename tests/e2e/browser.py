"""The browser of the flows: which Chromium, how it is started, and what axe says of a page."""

from __future__ import annotations

import os
import shutil
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
