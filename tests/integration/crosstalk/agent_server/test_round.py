"""A coding agent's whole round over MCP: init, run, finding, fix, clean."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from mcp import Client, StdioServerParameters

from crosstalk.environment.runtime.ports import free_port
from tests.integration.crosstalk.targets.described.describing import SERVER
from tests.integration.pipeline.steps import environment


@contextmanager
def notes(port: int, *options: str) -> Iterator[None]:
    """The server of notes, running at a port."""
    command = [sys.executable, str(SERVER), "--transport", "current", "--identity", "argument"]
    process = subprocess.Popen([*command, "--port", str(port), *options])
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=2)
            except HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def served(folder: Path) -> StdioServerParameters:
    """`crosstalk mcp` in a folder, for a person who has allowed nothing."""
    variables = environment(folder, XDG_CONFIG_HOME=str(folder / "config"))
    return StdioServerParameters(
        command=sys.executable, args=["-m", "crosstalk", "mcp"], env=variables, cwd=str(folder)
    )


async def call(client: Client, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Call a tool; whether it failed, and its text."""
    result = await client.call_tool(tool, arguments)
    return bool(result.is_error), result.content[0].text  # type: ignore[union-attr]


async def test_an_agent_finds_a_leak_and_sees_it_fixed(tmp_path: Path) -> None:
    port = free_port()
    async with Client(served(tmp_path)) as client:
        with notes(port, "--leak", "get"):
            failed, text = await call(client, "init", url=f"http://127.0.0.1:{port}/mcp")
            assert not failed, text
            file = tmp_path / "crosstalk.toml"
            written = file.read_text().replace("confirmed = false", "confirmed = true")
            file.write_text('accepted = ["unauthenticated-identity"]\n' + written)
            failed, text = await call(client, "plan")
            assert not failed, text
            failed, text = await call(client, "run", calls=400, seed=7)
            assert not failed, text
            found = json.loads(text)
            assert (found["exit_code"], found["verdict"]) == (1, "leak"), text
            (number, *_) = [
                str(each["number"]) for each in found["findings"] if "get_note" in each["tool"]
            ]
            failed, text = await call(client, "explain", finding=number)
            assert json.loads(text)["remedy"], text
            failed, text = await call(client, "replay", finding=number)
            assert json.loads(text)["shown"] is True, text
        with notes(port):
            failed, text = await call(client, "replay", finding=number)
            assert json.loads(text)["shown"] is False, text
            failed, text = await call(client, "run", calls=500, seed=7)
            assert json.loads(text)["verdict"] == "clean", text


async def test_other_hosts_programs_and_folders_are_refused(tmp_path: Path) -> None:
    async with Client(served(tmp_path)) as client:
        failed, text = await call(client, "init", url="http://192.0.2.1/mcp")
        assert failed
        assert 'hosts = ["192.0.2.1"]' in text
        target = tmp_path / "crosstalk.toml"
        target.write_text('[mcp]\nurl = "http://192.0.2.1/mcp"\n')
        for tool in ("plan", "run"):
            failed, text = await call(client, tool)
            assert failed
            assert "is not a loopback address" in text
        target.write_text('[mcp]\ntransport = "stdio"\ncommand = ["touch", "made"]\n')
        failed, text = await call(client, "run")
        assert failed
        assert "commands = true" in text
        assert not (tmp_path / "made").exists()
        failed, text = await call(client, "run", target="/etc/crosstalk.toml")
        assert failed
        assert "is not in the folder" in text
