"""Is it alive, and can it work: `/health` and `/ready`."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.doctor.endpoint import Place
from crosstalk.doctor.probe import Probe
from crosstalk.doctor.report import Sheet

_CHANGES = {
    "database": "see DATABASE_URL, and that the database runs and accepts this host",
    "mcp": "see MCP_URL, and that the MCP server runs",
    "backend": "see BACKEND_URL at the MCP server, and that the backend runs",
    "issuers": "see the jwks_url of each of TRUSTED_ISSUERS, and that it can be reached from there",
}


def check_health(place: Place, probe: Probe, sheet: Sheet) -> None:
    """The process answers for itself."""
    url = f"{place.base}/health"
    reply = probe.get(url)
    if reply.status == 200:
        sheet.ok(place.url, "health", "alive")
    else:
        sheet.fail(
            place.url,
            "health",
            f"{url} answers {reply.status or reply.error}",
            "see that the address is the service's own (without a path for the backend), that the "
            "process runs, and that the proxy passes /health on",
        )


def check_ready(place: Place, probe: Probe, sheet: Sheet) -> None:
    """Every dependency can be used."""
    url = f"{place.base}/ready"
    reply = probe.get(url)
    body = reply.json()
    states = body.get("checks") if isinstance(body, dict) else None
    checks = states if isinstance(states, Mapping) else {}
    down = sorted(str(name) for name, state in checks.items() if state != "ok")
    change = "; ".join(_CHANGES.get(each, f"see why {each} cannot be used") for each in down)
    if reply.status == 200 and not down:
        sheet.ok(place.url, "ready", ", ".join(sorted(map(str, checks))) or "ready")
    elif reply.status == 200:
        sheet.warn(place.url, "ready", f"works without: {', '.join(down)}", change)
    elif down:
        sheet.fail(place.url, "ready", f"not usable: {', '.join(down)}", change)
    else:
        sheet.fail(
            place.url,
            "ready",
            f"{url} answers {reply.status or reply.error}",
            "see the service's log: it says which dependency is not ready",
        )
