"""`python -m system.mcp` serves the tools."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from system.mcp.app import create_app
from system.mcp.settings import Settings
from system.store import StoreSettings
from system.wire.logs import configure_logging
from system.wire.serve import serve, settings_error


def main() -> None:
    """Read the environment and serve until told to stop."""
    try:
        settings = Settings()
        database = StoreSettings() if settings.reaches_database else None
    except ValidationError as error:
        sys.exit(settings_error(error))
    configure_logging("mcp", settings.log_level)
    serve(
        lambda: create_app(settings, database),
        settings,
        host=settings.mcp_host,
        port=settings.mcp_port,
        name="mcp server",
        port_setting="MCP_PORT",
    )


if __name__ == "__main__":
    main()
