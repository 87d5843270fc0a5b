"""The campaign's page in a real browser: it fits, shows the matrix as a picture, runs nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from crosstalk.report.html import html
from tests.unit.crosstalk.report.results import leaking


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_and_runs_nothing(
    chromium: Browser, run_folder: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    page_file = tmp_path / "report.html"
    page_file.write_text(html(leaking()), encoding="utf-8")
    said: list[str] = []
    page = chromium.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    # Playwright dismisses a dialog itself only where nobody listens.
    page.on("dialog", partial(_note_and_dismiss, said))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_file.as_uri())
    page.screenshot(path=run_folder / f"report-{width}-{scheme}.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    background = "element => getComputedStyle(element).backgroundColor"
    colours = [
        page.locator(f".matrix td.{kind}").first.evaluate(background)
        for kind in ("leak", "clean", "untried")
    ]
    assert len(set(colours)) == 3
    # Every cell is inside the window: the picture is whole on a narrow one too.
    for cell in page.locator(".matrix td").all():
        box = cell.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert page.locator("article pre").first.inner_text().startswith("1. alice: list")
    page.close()


def _note_and_dismiss(said: list[str], dialog: Dialog) -> None:
    said.append(dialog.message)
    dialog.dismiss()
