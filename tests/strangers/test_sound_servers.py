"""Ten correct servers, written as their frameworks' users write them: nothing is found in any.

They are REST APIs and MCP servers on SQLite, PostgreSQL and in memory, with what has deceived the
harness or may: numbers that are given again, public catalogues, cursors, soft deletion, error texts
that hold the time, users' own logs and counters, equal names. No two share code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from crosstalk.environment.parts.sources import package_root
from tests.strangers.conftest import place

FOLDER = Path(__file__).with_name("sound")
CALLS = int(os.environ.get("STRANGERS_CALLS", "400"))
SECONDS = 300
SEEDS = [int(each) for each in os.environ.get("STRANGERS_SEEDS", "1 2 3").split()]
# Module or npm package that a server needs beside what the tests need.
NEEDS = {
    "todo_sqlmodel": "sqlmodel",
    "expenses_sqlmodel": "sqlmodel",
    "recipes_fastmcp": "fastmcp",
    "invoices_flask": "flask",
    "tickets_postgres": "psycopg",
}
SERVERS = sorted(path.stem for path in FOLDER.glob("*.toml"))


def test_ten_servers_are_described() -> None:
    assert len(SERVERS) == 10
    assert {path.stem for path in (FOLDER / "servers").iterdir()} >= set(SERVERS)


@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SERVERS)
def test_nothing_is_found_in_a_correct_server(name: str, seed: int, tmp_path: Path) -> None:
    module = NEEDS.get(name)
    if module is not None and find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install {module}")
    ended = _isolation(name, seed, tmp_path)
    (summary,) = (tmp_path / ".crosstalk" / "runs").glob("isolation-*/latest/summary.json")
    result = json.loads(summary.read_text())
    assert result["findings"] == [], ended.stdout[-3_000:]
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr


def _isolation(name: str, seed: int, folder: Path) -> subprocess.CompletedProcess[str]:
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
        "PYTHONPATH": str(package_root("crosstalk")),
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    if name.endswith("_express"):
        environment["NODE_PATH"] = str(place("npm", ("express@5",)).parent)
    arguments = ["isolation", "--target", str(FOLDER / f"{name}.toml"), "--seed", str(seed)]
    arguments += ["--calls", str(CALLS), "--seconds", str(SECONDS)]
    return subprocess.run(
        [sys.executable, "-m", "crosstalk", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
