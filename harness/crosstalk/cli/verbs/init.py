"""`crosstalk init`: look at a server and write a `crosstalk.toml` for a person to confirm."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from crosstalk.core.errors import HarnessError
from crosstalk.report.terminal import make_console
from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.targets.described.init.detection import detect
from crosstalk.targets.described.init.rest import RestSurvey, survey_rest, written_rest
from crosstalk.targets.described.init.survey import probe, survey
from crosstalk.targets.described.init.writing import unproven_by_guess, written


def run(
    *,
    url: str | None,
    stdio: str | None,
    environment: Sequence[str],
    token: str | None,
    header: str | None,
    openapi: str | None,
    output: Path,
    probing: bool,
) -> int:
    """Connect, list the tools, guess, try the guesses, and write the file."""
    console = make_console()
    if output.exists():
        raise HarnessError(f"{output} exists: move it away, or name another file with --output")
    headers = _headers(token, header)
    api = survey_rest(url) if url is not None else None
    if api is not None:
        return _describe_rest(console, api, output)
    presented = Presented(
        headers,
        address={"user": "crosstalk-probe", "token": token or ""} if url is not None else {},
        connection="init",
    )
    detected = detect(
        url=url,
        command=shlex.split(stdio or ""),
        environment=_variables(environment),
        presented=presented,
    )
    try:
        found = survey(detected.tools)
        # Where a login or a token argument comes first, calls would only be refused.
        if probing and found.login is None and not found.token_arguments:
            surface = ToolSurface(detected.transport, presented)
            probe(surface, detected.tools, found, presented)
    finally:
        detected.transport.close()
    name = next(iter(headers), None)
    output.write_text(written(detected.mcp, found, header=name, rest=openapi), encoding="utf-8")
    kinds = Counter(guess.kind for guess in found.tools.values())
    console.print(
        f"{detected.mcp.transport}: {len(detected.tools)} tools "
        f"({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}), "
        f"{found.calls} calls made to try the guesses",
        markup=False,
        soft_wrap=True,
    )
    unproven = unproven_by_guess(detected.mcp, found, name)
    if unproven:
        console.print(f"{unproven}: a run will report it", markup=False, soft_wrap=True)
    console.print(
        f"wrote {output}: look through the lines marked `guess`, set confirmed = true, then "
        f"crosstalk isolation --target {output}",
        markup=False,
        soft_wrap=True,
    )
    return 0


def _describe_rest(console: Console, api: RestSurvey, output: Path) -> int:
    """Write the file of a REST API that its OpenAPI document describes."""
    output.write_text(written_rest(api), encoding="utf-8")
    known = "a login" if api.login else "no login"
    console.print(
        f"OpenAPI: {len(api.operations)} operations, {known} recognized, {len(api.public)} public, "
        f"{len(api.skip)} left out; wrote {output}: look through the lines marked `guess`, set "
        f"confirmed = true, then crosstalk isolation --target {output}",
        markup=False,
        soft_wrap=True,
    )
    return 0


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
