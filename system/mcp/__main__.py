"""`python -m system.mcp` serves the tools."""

from __future__ import annotations

from system.loading import loading
from system.mcp.settings import McpSettings
from system.store import StoreSettings
from system.wire.logs import configure_logging
from system.wire.serve import read_settings, serve


def main() -> None:
    """Read the environment and serve until the process is ended."""
    settings = read_settings(McpSettings)
    database = read_settings(StoreSettings) if settings.reaches_database else None
    configure_logging("mcp", settings.log_level)
    # Here and not above: wrong settings are answered before the SDK has loaded.
    with loading():
        from system.mcp.app import create_app

    serve(
        lambda: create_app(settings, database),
        settings,
        *([database] if database else []),
        host=settings.mcp_host,
        port=settings.mcp_port,
        name="mcp server",
        port_setting="MCP_PORT",
    )


if __name__ == "__main__":
    main()
