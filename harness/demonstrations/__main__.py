"""`python -m harness.demonstrations NAME --port N` serves a demonstration until Ctrl-C."""

from __future__ import annotations

import argparse
import sys

import uvicorn

from harness.demonstrations import DEMONSTRATIONS
from harness.demonstrations.serving import bound_socket
from harness.errors import HarnessError


def main() -> None:
    """Serve one, and say how to list its tools."""
    parser = argparse.ArgumentParser(description="Serves a demonstration of an MCP auth pattern.")
    parser.add_argument("name", choices=DEMONSTRATIONS)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    demonstration = DEMONSTRATIONS[arguments.name]
    try:
        listener, url = bound_socket(arguments.port)
    except HarnessError as error:
        sys.exit(str(error))
    pattern = demonstration.build(url)
    print(
        f"{demonstration.name}: {demonstration.title}\nMCP at {url}{pattern.endpoint}", flush=True
    )
    config = uvicorn.Config(pattern.app, log_level="warning")
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
