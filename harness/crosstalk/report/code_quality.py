"""Code-quality report of GitLab: an array of issues, in the form of Code Climate.

https://docs.gitlab.com/ci/testing/code_quality/ names the keys that are read: `description`,
`check_name`, `fingerprint`, `severity` and `location`. A leak has no line of source: the location
is the file that describes the target, at the line that speaks of the operation.
"""

from __future__ import annotations

import json

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.core.verdict import Finding
from crosstalk.report.sarif import line_of
from crosstalk.report.text import printable

_SEVERITIES = {"high": "critical", "medium": "major"}
# A location is required; the reference system has no file.
_NO_FILE = "crosstalk.toml"


def code_quality(result: CampaignResult) -> str:
    """Return the findings as a code-quality report; what is accepted is `info`."""
    issues = [
        {
            "description": printable(f"{each.oracle}: {each.summary}"),
            "check_name": f"crosstalk/{each.oracle}",
            "fingerprint": each.fingerprint,
            "severity": _severity(result, each),
            "location": {
                "path": result.target_file or _NO_FILE,
                "lines": {"begin": _line(result, each)},
            },
        }
        for each in result.findings
    ]
    return json.dumps(issues, indent=2) + "\n"


def _severity(result: CampaignResult, finding: Finding) -> str:
    if not result.state_of(finding).fails:
        return "info"
    return _SEVERITIES[weakness_of(finding.oracle).severity]


def _line(result: CampaignResult, finding: Finding) -> int:
    name = finding.operation.partition(":")[2] or finding.operation
    return line_of(result.target_file, name) if result.target_file else 1
