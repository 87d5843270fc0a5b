"""`crosstalk mint`: a token for a user of the system that `crosstalk up` runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.report.run_folder import ROOT
from crosstalk.tokens import BACKEND_AUDIENCE, LocalIssuer

DETAILS = "running.json"


def run(*, user: str, ttl: int, audience: str, folder: Path | None) -> int:
    """Print a token, and nothing else."""
    run_folder = folder or ROOT / "up" / "latest"
    issuer = LocalIssuer.load(run_folder / "issuer-keys.json")
    if audience == "mcp":
        try:
            details = json.loads((run_folder / DETAILS).read_text(encoding="utf-8"))
            audience = details["mcp_url"]
        except (OSError, ValueError, KeyError) as error:
            raise HarnessError(
                f"{run_folder} does not say where MCP is: give --audience its URL"
            ) from error
    elif audience == "backend":
        audience = BACKEND_AUDIENCE
    sys.stdout.write(issuer.mint(user, audience=audience, ttl=ttl) + "\n")
    return 0
