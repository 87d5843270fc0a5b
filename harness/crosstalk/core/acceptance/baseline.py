"""Baseline: findings that are known already, so that a run fails on new ones alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError

FORMAT = "crosstalk-baseline/1"
FILE = Path("crosstalk-baseline.json")
_TEXTS = ("fingerprint", "oracle", "operation", "summary")


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One entry of a baseline.

    Attributes:
        fingerprint: The finding's; a run goes by it alone.
        oracle: What saw it.
        operation: What causes it.
        summary: What reached whom, for people who read the file.
    """

    fingerprint: str
    oracle: str = ""
    operation: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Findings that are known, in the order of their operations.

    Attributes:
        findings: Fingerprint to finding.
        name: The file, as messages name it.
    """

    findings: Mapping[str, KnownFinding] = field(default_factory=dict)
    name: str = FILE.name

    def dump(self) -> str:
        """Return the file's text: sorted, so that a review shows what was added."""
        entries = sorted(
            self.findings.values(), key=lambda each: (each.operation, each.oracle, each.fingerprint)
        )
        data = {"format": FORMAT, "findings": [asdict(each) for each in entries]}
        return json.dumps(data, indent=2) + "\n"


def baseline_of(findings: Iterable[Mapping[str, Any]], name: str = FILE.name) -> Baseline:
    """Return a baseline of the `findings[]` of a summary."""
    known = (
        KnownFinding(each["fingerprint"], each["oracle"], each["tool"], each["summary"])
        for each in findings
    )
    return Baseline({each.fingerprint: each for each in known}, name)


def read_baseline(file: Path) -> Baseline:
    """Read a baseline.

    Raises:
        HarnessError: It cannot be read, or is not one.
    """
    remedy = f"write one from a run: crosstalk baseline --output {file}"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"cannot read {file} ({error.strerror}): {remedy}") from error
    except ValueError as error:
        raise HarnessError(f"{file} is not JSON: {remedy}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise HarnessError(f"{file} is not a baseline of the format {FORMAT}: {remedy}")
    entries = data.get("findings")
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise HarnessError(f"{file}: each of `findings` needs a text `fingerprint`; {remedy}")
    known = [KnownFinding(*(each.get(name, "") for name in _TEXTS)) for each in entries]
    return Baseline({each.fingerprint: each for each in known}, str(file))


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not entry.get("fingerprint"):
        return False
    return all(isinstance(entry.get(name, ""), str) for name in _TEXTS)
