"""Writes every report of a campaign into its run folder."""

from __future__ import annotations

from pathlib import Path

from crosstalk.campaign.result import CampaignResult
from crosstalk.report.code_quality import code_quality
from crosstalk.report.html import html
from crosstalk.report.junit import junit
from crosstalk.report.markdown import markdown
from crosstalk.report.run_folder import RunFolder
from crosstalk.report.sarif import sarif


def write_reports(run: RunFolder, result: CampaignResult) -> list[Path]:
    """Write `report.html`, `junit.xml`, `report.sarif`, `report.md` and `code-quality.json`."""
    return [
        run.write("report.html", html(result)),
        run.write("junit.xml", junit(result)),
        run.write("report.sarif", sarif(result)),
        run.write("report.md", markdown(result)),
        run.write("code-quality.json", code_quality(result)),
    ]
