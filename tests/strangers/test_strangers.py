"""Servers from PyPI and npm, run from `crosstalk init` and a confirmed file alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crosstalk.environment.parts.sources import package_root
from tests.strangers.conftest import Row
from tests.strangers.examples import Example, examples

# Calls are what counts: a busy machine gets the time for them.
SECONDS = 600
CALLS = int(os.environ.get("STRANGERS_CALLS", "900"))
EXAMPLES = examples()
_ENDED = {0: "clean", 1: "leak", 3: "inconclusive"}


def test_five_servers_four_transports_and_four_ways_to_say_who_calls() -> None:
    by_mcp = [each for each in EXAMPLES if each.config.mcp is not None]
    proxies = {"mcp-proxy", "supergateway"}
    assert len({name for each in by_mcp for name in each.servers} - proxies) >= 5
    assert len({each.transport for each in by_mcp}) >= 4
    assert len({each.identity for each in by_mcp}) >= 4


@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: str(each.path.stem))
def test_a_confirmed_file_is_enough(
    example: Example, programs: Callable[[Example], str], tmp_path: Path, rows: list[Row]
) -> None:
    arguments = ["isolation", "--target", str(example.path), "--calls", str(CALLS)]
    arguments += ["--seconds", str(SECONDS), "--seed", "7"]
    ended = _crosstalk(arguments, programs(example), tmp_path)
    verdict = _ENDED.get(ended.returncode)
    assert verdict is not None, ended.stdout + ended.stderr
    (summary,) = (tmp_path / ".crosstalk" / "runs").glob("isolation-*/latest/summary.json")
    told = json.loads(summary.read_text())
    rows.append((example, verdict, told["calls"], [each["oracle"] for each in told["findings"]]))
    assert verdict == ("leak" if example.finding else "clean"), ended.stdout[-3_000:]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "example",
    [each for each in EXAMPLES if "--stdio" in each.begun],
    ids=lambda each: str(each.path.stem),
)
def test_init_lists_the_tools_and_writes_a_file_to_be_confirmed(
    example: Example, programs: Callable[[Example], str], tmp_path: Path
) -> None:
    written = tmp_path / "crosstalk.toml"
    # What the command names lies in a folder of this test's.
    begun = [each.replace("=/tmp/", f"={tmp_path}/") for each in example.begun]
    ended = _crosstalk([*begun, "--output", str(written)], programs(example), tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    text = written.read_text()
    assert "confirmed = false" in text
    known = {name for name, tool in example.config.tools.items() if not tool.skip}
    assert known <= {line[7:-1] for line in text.splitlines() if line.startswith("[tools.")}
    refused = _crosstalk(["isolation", "--target", str(written)], programs(example), tmp_path)
    assert refused.returncode not in (0, 1)
    assert "confirmed" in refused.stdout + refused.stderr


def _crosstalk(arguments: list[str], path: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(package_root("crosstalk"))}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "crosstalk", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
