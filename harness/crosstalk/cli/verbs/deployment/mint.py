"""`crosstalk mint`: a token for a user of the system that `crosstalk up` runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import ROOT
from crosstalk.report.running_details import mcp_url_of


def mint(
    user: Annotated[str, typer.Option(help="The subject (`sub`).")],
    ttl: Annotated[int, typer.Option(min=1, max=86_400, help="Lifetime in seconds.")] = 600,
    audience: Annotated[
        str, typer.Option(help="`backend`, `mcp`, or a literal audience.")
    ] = "backend",
    run: Annotated[
        Path | None, typer.Option(help="Run folder of `crosstalk up`; the latest by default.")
    ] = None,
) -> int:
    """Print a token of the test issuer that a running `crosstalk up` trusts."""
    from crosstalk.tokens import BACKEND_AUDIENCE, LocalIssuer

    folder = run or ROOT / "up" / "latest"
    issuer = LocalIssuer.load(folder / "issuer-keys.json")
    if audience == "mcp":
        audience = mcp_url_of(folder)
    elif audience == "backend":
        audience = BACKEND_AUDIENCE
    sys.stdout.write(issuer.mint(user, audience=audience, ttl=ttl) + "\n")
    return ExitCode.CLEAN
