"""Options that several verbs have in common, and the exit codes that each help text ends with.

A verb's module imports what it needs when it runs: the packages of all of them take seconds, and
`crosstalk --help` reads every module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from crosstalk.campaign.options import Profile
from crosstalk.environment import Kind

EXIT_CODES = (
    "Exit codes: 0 clean; 1 a finding (something crossed, was accepted, failed or survived); "
    "2 an option, a file or a setting is wrong; 3 inconclusive (nothing found, not all verified); "
    "4 the target or its environment failed; 5 an internal error; 130 interrupted."
)

Calls: TypeAlias = Annotated[
    int | None,
    typer.Option(min=50, help="Stop after this many calls, whatever the profile says."),
]
Seconds: TypeAlias = Annotated[
    float | None,
    typer.Option(min=1, help="Stop after this many seconds, whatever the profile says."),
]
ProfileName: TypeAlias = Annotated[
    Profile,
    typer.Option("--profile", help="How much to try: a minute, some minutes, or half an hour."),
]
Seed: TypeAlias = Annotated[int | None, typer.Option(help="Reproduces a run's choices.")]
Oracles: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--oracles", metavar="NAME", help="Only this oracle judges; may be repeated."),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN", help="Do not call operations of this name or glob; may be repeated."
    ),
]
Environment: TypeAlias = Annotated[
    Kind,
    typer.Option(help="Start the system as processes or containers, or attach to one that runs."),
]
Started: TypeAlias = Annotated[
    Literal["processes", "containers"],
    typer.Option("--environment", help="Start the system as processes or as containers."),
]
BaselineFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        help="Fail on new findings alone: what this file of `crosstalk baseline` has is known.",
    ),
]
WaiverFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        help="Findings accepted until a date; `crosstalk-waivers.toml` beside the target's file "
        "by default, where there is one.",
    ),
]
RunArgument: TypeAlias = Annotated[
    Path | None,
    typer.Argument(help="Folder of a run, or its summary.json; the latest run by default."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Events: TypeAlias = Annotated[
    Path | None,
    typer.Option(help="Write what happens into this file while it happens, one JSON a line."),
]
Examples: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Keep examples that show something here: a folder or a redis:// URL."),
]
SeedFrom: TypeAlias = Annotated[
    Path | None,
    typer.Option(help="Begin with arguments that a HAR file or MCP session had accepted."),
]
