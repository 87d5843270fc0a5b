"""Values by which refusals were overcome, as lines for the file that describes the target."""

from __future__ import annotations

import json
import re

from rich.console import Console

from crosstalk.campaign.result import CampaignResult
from crosstalk.report.terminal import print_sentence
from crosstalk.report.text import printable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST = 12


def print_suggestions(console: Console, result: CampaignResult) -> None:
    """Print what was learnt of the arguments of a system that a file describes, if anything was."""
    lines = suggestion_lines(result) if result.target_file is not None else []
    if lines:
        said = f"learnt from refusals; with this in {result.target_file} a run begins with it:"
        print_sentence(console, said)
    for line in lines:
        # At the margin and in one piece, so that they can be copied as they are.
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def suggestion_lines(result: CampaignResult) -> list[str]:
    """Return TOML tables with the values that operations accepted after they had refused others."""
    lines = []
    for operation, values in list(result.suggestions.items())[:_MOST]:
        name = operation.partition(":")[2] or operation
        given = ", ".join(
            f"{_key(argument)} = {json.dumps(list(each))}" for argument, each in values.items()
        )
        lines += [f"[tools.{_key(name)}]", f"values = {{{given}}}"]
    return lines


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name)
