"""The verifier's own MCP server under the official conformance suite, on Node 22 or newer.

It speaks standard input and output; the suite speaks HTTP, so its tools are served by HTTP here.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client

from crosstalk.conformance.runner import ScenarioCounts, choose, install_suites
from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from tests.integration.pipeline.steps import environment

pytestmark = pytest.mark.npm

# Scenarios of capabilities that the server does not declare.
OF_CAPABILITIES = {"logging-set-level": "logging", "completion-complete": "completions"}
# White space around a header's value: of the HTTP that this test adds, and of no tool.
OF_HTTP = {"sep-2243-server-accepts-whitespace-header-value"}
SERVE = """
import sys
from crosstalk.agent_server.server import make_server
make_server().run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
"""


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """The tools of `crosstalk mcp`, served by HTTP."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)], cwd=tmp_path, env=environment(tmp_path)
    )
    while not listens(port):
        assert server.poll() is None, "the server ended"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    server.terminate()
    server.wait()


async def test_agent_tools_conform(endpoint: str) -> None:
    async with Client(endpoint) as client:
        declared = client.server_capabilities.model_dump(exclude_none=True)
    assert "tools" in declared
    assert not set(OF_CAPABILITIES.values()) & set(declared)
    counts = ScenarioCounts()
    failed = {}
    every = choose(install_suites(), "sessions", counts)
    runs = [each for each in every if each.scenario.name not in OF_CAPABILITIES]
    assert len(runs) > 10
    for each in runs:
        outcome = each.suite.run(
            each.scenario.name, endpoint, each.revision, {*each.spared, *OF_HTTP}
        )
        if not outcome.ok:
            failed[each.title("sessions")] = outcome.problems
    assert failed == {}
