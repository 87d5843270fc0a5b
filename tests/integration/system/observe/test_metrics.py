"""Figures of both services: what they count, and that no user is in them."""

from __future__ import annotations

import re

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crosstalk.environment import RunningSystem
from crosstalk.surface import Presented, stateless_tools
from crosstalk.surface.mcp.tools import tool_call

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(running: RunningSystem, service: str) -> Series:
    """Every sample of a service, by name and labels."""
    text = httpx2.get(running.metrics_urls[service]).raise_for_status().text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    """One sample; 0 where nothing was counted yet."""
    return series.get((name, tuple(sorted(labels.items()))), 0.0)


def bearer(running: RunningSystem, subject: str, audience: str = "backend") -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {running.mint(subject, audience=audience)}"}


def test_requests_are_counted_by_template_and_status(running: RunningSystem, alice: str) -> None:
    labels = {"method": "GET", "route": "/api/{user_id}/tasks"}
    before = scrape(running, "backend")
    httpx2.get(f"{running.backend_url}/api/{alice}/tasks", headers=bearer(running, alice))
    after = scrape(running, "backend")
    name = "crosstalk_http_requests_total"
    assert value(after, name, **labels, status="200") > value(before, name, **labels, status="200")
    name = "crosstalk_http_request_seconds_count"
    assert value(after, name, **labels) > value(before, name, **labels)


@pytest.mark.parametrize(
    ("headers", "reason"), [({}, "missing"), ({"Authorization": "Bearer x.y.z"}, "invalid")]
)
def test_refused_requests_are_counted_by_reason(
    running: RunningSystem, headers: dict[str, str], reason: str
) -> None:
    name = "crosstalk_requests_refused_total"
    for service, url in (("backend", f"{running.backend_url}/x"), ("mcp", running.mcp_url)):
        before = value(scrape(running, service), name, reason=reason)
        assert httpx2.post(url, json={}, headers=headers).status_code == 401
        assert value(scrape(running, service), name, reason=reason) > before


def test_tool_calls_are_counted_by_tool_and_outcome(running: RunningSystem, alice: str) -> None:
    presented = Presented(bearer(running, alice, "mcp"))
    surface = stateless_tools(running.mcp_url, presented)
    operation = next(each for each in surface.discover() if each.name == "mcp:list_tasks")
    name, before = "crosstalk_tool_calls_total", scrape(running, "mcp")
    surface.call(operation, {"user_id": alice}, presented)
    surface.call(operation, {"user_id": "somebody else"}, presented)
    after = scrape(running, "mcp")
    for outcome in ("ok", "forbidden"):
        labels = {"tool": "list_tasks", "outcome": outcome}
        assert value(after, name, **labels) > value(before, name, **labels)


def test_pools_and_key_fetches_are_shown(running: RunningSystem, alice: str) -> None:
    httpx2.get(f"{running.backend_url}/api/{alice}/tasks", headers=bearer(running, alice))
    series = scrape(running, "backend")
    assert value(series, "crosstalk_database_connections", kind="size") == 10
    assert value(series, "crosstalk_database_connections", kind="in_use") >= 0
    assert value(series, "crosstalk_jwks_fetches_total", issuer=running.issuer.url) >= 1
    assert ("crosstalk_agents_in_flight", ()) in series


def test_labels_hold_nothing_that_a_caller_chose(running: RunningSystem, alice: str) -> None:
    marker = "q7x-marker"
    headers = bearer(running, alice)
    for method, path in (
        ("GET", f"/api/{alice}/tasks/{marker}"),
        ("GET", f"/{marker}"),
        (marker.upper().replace("-", ""), "/health"),
    ):
        httpx2.request(method, f"{running.backend_url}{path}", headers=headers)
    lines, message = tool_call(marker, {"user_id": alice})
    mcp = {**lines, **bearer(running, alice, "mcp")}
    assert httpx2.post(running.mcp_url, json=message, headers=mcp).status_code == 200
    for service in ("backend", "mcp"):
        shown = repr(list(scrape(running, service))).lower()
        assert alice not in shown
        assert not re.search("q7x-?marker", shown)


def test_figures_are_not_on_the_port_that_is_published(running: RunningSystem, alice: str) -> None:
    for base, audience in ((running.backend_url, "backend"), (running.mcp_url, "mcp")):
        url = httpx2.URL(base).join("/metrics")
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers=bearer(running, alice, audience)).status_code == 404
