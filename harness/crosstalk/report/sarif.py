"""SARIF 2.1.0 (OASIS), for code-scanning services: one rule an oracle, one result a finding.

A leak has no line of source: the logical location is the operation, and the artifact the file that
describes the target, at the line that speaks of the operation; a target without a file has none.
The replay file is a property of the result. Fingerprints are made of oracle and operation, so that
a service recognizes a finding that it has seen, whatever ids and seeds the run had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.acceptance.judgement import Acceptance, FindingState
from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.core.verdict import Finding
from crosstalk.core.version import harness_version
from crosstalk.report.acceptance_text import acceptance_lines
from crosstalk.report.finding_text import how_to_see
from crosstalk.report.matrix import oracles_of
from crosstalk.report.oracle_meanings import meaning
from crosstalk.report.text import printable

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# As GitHub sorts them: 7.0 and more are high, 4.0 and more medium.
_SEVERITIES = {"high": "8.5", "medium": "5.5"}


def sarif(result: CampaignResult) -> str:
    """The result as a SARIF log."""
    oracles = oracles_of(result)
    defects = {
        finding.fingerprint: each.fingerprint
        for each in result.defects()
        for finding in each.findings
    }
    run = {
        "tool": {
            "driver": {
                "name": "Crosstalk",
                "version": harness_version(),
                "rules": [_rule(oracle) for oracle in oracles],
            }
        },
        "invocations": [{"executionSuccessful": result.verdict != "inconclusive"}],
        "results": [
            _result(each, oracles.index(each.oracle), result.target_file, defects[each.fingerprint])
            | _accepted(each, result.acceptance)
            for each in result.findings
        ],
        "properties": {
            "verdict": result.verdict,
            "seed": result.seed,
            "calls": result.calls,
            **result.provenance,
            "inconclusive": [printable(str(each)) for each in result.inconclusive],
            "acceptance": [printable(each) for each in acceptance_lines(result)],
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(oracle: str) -> dict[str, Any]:
    weakness = weakness_of(oracle)
    return {
        "id": f"crosstalk/{oracle}",
        "name": oracle,
        "shortDescription": {"text": meaning(oracle)},
        "defaultConfiguration": {"level": "error"},
        "help": {"text": weakness.look_for},
        "properties": {
            # GitHub reads the numbers in this form.
            "tags": [
                "security",
                "isolation",
                *(f"external/cwe/{each.lower()}" for each in weakness.cwe),
                *(f"OWASP {each}" for each in weakness.owasp),
            ],
            "security-severity": _SEVERITIES[weakness.severity],
        },
    }


def _result(finding: Finding, rule: int, target_file: str | None, defect: str) -> dict[str, Any]:
    lines = [*finding.script.lines()]
    for heading, said in how_to_see(finding):
        lines += ["", f"{heading}:", *said]
    text = "\n".join(printable(line) for line in lines)
    weakness = weakness_of(finding.oracle)
    identity = f"{finding.oracle}\n{finding.operation}".encode("utf-8", "backslashreplace")
    return {
        "ruleId": f"crosstalk/{finding.oracle}",
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{printable(finding.summary)}\n\n{text}"},
        "locations": [_location(finding, target_file)],
        "partialFingerprints": {
            "oracleAndOperation/v1": hashlib.sha256(identity).hexdigest(),
            "crosstalk/v1": finding.fingerprint,
        },
        "properties": {
            "actors": [printable(each) for each in finding.actors],
            "confirmed": finding.confirmed,
            "fingerprint": finding.fingerprint,
            "defect": defect,
            "severity": weakness.severity,
            "cwe": list(weakness.cwe),
            "owasp": list(weakness.owasp),
            "lookFor": finding.advice,
            "evidence": [printable(line) for each in finding.evidence for line in each.lines()],
            "commands": [printable(line) for line in finding.commands],
            **({"replay": finding.replay} if finding.replay else {}),
        },
    }


def _accepted(finding: Finding, acceptance: Acceptance | None) -> dict[str, Any]:
    """Return what tells a viewer that a finding is accepted.

    `baselineState` (SARIF 2.1.0, 3.27.24) stands where a baseline was given; a result that is gone
    is not written as `absent`, because services that do not read the property would show it as an
    alert. `suppressions` (3.35) are given for all results of a run or for none (3.27.23).
    """
    if acceptance is None:
        return {}
    found: dict[str, Any] = {}
    name = finding.fingerprint
    if acceptance.baseline is not None:
        known = name in acceptance.baselined
        found["baselineState"] = "unchanged" if known else "new"
    if acceptance.waivers:
        waived = acceptance.of(finding) is FindingState.WAIVED
        why = printable(acceptance.why(finding))
        found["suppressions"] = (
            [{"kind": "external", "status": "accepted", "justification": why}] if waived else []
        )
    return found


def _location(finding: Finding, target_file: str | None) -> dict[str, Any]:
    name = finding.operation.partition(":")[2] or finding.operation
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": printable(name),
                "fullyQualifiedName": printable(finding.operation),
                "kind": "function",
            }
        ]
    }
    if target_file is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(target_file)},
            "region": {"startLine": line_of(target_file, name)},
        }
    return location


def line_of(target_file: str, name: str) -> int:
    """Return the line of the operation's own table in the target's file; 1 where it has none."""
    tables = tuple(f"[tools.{written}]" for written in (name, f'"{name}"', f"'{name}'"))
    with contextlib.suppress(OSError, UnicodeError):
        lines = Path(target_file).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if line.strip().startswith(tables):
                return number
    return 1
