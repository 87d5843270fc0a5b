"""`crosstalk schema`: JSON Schema of what programs read."""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import Annotated, Literal

import typer

from crosstalk.core.exit_codes import ExitCode


def schema(
    name: Annotated[
        Literal["summary", "events"],
        typer.Argument(help="summary.json of isolation, or a line of --events."),
    ] = "summary",
) -> int:
    """Print the JSON Schema of summary.json, or of a line of --events."""
    found = files("crosstalk.report") / "schemas" / f"{name}-1.schema.json"
    sys.stdout.write(found.read_text(encoding="utf-8"))
    return ExitCode.CLEAN
