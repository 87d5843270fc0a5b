"""Writes every report of a campaign into its run folder."""

from __future__ import annotations

from pathlib import Path

from harness.isolation.result import CampaignResult
from harness.report.html import html
from harness.report.junit import junit
from harness.report.markdown import markdown
from harness.report.runs import RunFolder
from harness.report.sarif import sarif


def write_reports(run: RunFolder, result: CampaignResult) -> list[Path]:
    """Write `report.html`, `junit.xml`, `report.sarif` and `report.md`."""
    return [
        run.write("report.html", html(result)),
        run.write("junit.xml", junit(result)),
        run.write("report.sarif", sarif(result)),
        run.write("report.md", markdown(result)),
    ]
