"""`crosstalk init`: look at a server and write a `crosstalk.toml` for a person to confirm."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.targets.described.init.rest import RestSurvey

# Variables that a written file takes credentials from.
_VARIABLE = re.compile(r'^\w+ = "\$([A-Z][A-Z0-9_]*)"', re.MULTILINE)


def init(
    url: Annotated[str | None, typer.Argument(help="The server's endpoint.")] = None,
    stdio: Annotated[
        str | None, typer.Option(help="Command of a server on standard streams.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for that command; may be repeated.")
    ] = None,
    token: Annotated[str | None, typer.Option(help="A bearer token to connect with.")] = None,
    header: Annotated[
        str | None, typer.Option(help="`Name: value` to connect with, where it is no bearer token.")
    ] = None,
    openapi: Annotated[
        str | None, typer.Option(help="URL of the OpenAPI document of a REST API beside it.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The file to write.")] = Path("crosstalk.toml"),
    probe: Annotated[
        bool, typer.Option(help="Try the guesses with a few calls, which store something.")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """Look at a server, guess how it is to be described, and write a file to be confirmed."""
    from crosstalk.targets.described.init.beside_tools import counted_beside_tools
    from crosstalk.targets.described.init.combining import combined
    from crosstalk.targets.described.init.detection import USUAL_PATHS, Beside, mcp_beside
    from crosstalk.targets.described.init.inspection import inspect_server
    from crosstalk.targets.described.init.rest import is_host, survey_rest, tried_addresses
    from crosstalk.targets.described.init.rest_writing import written_rest
    from crosstalk.targets.described.init.writing import unproven_by_guess, written

    console = make_console(errors=as_json)
    if output.exists():
        raise HarnessError(f"{output} exists: move it away, or name another file with --output")
    headers = _headers(token, header)
    api = (
        survey_rest(url, probing=probe, account=_account(), headers=headers)
        if url is not None
        else None
    )
    if api is not None and headers:
        # What is presented may be what tells callers apart.
        api.unproven = None
    name = next(iter(headers), None)
    value = headers.get(name or "", "")
    alone = url is not None and is_host(url)
    beside = (
        mcp_beside(url, headers, token)
        if url is not None and (api is not None or alone)
        else Beside()
    )
    if api is not None and api.pages and (beside.url or (beside.wants and api.login is None)):
        # A page that welcomes people to a tool server is no application.
        api = None
    if api is not None and not beside.url:
        rest = written_rest(api, token or "", header=name, value=value)
        return _describe_rest(console, api, output, rest, as_json)
    if beside.wants and not beside.url:
        raise HarnessError(beside.wants)
    try:
        server = inspect_server(
            url=beside.url or url,
            command=shlex.split(stdio or ""),
            environment=_variables(env or []),
            headers=headers,
            token=token,
            probing=probe,
        )
    except HarnessError as error:
        if not alone or beside.url:
            raise
        raise HarnessError(
            f"{url} has {tried_addresses()}, no pages, and no MCP server at "
            f"{', '.join(USUAL_PATHS)} or the address itself ({error}): give the address of its "
            "document or endpoint"
        ) from error
    found = server.survey
    text = written(
        server.mcp,
        found,
        header=name,
        value=value,
        rest=openapi,
        authorization=server.authorization,
        tools=server.tools,
        token=token or "",
        beside=server.beside,
    )
    if api is not None:
        text = combined(text, written_rest(api, header=name, value=value))
        console.print(f"{api.kind} beside it: {len(api.operations)} operations", markup=False)
    output.write_text(text, encoding="utf-8")
    kinds = Counter(guess.kind for guess in found.tools.values())
    console.print(
        f"{server.mcp.transport}: {len(server.tools)} tools "
        f"({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))})"
        f"{counted_beside_tools(server.beside)}, "
        f"{found.calls} calls made to try the guesses",
        markup=False,
        soft_wrap=True,
    )
    unproven = unproven_by_guess(server.mcp, found, name)
    if unproven:
        console.print(f"{unproven}: a run will report it", markup=False, soft_wrap=True)
    _print_next_steps(console, output, text, as_json)
    return ExitCode.CLEAN


def _print_next_steps(console: Console, output: Path, text: str, as_json: bool) -> None:
    """Print what is to be done with the file, a line for each step; for programs, the file too."""
    tokens = list(dict.fromkeys(_VARIABLE.findall(text)))
    target = "" if str(output) == "crosstalk.toml" else f" --target {output}"
    steps = ["look through the lines marked `guess`, and set confirmed = true"]
    if tokens:
        steps.append(f"set in your shell: {' '.join(tokens)}")
    steps.append(f"crosstalk isolation{target} --profile quick")
    console.print(f"wrote {output}; next:", markup=False, soft_wrap=True)
    for number, step in enumerate(steps, start=1):
        console.print(f"  {number}. {step}", markup=False, soft_wrap=True)
    if as_json:
        print_json(_for_programs(output, text, tokens, steps))


def _for_programs(
    output: Path, text: str, variables: Sequence[str], steps: Sequence[str]
) -> dict[str, Any]:
    """Return what was written, which lines are guesses, and what is to be done."""
    lines = enumerate(text.splitlines(), start=1)
    guesses = [{"line": number, "text": line} for number, line in lines if "guess" in line]
    return {
        "file": str(output),
        "description": tomllib.loads(text),
        "guesses": guesses,
        "variables": list(variables),
        "next": list(steps),
    }


def _account() -> tuple[str, str] | None:
    """Return name and password of alice, whom the file takes from the same variables."""
    name, password = os.environ.get("ALICE_USERNAME"), os.environ.get("ALICE_PASSWORD")
    return (name, password) if name and password else None


def _describe_rest(
    console: Console, api: RestSurvey, output: Path, text: str, as_json: bool
) -> ExitCode:
    """Write the file of a REST API that a document, introspection or its own pages describe."""
    output.write_text(text, encoding="utf-8")
    known = "a login" if api.login else "no login"
    console.print(
        f"{api.kind}: {len(api.operations)} operations, {known} recognized, "
        f"{len(api.public)} public, {len(api.skip)} left out",
        markup=False,
        soft_wrap=True,
    )
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in api.skip.items():
        reasons[reason].append(name)
    for reason, names in reasons.items():
        print_sentence(console, f"  left out: {', '.join(names)} ({reason})")
    if api.unproven is not None:
        console.print(f"{api.unproven}: a run will report it", markup=False, soft_wrap=True)
    _print_next_steps(console, output, text, as_json)
    return ExitCode.CLEAN


def _headers(token: str | None, header: str | None) -> dict[str, str]:
    if token is not None and header is not None:
        raise HarnessError("--token and --header both give a credential: leave out one")
    if token is not None:
        return {"Authorization": f"Bearer {token}"}
    if header is None:
        return {}
    name, colon, value = header.partition(":")
    if not colon or not name.strip():
        raise HarnessError(f'--header wants "Name: value", not {header!r}')
    return {name.strip(): value.strip()}


def _variables(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise HarnessError(f"--env wants NAME=VALUE, not {each!r}")
        found[name] = value
    return found
