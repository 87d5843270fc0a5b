"""The examples for a new user: `init`, a confirmation, and a run, as their pages say."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crosstalk.cli.verbs.init import init
from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from tests.integration.crosstalk.targets.described.describing import campaign

EXAMPLES = Path(__file__).parents[5] / "examples"
Served = Callable[[str], int]


@pytest.fixture
def served() -> Iterator[Served]:
    """Returns a function that starts an example and returns its port."""
    started = []

    def serve(name: str) -> int:
        port = free_port()
        started.append(subprocess.Popen([sys.executable, str(EXAMPLES / f"{name}.py"), str(port)]))
        while not listens(port):
            assert started[-1].poll() is None, "the example ended"
            time.sleep(0.02)
        return port

    yield serve
    for each in started:
        each.terminate()
        each.wait()


@pytest.mark.parametrize("form", ["leaky", "fixed"])
@pytest.mark.parametrize(
    ("name", "path", "token", "operation"),
    [
        ("notes-mcp", "/mcp", "alice-token", "mcp:read_note"),
        ("notes-rest", "", None, "rest:GET /notes/{note_id}"),
    ],
    ids=["mcp", "rest"],
)
def test_an_example_shows_its_leak_and_its_fixed_form_is_clean(
    served: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    path: str,
    token: str | None,
    operation: str,
    form: str,
) -> None:
    for user in ("alice", "bob", "carol"):
        monkeypatch.setenv(f"{user.upper()}_TOKEN", f"{user}-token")
    file = tmp_path / "crosstalk.toml"
    init(f"http://127.0.0.1:{served(f'{name}/{form}')}{path}", token=token, output=file)
    assert f"crosstalk isolation --target {file}" in capsys.readouterr().out
    file.write_text(file.read_text().replace("confirmed = false", "confirmed = true"))
    result = campaign(file, calls=400)
    found = {(each.oracle, each.operation) for each in result.findings}
    assert (("canary", operation) in found) is (form == "leaky")
    assert bool(found) is (form == "leaky")
    if form == "fixed":
        # A run with a finding ends early.
        unserved = [e for e in result.inconclusive if e.where.startswith(("mcp:", "rest:"))]
        assert not unserved
