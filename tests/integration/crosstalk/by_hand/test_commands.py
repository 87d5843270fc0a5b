"""Commands of a finding: pasted into a shell with the tokens set, they show what crossed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from crosstalk.campaign.evaluation.by_hand import with_commands
from crosstalk.core.principals import ALICE, BOB, HIJACKER
from crosstalk.core.script import Script, Step
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import Fixture
from crosstalk.targets.described import opened_target
from tests.integration.crosstalk.by_hand import leaking

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="there is no curl or no bash here"
)

IDENTITY = """
[identity]
by = ["{by}"]
environment = {{NOTES_TOKEN = "{{token}}"}}
[users.alice]
token = "tok-alice"
[users.bob]
token = "tok-bob"
"""
# What a server's person may have planted, to be pasted into somebody's shell.
HOSTILE = 'it\'s $(touch pwned) `touch pwned` "quoted" \\ !! ; & \n\x1b[2J é'


@pytest.fixture(autouse=True)
def in_the_folder_of_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to where a person would be."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def address() -> Iterator[str]:
    """The address of the leaking server, without the notes of an earlier test."""
    leaking.Handler.notes = leaking.Notes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), leaking.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def described(folder: Path, surface: str, by: str = "bearer") -> Path:
    """Write the file of a target."""
    file = folder / "crosstalk.toml"
    file.write_text(surface + IDENTITY.format(by=by), encoding="utf-8")
    return file


def commands_of(file: Path, *steps: Step) -> list[str]:
    """Return the commands of a finding with that script."""
    script = Script(steps)
    with opened_target(file) as target:
        executor = Executor(target.surfaces, target.operations, target.credentials)
        finding = Finding("canary", steps[-1].operation, ("alice", "bob"), "", script)
        fixture = Fixture(target, executor)
        found = with_commands(finding, target, executor, fixture.fresh_history)
        executor.close()
    assert all(line.isprintable() for line in found.commands)
    return list(found.commands)


def pasted(commands: list[str], folder: Path) -> str:
    """Run the commands as a person does who has set the tokens; what is printed."""
    tokens = {f"{name.upper()}_TOKEN": f"tok-{name}" for name in ("alice", "bob", "carol")}
    tokens |= {"ALICE_NOTES_TOKEN": "tok-alice", "BOB_NOTES_TOKEN": "tok-bob"}
    done = subprocess.run(
        ["bash", "-c", "\n".join(commands)],
        cwd=folder,
        env={**os.environ, **tokens},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not list(folder.glob("pwned*"))
    return done.stdout


def planted_and_read(add: str, get: str, text: str) -> tuple[Step, Step]:
    """A note of alice's, and bob who reads it."""
    return (
        Step(1, ALICE, add, {"text": text}),
        Step(2, BOB, get, {"note_id": "${1.id}"}),
    )


@pytest.mark.parametrize("text", ["xtalicez00000001", f"xtalicez00000002 {HOSTILE}"])
def test_commands_of_rest_show_what_crossed(address: str, tmp_path: Path, text: str) -> None:
    file = described(tmp_path, f'[rest]\nopenapi = "{address}/openapi.json"\n')
    steps = planted_and_read("rest:POST /notes", "rest:GET /notes/{note_id}", text)
    commands = commands_of(file, *steps)
    assert not any("tok-" in line for line in commands)
    last = pasted(commands, tmp_path).strip().splitlines()[-1]
    assert json.loads(last)["text"] == text


@pytest.mark.parametrize(
    ("transport", "path"), [("streamable-http-older", "/mcp"), ("sse", "/sse")]
)
def test_commands_of_mcp_open_the_session_that_the_server_wants(
    address: str, tmp_path: Path, transport: str, path: str
) -> None:
    file = described(tmp_path, f'[mcp]\ntransport = "{transport}"\nurl = "{address}{path}"\n')
    text = f"xtalicez00000003 {HOSTILE}"
    commands = commands_of(file, *planted_and_read("mcp:add_note", "mcp:get_note", text))
    if transport == "sse":
        commands.append("kill $(jobs -p)")
    assert not any("tok-" in line for line in commands)
    said = pasted(commands, tmp_path).strip().splitlines()[-1].removeprefix("data: ")
    shown = json.loads(said)["result"]["content"][0]["text"]
    assert json.loads(shown)["text"] == text


def test_commands_of_a_stolen_session_open_it_as_its_owner(address: str, tmp_path: Path) -> None:
    file = described(
        tmp_path, f'[mcp]\ntransport = "streamable-http-older"\nurl = "{address}/mcp"\n'
    )
    plant = Step(1, ALICE, "mcp:add_note", {"text": "xtalicez00000004"})
    steal = Step(2, HIJACKER, "mcp:get_note", {"note_id": "${1.id}"})
    commands = commands_of(file, plant, steal)
    (opening,) = (line for line in commands if line.startswith("ALICE_SESSION="))
    assert "$ALICE_TOKEN" in opening
    last = commands[-1]
    assert "$BOB_TOKEN" in last
    assert "$ALICE_SESSION" in last
    assert "xtalicez00000004" in pasted(commands, tmp_path).strip().splitlines()[-1]


def test_commands_of_stdio_are_lines_for_the_process(tmp_path: Path) -> None:
    command = json.dumps([sys.executable, leaking.__file__, str(tmp_path / "notes.json")])
    file = described(
        tmp_path, f'[mcp]\ntransport = "stdio"\ncommand = {command}\n', by="environment"
    )
    text = f"xtalicez00000005 {HOSTILE}"
    commands = commands_of(file, *planted_and_read("mcp:add_note", "mcp:get_note", text))
    assert not any("tok-" in line for line in commands)
    said = pasted(commands, tmp_path).strip().splitlines()[-1]
    assert json.loads(json.loads(said)["result"]["content"][0]["text"])["text"] == text


def test_commands_of_a_report_show_what_crossed(address: str, tmp_path: Path) -> None:
    described(tmp_path, f'[rest]\nopenapi = "{address}/openapi.json"\n')
    options = ("--calls", "120", "--seed", "3", "--oracles", "canary", "--stop-at-first")
    done = subprocess.run(
        [sys.executable, "-m", "crosstalk", "isolation", *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "target: crosstalk.toml (found in the current folder" in done.stdout
    latest = tmp_path / ".crosstalk/runs/isolation-crosstalk/latest"
    (finding,) = json.loads((latest / "summary.json").read_text())["findings"]
    block = (latest / "report.md").read_text().split("```sh\n")[1].split("```")[0]
    assert block.splitlines() == finding["commands"]
    # A note may hold two of its owner's values: the sentence names one of them, the answer both.
    marked = {each for shown in finding["evidence"] for each in shown["foreign"]}
    assert any(each in finding["summary"] for each in marked)
    printed = pasted(finding["commands"], tmp_path)
    assert [each for each in marked if each not in printed] == []
    for file in (*latest.glob("replays/*.json"), latest / "report.sarif"):
        assert str(tmp_path) not in file.read_text()
    assert (tmp_path / ".crosstalk/.gitignore").read_text() == "*\n"
