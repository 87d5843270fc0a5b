"""Details of a running `crosstalk up`, kept in its run folder for other verbs."""

from __future__ import annotations

import json
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.report.run_folder import RunFolder

_FILE = "running.json"


def write_details(folder: RunFolder, *, mcp_url: str) -> None:
    """Write down where the system's MCP server is."""
    folder.write(_FILE, json.dumps({"mcp_url": mcp_url}))


def mcp_url_of(folder: Path) -> str:
    """Return the MCP server's URL of a run.

    Raises:
        HarnessError: The folder does not say.
    """
    try:
        return str(json.loads((folder / _FILE).read_text(encoding="utf-8"))["mcp_url"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"{folder} does not say where MCP is: give --audience its URL"
        ) from error
