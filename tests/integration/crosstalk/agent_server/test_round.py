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

import pytest
from mcp import Client, StdioServerParameters

from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from tests.integration.pipeline.steps import environment
from tests.repository import ROOT

EXAMPLE = ROOT / "examples/notes-rest"
OPERATION = "rest:GET /notes/{note_id}"


@contextmanager
def notes(form: str, port: int) -> Iterator[None]:
    """An example of notes over REST, leaky or fixed, running at a port."""
    server = subprocess.Popen([sys.executable, str(EXAMPLE / f"{form}.py"), str(port)])
    try:
        while not listens(port):
            assert server.poll() is None, "the example ended"
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


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


@pytest.mark.long
async def test_an_agent_finds_a_leak_and_sees_it_fixed(tmp_path: Path) -> None:
    port = free_port()
    async with Client(served(tmp_path)) as client:

        async def answer(tool: str, **arguments: Any) -> str:
            failed, text = await call(client, tool, **arguments)
            assert not failed, text
            return text

        with notes("leaky", port):
            assert "confirmed = false" in await answer("init", url=f"http://127.0.0.1:{port}")
            failed, text = await call(client, "run", calls=400)
            assert failed, text
            assert "confirmed = true" in text
            file = tmp_path / "crosstalk.toml"
            file.write_text(file.read_text().replace("confirmed = false", "confirmed = true"))
            planned = json.loads(await answer("plan"))
            assert OPERATION in json.dumps(planned)
            ran = json.loads(await answer("run", calls=400, seed=7))
            assert (ran["exit_code"], ran["verdict"]) == (1, "leak")
            found = json.loads(await answer("findings"))
            assert found["findings"] == ran["findings"]
            assert {each["tool"] for each in found["findings"]} == {OPERATION}
            number = str(found["findings"][0]["number"])
            explained = json.loads(await answer("explain", finding=number))
            assert explained["remedy"] == ["verify that the object named belongs to the caller"]
            assert explained["script"]
            assert json.loads(await answer("replay", finding=number))["shown"] is True
        with notes("fixed", port):
            assert json.loads(await answer("replay", finding=number))["shown"] is False
            ran = json.loads(await answer("run", calls=400, seed=7))
            assert (ran["exit_code"], ran["verdict"], ran["findings"]) == (0, "clean", [])
            assert json.loads(await answer("findings"))["findings"] == []


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
