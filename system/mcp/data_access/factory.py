"""Choice of the way to the data by the configuration; tools do not depend on it."""

from __future__ import annotations

from system.identity import TokenExchange
from system.mcp.data_access.api import ApiData
from system.mcp.data_access.base import Data
from system.mcp.data_access.direct import DirectData
from system.mcp.data_access.hybrid import HybridData
from system.mcp.settings import McpSettings
from system.store import Store, StoreSettings


def open_data(
    settings: McpSettings, database: StoreSettings | None, exchange: TokenExchange | None
) -> Data:
    """Make the way to the data that `MCP_DATA_ACCESS` names.

    Args:
        settings: Checked configuration.
        database: The database's settings, where it is reached from here.
        exchange: Makes tokens for the backend, where data is reached through it.

    Raises:
        ValueError: What that way needs is missing.
    """
    store = Store(database) if database is not None else None
    api = None
    if exchange is not None:
        api = ApiData(
            settings.backend_url,
            exchange,
            timeout=settings.backend_timeout_seconds,
            max_connections=settings.backend_max_connections,
            repeats=settings.backend_repeats,
        )
    match settings.mcp_data_access:
        case "direct" if store is not None:
            return DirectData(store)
        case "api" if api is not None:
            return api
        case "hybrid" if store is not None and api is not None:
            return HybridData(store, api)
    raise ValueError(f"MCP_DATA_ACCESS={settings.mcp_data_access} lacks what it needs")
