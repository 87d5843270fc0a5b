"""One person's whole flow, observed: ids run through all tiers, and what was written through none.

The texts, tokens and names of the flow are markers. They are looked for in every log, the
database's among them, in every span and in the figures.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.surface import Presented, stateless_tools
from crosstalk.surface.transports import CurrentHttp
from tests.integration.system.observe.collector import Collector, collecting

_TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class Flow:
    """A system that was used.

    Attributes:
        running: The system.
        collector: Where its spans go.
        chat: Request id of a chat that called a tool.
        markers: What must not appear anywhere.
    """

    running: RunningSystem
    collector: Collector
    chat: str = "request-of-the-chat"
    markers: list[str] = field(default_factory=list)

    def mark(self) -> str:
        """A text to look for."""
        self.markers.append(f"mk{secrets.token_hex(6)}")
        return self.markers[-1]

    def token(self, subject: str, audience: str = "backend") -> dict[str, str]:
        """Headers with a token to look for."""
        token = self.running.mint(subject, audience=audience)
        self.markers += [token, token.split(".")[1], token.split(".")[2]]
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """The system after a user used everything, rightly and wrongly."""
    with collecting() as collector:
        told = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "LOG_LEVEL": "DEBUG",
        }
        options = ProcessOptions(
            run_folder=tmp_path_factory.mktemp("flow"), extra_env={"backend": told, "mcp": told}
        )
        with ProcessEnvironment(options) as running:
            made = Flow(running, collector)
            _use(made)
            yield made


def _use(flow: Flow) -> None:
    user = flow.mark()
    base, headers = f"{flow.running.backend_url}/api", flow.token(user)
    with httpx2.Client(headers=headers, timeout=30.0) as http:
        tasks = f"{base}/{user}/tasks"
        made = http.post(tasks, json={"title": flow.mark(), "description": flow.mark()}).json()
        http.patch(f"{tasks}/{made['id']}", json={"title": flow.mark()})
        http.get(f"{tasks}/search", params={"q": flow.mark()})
        name = flow.mark()
        for _ in range(2):
            http.post(f"{base}/{user}/projects", json={"name": name})
        absent = "01a1fc95-41f3-7131-b962-eac9f4851703"
        http.post(tasks, json={"title": flow.mark(), "project_id": absent})
        http.post(tasks, json={"title": "x", flow.mark(): flow.mark()})
        http.post(tasks, json={"title": flow.mark() * 50, "project_id": flow.mark()})
        http.post(tasks, content=f'{{"title": "{flow.mark()}"'.encode())
        http.get(f"{base}/{flow.mark()}/tasks", headers={"X-Request-ID": f"{flow.mark()} !"})
        http.get(f"{flow.running.backend_url}/{flow.mark()}?{flow.mark()}={flow.mark()}")
        http.get(tasks, headers={"Authorization": f"Bearer {flow.mark()}"})
        http.get(tasks, headers={"User-Agent": flow.mark(), "Cookie": flow.mark()})
        chat = f"{base}/chat"
        http.post(
            chat,
            json={"message": f"add a task to {flow.mark()}"},
            headers={"X-Request-ID": flow.chat, "traceparent": f"00-{_TRACE}-b7ad6b7169203331-01"},
        )
        for call in (f'delete_task {{"task_id": "{flow.mark()}"}}', f"{flow.mark()} {{}}"):
            http.post(chat, json={"message": f"[[call {call}]]"})
        http.post(chat, json={"message": flow.mark()}, headers={"Accept": "text/event-stream"})
    mcp = Presented(flow.token(user, "mcp"))
    surface = stateless_tools(flow.running.mcp_url, mcp)
    operations = {each.name: each for each in surface.discover()}
    add = operations["mcp:add_task"]
    for arguments in (
        {"user_id": user, "title": flow.mark()},
        {"user_id": flow.mark(), "title": flow.mark()},
        {"user_id": user, "title": flow.mark() * 50, flow.mark(): flow.mark()},
    ):
        surface.call(add, arguments, mcp.with_headers({"baggage": f"key={flow.mark()}"}))
    unknown = {"name": flow.mark(), "arguments": {"user_id": user}}
    surface.close()
    wire = CurrentHttp(flow.running.mcp_url, timeout=30.0)
    wire.request("tools/call", unknown, mcp)
    wire.request("resources/read", {"uri": f"task://{flow.mark()}"}, mcp)
    wire.request("prompts/get", {"name": flow.mark(), "arguments": {flow.mark(): flow.mark()}}, mcp)
    wire.request(flow.mark(), {}, mcp)
    wire.close()


def lines(flow: Flow, service: str) -> list[dict[str, object]]:
    """What a service logged."""
    text = (flow.running.logs / f"{service}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_logs_hold_no_token_and_no_users_text(flow: Flow) -> None:
    logs = sorted(Path(flow.running.logs).glob("*.log"))
    assert {"backend", "mcp", "postgresql"} <= {each.stem for each in logs}
    for log in logs:
        text = log.read_text(errors="replace")
        for marker in flow.markers:
            assert marker not in text, f"{log.name}: {text[text.index(marker) - 300 :][:400]}"


def test_one_request_id_is_in_the_lines_of_every_tier(flow: Flow) -> None:
    for service, message in (("backend", "request"), ("mcp", "tool call"), ("mcp", "request")):
        found = [each for each in lines(flow, service) if each["request_id"] == flow.chat]
        assert message in {each["message"] for each in found}, service


def test_every_line_is_json_with_its_service(flow: Flow) -> None:
    for service in ("backend", "mcp"):
        text = (flow.running.logs / f"{service}.log").read_text().splitlines()
        assert [each for each in text if not each.startswith("{")] == [
            next(each for each in text if " listening on " in each)
        ]
        assert {each["service"] for each in lines(flow, service)} == {service}


def test_figures_hold_no_token_and_no_users_text(flow: Flow) -> None:
    for url in flow.running.metrics_urls.values():
        text = httpx2.get(url).text
        assert not [each for each in flow.markers if each in text]


def test_a_callers_trace_runs_through_the_agent_to_the_tool(flow: Flow) -> None:
    wanted = {
        ("crosstalk-backend", "POST /api/chat"),
        ("crosstalk-backend", "agent"),
        ("crosstalk-backend", "mcp tools/call"),
        ("crosstalk-mcp", "POST /mcp"),
        ("crosstalk-mcp", "tool add_task"),
    }

    def of_the_chat(spans: list[tuple[str, object]]) -> set[tuple[str, str]]:
        return {
            (who, span.name)  # type: ignore[attr-defined]
            for who, span in spans
            if span.trace_id.hex() == _TRACE  # type: ignore[attr-defined]
        }

    flow.collector.wait_for(lambda spans: wanted <= of_the_chat(list(spans)))
    assert set(flow.collector.paths) == {"/v1/traces"}
    mine = {span.name: span for _, span in flow.collector.spans if span.trace_id.hex() == _TRACE}
    # The tool is below the request at MCP, which is below the call of the backend's agent.
    calls = {each.span_id for _, each in flow.collector.spans if each.name == "mcp tools/call"}
    assert mine["POST /api/chat"].parent_span_id.hex() == "b7ad6b7169203331"
    assert mine["agent"].parent_span_id == mine["POST /api/chat"].span_id
    posts = [
        span
        for who, span in flow.collector.spans
        if (who, span.name) == ("crosstalk-mcp", "POST /mcp") and span.parent_span_id in calls
    ]
    assert mine["tool add_task"].parent_span_id in {each.span_id for each in posts}


def test_log_lines_name_the_trace(flow: Flow) -> None:
    for service in ("backend", "mcp"):
        traced = {each.get("trace_id") for each in lines(flow, service)}
        assert _TRACE in traced


def test_spans_hold_templates_names_and_outcomes_only(flow: Flow) -> None:
    flow.collector.wait_for(lambda spans: any(span.name == "tool unknown" for _, span in spans))
    shown = "".join(str(span) for _, span in flow.collector.spans)
    assert not [each for each in flow.markers if each in shown]
    keys = {each.key for _, span in flow.collector.spans for each in span.attributes}
    assert keys <= {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "mcp.method.name",
        "mcp.tool.name",
        "error.type",
    }
    assert not [event for _, span in flow.collector.spans for event in span.events]
