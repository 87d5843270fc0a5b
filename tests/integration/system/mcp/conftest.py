"""A second MCP server beside the running one: the same database and issuers, with sessions."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.environment.runtime.ports import free_port

MAX_SESSIONS = 5


@pytest.fixture(scope="session")
def stateful(running: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server in stateful mode; its resource is the running server's."""
    service = running.services["mcp"]
    port = free_port()
    environment = {
        **service.environment,
        "MCP_PORT": str(port),
        "MCP_STATEFUL": "true",
        "MCP_MAX_SESSIONS_PER_USER": str(MAX_SESSIONS),
        "METRICS_PORT": "",
        "DRAIN_SECONDS": "1",
    }
    log = (tmp_path_factory.mktemp("stateful") / "mcp.log").open("wb")
    process = subprocess.Popen(
        list(service.command), env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(f"{base}/health", process)
        yield base + urlsplit(running.mcp_url).path
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the server in stateful mode did not start")
