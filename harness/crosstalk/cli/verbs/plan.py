"""`crosstalk plan`: what a run would call, as whom and how often; nothing of it is sent."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from crosstalk.campaign.options import CampaignOptions, options_of
from crosstalk.cli.options import Calls, Exclude, ProfileName, Seconds, Seed
from crosstalk.cli.target_choice import Reference, TargetFile, chosen_target
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.report.plan import Plan
    from crosstalk.targets.described.config import TargetConfig


def plan(
    profile: ProfileName = "standard",
    calls: Calls = None,
    seconds: Seconds = None,
    seed: Seed = None,
    exclude: Exclude = None,
    target: TargetFile = None,
    reference: Reference = False,
    document: Annotated[
        list[Path] | None,
        typer.Option(
            help="OpenAPI document, or answer to tools/list, that says what there is; nothing is "
            "sent or started then; may be repeated."
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fail rather than ask the server what it offers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show what a run would call, as whom, how often; only lists of operations are asked for."""
    from hypothesis.configuration import set_hypothesis_home_dir

    choice = chosen_target(target, reference, {})
    if offline and not document:
        raise HarnessError(
            "only the server lists its operations: name its OpenAPI document, or a file with its "
            "answer to tools/list, with --document; nothing was sent"
        )
    options = options_of(
        profile, calls=calls, seconds=seconds, seed=seed, exclude=tuple(exclude or ())
    )
    console = make_console()
    if not as_json:
        print_sentence(console, choice.sentence)
    if choice.file is None and document:
        raise HarnessError("--document is for a described system: give its file with --target")
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as folder:
        # A plan leaves nothing behind; what Hypothesis keeps of a file is of use to runs alone.
        set_hypothesis_home_dir(folder)
        try:
            found = (
                _of_description(choice.file, document or [], options)
                if choice.file is not None
                else _of_reference(options)
            )
        finally:
            set_hypothesis_home_dir(None)
    if as_json:
        sys.stdout.write(json.dumps(found.to_json(), indent=2) + "\n")
    else:
        _print(console, found)
    return ExitCode.CLEAN


def _of_description(file: Path, documents: list[Path], options: CampaignOptions) -> Plan:
    from crosstalk.campaign.rehearsal import rehearse
    from crosstalk.campaign.selection import excluding
    from crosstalk.report.plan import Plan
    from crosstalk.targets.described.people import member_names
    from crosstalk.targets.described.preview import previewed

    with previewed(file, documents) as preview:
        chosen = excluding(preview.target, options.exclude)
        rehearsal = rehearse(chosen, options)
        config = preview.config
        where = {}
        if config.mcp is not None:
            where["mcp"] = config.mcp.url or shlex.join(config.mcp.command)
        if config.rest is not None:
            parts = urlsplit(config.rest.openapi or config.rest.graphql)
            where["rest"] = config.rest.base or f"{parts.scheme}://{parts.netloc}"
        commands = _commands(config, rehearsal.examples)
        names = {member: name for name, member in member_names(config).items()}
        return Plan(chosen, options, rehearsal, preview.sent, where, commands, names)


def _commands(config: TargetConfig, examples: int) -> tuple[str, ...]:
    """The commands of a description, and how often a run runs them."""
    found = []
    if config.start is not None:
        found.append(f"start: {shlex.join(config.start.command)}")
    if isinstance(config.setup, list):
        found.append(f"setup, before every example: {len(config.setup)} calls")
    elif config.setup is not None:
        found.append(f"setup, once: {shlex.join(config.setup.command)}")
    if config.reset is not None:
        often = f"about {examples} times, and before every replay"
        found.append(f"reset, {often}: {shlex.join(config.reset.command)}")
    tokens = [each.token_command for each in config.identities().values() if each.token_command]
    return (*found, *(f"for each user's token: {shlex.join(each)}" for each in tokens))


def _of_reference(options: CampaignOptions) -> Plan:
    from crosstalk.campaign.rehearsal import rehearse
    from crosstalk.campaign.selection import excluding
    from crosstalk.report.plan import Plan
    from crosstalk.surface.wire_requests import witnessed
    from crosstalk.targets.verification import Verified

    verified = Verified()
    verified.require_sense()
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as folder, witnessed() as sent:
        with verified.running(Path(folder)) as running:
            chosen = excluding(running, options.exclude)
            lists = tuple(dict.fromkeys(f"{each.method} {each.url}" for each in sent))
        rehearsal = rehearse(chosen, options)
    return Plan(
        chosen,
        options,
        rehearsal,
        ("the system was started for it, and ended", *lists),
        {"mcp": "the MCP server that is started", "rest": "the backend that is started"},
    )


def _print(console: Console, found: Plan) -> None:
    from crosstalk.report.tables import columns, print_table

    if found.discovery:
        print_sentence(console, "sent to find out what there is:")
        for each in found.discovery:
            print_sentence(console, f"  {each}")
    else:
        print_sentence(console, "nothing was sent: the documents say what there is")
    rows = [
        (name, does, callers, str(sweep), f"about {search}")
        for name, does, callers, sweep, search in found.rows()
    ]
    print_table(
        console,
        "What a run would call; the figures depend on the answers",
        columns("operation", "does", "as", numbers=("first sweep", "then")),
        rows,
    )
    for name, reason in sorted(found.target.skipped.items()):
        print_sentence(console, f"skipped: {name}: {reason}", "dim")
    for line in found.target.untried:
        print_sentence(console, f"not called: {line}", "yellow")
    for name, reason in sorted(found.target.not_applicable.items()):
        print_sentence(console, f"oracle {name}: not applicable, {reason}", "dim")
    for surface, where in found.destinations.items():
        print_sentence(console, f"{surface} calls would go to {where}")
    for command in found.commands:
        print_sentence(console, f"a run would run: {command}")
    print_sentence(
        console,
        f"{len(found.target.operations)} operations, up to {found.options.calls} calls in "
        f"{found.options.seconds:.0f} s, {len(found.target.skipped)} skipped; replays come on top",
        "bold",
    )
