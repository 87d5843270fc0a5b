"""Names by which people say which finding they mean: number, fingerprint, its beginning, file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crosstalk.core.errors import HarnessError

_WHOLE = re.compile(r"[0-9a-f]{32}")
# Shorter beginnings are numbers, or mistakes.
_LEAST = 6


def named_finding(
    name: str, findings: Sequence[Mapping[str, Any]], where: str
) -> Mapping[str, Any]:
    """Return the finding of a summary that a name means.

    Args:
        name: Its number in the report, its fingerprint or the beginning of one (six characters at
            least), or its replay file.
        findings: `findings[]` of the summary.
        where: The run, as messages name it.

    Raises:
        HarnessError: None, or more than one, is meant.
    """
    if name.isdigit() and len(name) < _LEAST:
        if not 1 <= int(name) <= len(findings):
            raise HarnessError(f"{where} has {len(findings)} findings; there is no number {name}")
        return findings[int(name) - 1]
    meant = [
        each
        for each in findings
        if name == each.get("replay")
        or (len(name) >= _LEAST and each["fingerprint"].startswith(name.lower()))
    ]
    if len(meant) != 1:
        wrong = "several findings" if meant else "no finding"
        listed = ", ".join(
            f"{number} = {each['fingerprint']}" for number, each in enumerate(findings, start=1)
        )
        raise HarnessError(f"{name!r} names {wrong} of {where}; it has: {listed or 'none'}")
    return meant[0]


def is_fingerprint(name: str) -> bool:
    """Return whether a name is a whole fingerprint, which needs no run to be understood."""
    return _WHOLE.fullmatch(name.lower()) is not None
