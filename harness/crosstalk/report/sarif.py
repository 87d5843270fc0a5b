"""SARIF 2.1.0 (OASIS), for code-scanning services: one rule an oracle, one result a finding.

A leak has no line of source: the location is the replay file, and the operation is the logical
location. Fingerprints are made of oracle and operation, so that a service recognizes a finding
that it has seen, whatever ids and seeds the run had.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding
from crosstalk.core.version import harness_version
from crosstalk.report.matrix import oracles_of
from crosstalk.report.oracle_meanings import meaning
from crosstalk.report.text import printable

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(result: CampaignResult) -> str:
    """The result as a SARIF log."""
    oracles = oracles_of(result)
    run = {
        "tool": {
            "driver": {
                "name": "Crosstalk",
                "version": harness_version(),
                "rules": [_rule(oracle) for oracle in oracles],
            }
        },
        "invocations": [{"executionSuccessful": result.verdict != "inconclusive"}],
        "results": [_result(each, oracles.index(each.oracle)) for each in result.findings],
        "properties": {
            "verdict": result.verdict,
            "seed": result.seed,
            "calls": result.calls,
            **result.provenance,
            "inconclusive": [printable(str(each)) for each in result.inconclusive],
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(oracle: str) -> dict[str, Any]:
    return {
        "id": f"crosstalk/{oracle}",
        "name": oracle,
        "shortDescription": {"text": meaning(oracle)},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "isolation"], "security-severity": "8.5"},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    script = "\n".join(printable(line) for line in finding.script.lines())
    identity = f"{finding.oracle}\n{finding.operation}".encode("utf-8", "backslashreplace")
    return {
        "ruleId": f"crosstalk/{finding.oracle}",
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{printable(finding.summary)}\n\n{script}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.replay)},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": printable(finding.operation), "kind": "function"}
                ],
            }
        ],
        "partialFingerprints": {"oracleAndOperation/v1": hashlib.sha256(identity).hexdigest()},
        "properties": {"actors": list(finding.actors), "confirmed": finding.confirmed},
    }


def _uri(replay: str | None) -> str:
    if replay is None:
        return "crosstalk.toml"
    path = Path(replay)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
