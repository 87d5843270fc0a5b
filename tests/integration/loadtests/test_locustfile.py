"""Locust's own command against the running system, alone and as master and workers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosstalk.environment import RunningSystem
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.ports import free_port

_ROOT = package_root("loadtests")
_LOCUSTFILE = _ROOT / "loadtests" / "locustfile.py"


@contextmanager
def locust(
    running: RunningSystem, *arguments: str, **changes: str
) -> Iterator[subprocess.Popen[str]]:
    """Run Locust with the system's addresses in the environment; kill it at the end."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(_ROOT),
        "CROSSTALK_BACKEND_URL": running.backend_url,
        "CROSSTALK_MCP_URL": running.mcp_url,
        "CROSSTALK_ISSUER_KEYS": str(running.issuer_keys),
        **changes,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def counts(output: str) -> Mapping[str, int]:
    """Read the counts that Locust prints at its end."""
    return {name: int(count) for name, count in re.findall(r"^ +([a-z]+)  (\d+)$", output, re.M)}


def test_locust_master_sums_its_workers_counts_and_they_share_the_rate(
    running: RunningSystem,
) -> None:
    port = str(free_port())
    limits = ("--headless", "-u", "4", "-r", "4", "-t", "5s", "--expect-workers", "2")
    address = ("--master-bind-port", port, "--master-bind-host", "127.0.0.1")
    options = ("--arrival-rate", "4", "--visitors", "2")
    worker = ("--worker", "--master-port", port, "--master-host", "127.0.0.1")
    with (
        locust(running, "--master", *address, *limits, *options) as master,
        locust(running, *worker) as first,
        locust(running, *worker) as second,
    ):
        output = master.communicate(timeout=120)[0]
        assert master.returncode == 0, output[-3_000:]
        shares = [counts(each.communicate(timeout=30)[0]) for each in (first, second)]
    total = counts(output)
    assert total["errors"] == total["stalls"] == total["foreign"] == 0
    assert total["own"] > 0
    # Both had visitors and people.
    assert all(share["requests"] > 0 for share in shares)
    assert total["requests"] == sum(share["requests"] for share in shares)


@pytest.mark.parametrize("missing", ["CROSSTALK_ISSUER_KEYS", "CROSSTALK_MCP_URL"])
def test_locustfile_without_a_system_names_the_remedy(
    running: RunningSystem, tmp_path: Path, missing: str
) -> None:
    away = {missing: "", "CROSSTALK_RUN": str(tmp_path)}
    with locust(running, "--headless", "-t", "1s", **away) as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode != 0
    assert "crosstalk up" in output
