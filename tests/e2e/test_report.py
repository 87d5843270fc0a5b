"""The campaign's page in a real browser: it fits, shows the matrix, can be worked in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, expect

from crosstalk.report.html import html
from tests.e2e.browser import axe_violations
from tests.unit.crosstalk.report.results import leaking


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_and_runs_nothing_of_the_targets(
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

    assert axe_violations(page) == []
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


def test_findings_are_filtered_opened_and_copied(chromium: Browser, tmp_path: Path) -> None:
    result = leaking()
    (finding,) = result.findings
    result.findings = [
        replace(finding, oracle=oracle, operation=operation, commands=("curl a", "curl b"))
        for oracle, operation in (("canary", "mcp:list"), ("existence", "mcp:read"))
        for _ in range(2)
    ]
    page_file = tmp_path / "report.html"
    page_file.write_text(html(result), encoding="utf-8")
    with chromium.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(page_file.as_uri())
        count = page.locator("output")
        expect(count).to_have_text("4 of 4 findings")
        page.get_by_label("oracle").select_option("existence")
        expect(count).to_have_text("2 of 4 findings")
        assert [each.is_visible() for each in page.locator("article").all()] == [False] * 2 + [
            True
        ] * 2
        page.get_by_label("operation").fill("LIST")
        expect(count).to_have_text("0 of 4 findings")
        page.get_by_role("button", name="Show all").click()
        expect(count).to_have_text("4 of 4 findings")

        fourth = page.locator("#finding-4 details")
        assert fourth.get_attribute("open") is None
        page.goto(f"{page_file.as_uri()}#finding-4")
        expect(fourth).to_have_attribute("open", "")
        page.locator("#finding-4").get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "curl a\ncurl b"


def _note_and_dismiss(said: list[str], dialog: Dialog) -> None:
    said.append(dialog.message)
    dialog.dismiss()
