"""`crosstalk init` writes a file that, once confirmed, the campaign runs from."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosstalk.cli.verbs.init import init
from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from crosstalk.targets.described import TargetFileError, load_target, opened_target
from tests.integration.crosstalk.targets.described.describing import SERVER, campaign


def written(folder: Path, **settings: object) -> Path:
    """The file that `crosstalk init` writes with these settings."""
    file = folder / "crosstalk.toml"
    init(**settings, output=file)  # type: ignore[arg-type]
    return file


def confirmed(file: Path) -> Path:
    """The same file after a person has looked through it."""
    text = file.read_text().replace("confirmed = false", "confirmed = true")
    # Known of this server, and said in the file: it is something else that is looked for.
    file.write_text(text.replace("# accepted = ", "accepted = "))
    return file


@contextmanager
def serving(*options: str) -> Iterator[int]:
    """The notes server on a port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(SERVER), "--port", str(port), *options])
    try:
        while not listens(port):
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("leak", ["", "list"])
def test_a_confirmed_file_is_enough_for_a_campaign(tmp_path: Path, leak: str) -> None:
    options = ("--transport", "stdio", "--ids", "sequence", "--replies", "sentences")
    command = shlex.join([sys.executable, str(SERVER), *options, "--leak", leak])
    file = written(tmp_path, stdio=command)
    with pytest.raises(TargetFileError, match="confirmed"), opened_target(file):
        pass
    result = campaign(confirmed(file), calls=250)
    assert bool(result.findings) is bool(leak)


def test_guesses_are_marked_and_tried(tmp_path: Path) -> None:
    command = shlex.join([sys.executable, str(SERVER), "--transport", "stdio", "--ids", "key"])
    text = written(tmp_path, stdio=command).read_text()
    assert 'arguments = ["user_id"]  # guess' in text
    assert 'kind = "list"  # guess: it showed what had just been stored' in text
    assert 'arguments = {key = "name"}  # guess' in text


@pytest.mark.parametrize(
    ("transport", "path", "found"),
    [
        ("current", "/mcp", "streamable-http"),
        ("stateful", "/mcp", "streamable-http-older"),
        ("sse", "/sse", "sse"),
    ],
)
def test_the_transport_is_found_out(tmp_path: Path, transport: str, path: str, found: str) -> None:
    with serving("--transport", transport) as port:
        file = written(tmp_path, url=f"http://127.0.0.1:{port}{path}")
    mcp = load_target(file).mcp
    assert mcp is not None
    assert mcp.transport == found


def test_a_login_tool_is_described(tmp_path: Path) -> None:
    with serving("--transport", "stateful", "--identity", "login") as port:
        file = written(tmp_path, url=f"http://127.0.0.1:{port}/mcp")
    login = load_target(file).identities()["mcp"].login
    assert login is not None
    assert login.arguments == {"username": "{user}", "password": "{password}"}
    assert login.register_first is not None


def test_a_server_that_wants_a_credential_says_how_to_give_one(tmp_path: Path) -> None:
    with (
        serving("--identity", "bearer") as port,
        pytest.raises(HarnessError, match="--token or --header"),
    ):
        written(tmp_path, url=f"http://127.0.0.1:{port}/mcp")


def test_impossible_request_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="nothing answers"):
        written(tmp_path, url="http://127.0.0.1:9/mcp")
    with pytest.raises(HarnessError, match="cannot be started"):
        written(tmp_path, stdio="no-such-program-anywhere")
    with pytest.raises(HarnessError, match="--stdio"):
        written(tmp_path)
    (tmp_path / "crosstalk.toml").write_text("mine")
    with pytest.raises(HarnessError, match="exists"):
        written(tmp_path, url="http://127.0.0.1:9/mcp")
