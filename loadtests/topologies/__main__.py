"""Serves one topology: `python -m loadtests.topologies NAME backend|mcp --port N`."""

from __future__ import annotations

import argparse
import importlib

import uvicorn

from loadtests.observer.server import install
from loadtests.topologies.parts import TopologySettings
from system.wire.logs import RequestLog, configure_logging

NAMES = (
    "mounted-held-session",
    "mounted-nothing-held",
    "separate-held-sync-session",
    "separate-callback-bounded-workers",
    "mounted-sync-endpoints",
    "shared-singleton-connection",
)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="Serve one topology.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("tier", choices=("backend", "mcp"))
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    install()
    configure_logging(f"{arguments.name} {arguments.tier}", "WARNING")
    module = importlib.import_module(f"loadtests.topologies.{arguments.name.replace('-', '_')}")
    if not hasattr(module, arguments.tier):
        parser.error(f"{arguments.name} has no {arguments.tier} of its own: it is mounted")
    app = RequestLog(getattr(module, arguments.tier)(TopologySettings()))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=arguments.port,
        log_config=None,
        # Longer than clients keep a connection: or one is closed while a call is sent on it.
        timeout_keep_alive=60,
    )


if __name__ == "__main__":
    main()
