"""The target of a run: a described system, or the reference system; said in the first line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from crosstalk.core.errors import HarnessError

FILE = Path("crosstalk.toml")

TargetFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--target",
        help="Run against the system that this file describes; `crosstalk.toml` of the current "
        "folder by default, where there is one.",
    ),
]
Reference: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--reference",
        help="Run against the reference system, whatever is in the current folder.",
    ),
]


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """A choice, and where it came from.

    Attributes:
        file: The description; None for the reference system.
        sentence: The choice in words, for the first line of output.
    """

    file: Path | None
    sentence: str


def chosen_target(
    target: Path | None, reference: bool, implying: Mapping[str, object]
) -> TargetChoice:
    """Return what a run is against.

    Args:
        target: As given by `--target`.
        reference: Whether `--reference` was given.
        implying: Options that only the reference system, or a system of the harness's own, has,
            with their values; one that is set chooses it.

    Raises:
        HarnessError: Two options contradict each other.
    """
    implied = next((name for name, value in implying.items() if value), None)
    if target is not None and reference:
        raise HarnessError("--target and --reference name two systems: leave out one of the two")
    if target is not None:
        return TargetChoice(target, f"target: {target} (--target)")
    if reference:
        return TargetChoice(None, "target: the reference system (--reference)")
    if implied is not None:
        return TargetChoice(None, f"target: a system of Crosstalk's own ({implied})")
    if FILE.is_file():
        where = "found in the current folder; --reference chooses the reference system"
        return TargetChoice(FILE, f"target: {FILE} ({where})")
    return TargetChoice(
        None, f"target: the reference system (there is no {FILE} in the current folder)"
    )
