"""Checks of `/health` and `/ready`: the process is alive, and its dependencies can be used."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.doctor.client import BoundedClient
from crosstalk.doctor.endpoint import Endpoint
from crosstalk.doctor.report import Report

_CHANGES = {
    "database": "see DATABASE_URL, and that the database runs and accepts this host",
    "mcp": "see MCP_URL, and that the MCP server runs",
    "backend": "see BACKEND_URL at the MCP server, and that the backend runs",
    "issuers": "see the jwks_url of each of TRUSTED_ISSUERS, and that it can be reached from there",
}


def check_health(endpoint: Endpoint, client: BoundedClient, report: Report) -> None:
    """Check that the process is alive."""
    url = f"{endpoint.base}/health"
    reply = client.get(url)
    if reply.status == 200:
        report.ok(endpoint.url, "health", "alive")
    else:
        report.fail(
            endpoint.url,
            "health",
            f"{url} answers {reply.status or reply.error}",
            "see that the address is the service's own (without a path for the backend), that the "
            "process runs, and that the proxy passes /health on",
        )


def check_ready(endpoint: Endpoint, client: BoundedClient, report: Report) -> None:
    """Check that every dependency can be used."""
    url = f"{endpoint.base}/ready"
    reply = client.get(url)
    body = reply.json()
    states = body.get("checks") if isinstance(body, dict) else None
    checks = states if isinstance(states, Mapping) else {}
    down = sorted(str(name) for name, state in checks.items() if state != "ok")
    change = "; ".join(_CHANGES.get(each, f"see why {each} cannot be used") for each in down)
    if reply.status == 200 and not down:
        report.ok(endpoint.url, "ready", ", ".join(sorted(map(str, checks))) or "ready")
    elif reply.status == 200:
        report.warn(endpoint.url, "ready", f"works without: {', '.join(down)}", change)
    elif down:
        report.fail(endpoint.url, "ready", f"not usable: {', '.join(down)}", change)
    else:
        report.fail(
            endpoint.url,
            "ready",
            f"{url} answers {reply.status or reply.error}",
            "see the service's log: it says which dependency is not ready",
        )
