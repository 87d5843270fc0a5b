"""The wheel in a clean environment: with the verifier's packages alone, and with the system's."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.integration.crosstalk.targets.described.describing import SERVER
from tests.integration.package.environments import Environment
from tests.repository import ROOT

pytestmark = pytest.mark.timeout(900)
# A fixed seed, and calls rather than seconds: the verdict is that of any machine.
_SHORT = ("--calls", "400", "--seconds", "300", "--seed", "7")
_SHORT_IN_PYTEST = ("--crosstalk-calls", "400", "--crosstalk-seconds", "300", "--crosstalk-seed=7")
# One oracle, and none of the phases, each of which asks for a share of its own.
_SHORTEST = ("--oracles", "canary", "--calls", "150", "--seconds", "300", "--seed", "7")
_LONG = ("--calls", "2500", "--seconds", "300", "--seed", "7")
STARTS_THE_SYSTEM = (
    ("isolation", "--reference"),
    ("isolation", "--mutant", "list-without-filter"),
    ("mutants", "--only", "list-without-filter"),
    ("forgeries",),
    ("demo",),
    ("up", "--without-frontend"),
)


@pytest.fixture(scope="module")
def described(base: Environment) -> Path:
    """A description of a leaking server, as `init` writes it and a person confirms it."""
    server = base.folder / "server.py"
    shutil.copy(SERVER, server)
    command = [str(base.python), str(server), "--transport", "stdio", "--leak", "list"]
    done = base.crosstalk("init", "--stdio", shlex.join(command))
    assert done.returncode == 0, done.stderr
    file = base.folder / "crosstalk.toml"
    file.write_text(file.read_text().replace("confirmed = false", "confirmed = true"))
    return file


def test_wheel_holds_one_import_package_and_the_systems_sources(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"crosstalk"}
    bundled = "crosstalk/_bundled/system"
    for file in ("mcp/__main__.py", "frontend/package-lock.json", "store/migrations/env.py"):
        assert f"{bundled}/{file}" in names
    made = ("node_modules", ".next", "__pycache__", ".crosstalk")
    assert [name for name in names if any(part in name.split("/") for part in made)] == []


def test_version_is_that_of_the_project(base: Environment) -> None:
    (stated,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert base.crosstalk("--version").stdout == f"crosstalk {stated}\n"


@pytest.mark.parametrize("verb", [(), ("isolation",), ("up",)], ids=" ".join)
def test_help_needs_no_extra(base: Environment, verb: tuple[str, ...]) -> None:
    done = base.crosstalk(*verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_help_offers_shell_completion(base: Environment) -> None:
    assert "--show-completion" in base.crosstalk("--help").stdout


@pytest.mark.long
def test_described_server_is_verified_and_its_finding_replays(
    base: Environment, described: Path
) -> None:
    done = base.crosstalk("isolation", "--target", str(described), *_SHORT)
    assert done.returncode == 1, done.stdout + done.stderr
    latest = base.folder / ".crosstalk" / "runs" / "isolation-crosstalk" / "latest"
    summary = json.loads((latest / "summary.json").read_text())
    assert summary["verdict"] == "leak"
    replay = next((latest / "replays").glob("*.json"))
    again = base.crosstalk("replay", str(replay))
    assert again.returncode == 1, again.stdout + again.stderr


@pytest.mark.long
def test_pytest_plugin_fails_the_operation_that_leaks(base: Environment, described: Path) -> None:
    # pytest would take the settings of whatever folder the temporary ones stand in.
    (base.folder / "pytest.ini").write_text("[pytest]\n")
    options = ("--crosstalk-target", described.name, *_SHORT_IN_PYTEST)
    done = base.run(str(base.python), "-m", "pytest", "-p", "no:cacheprovider", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"FAILED crosstalk.toml::mcp:list_notes\b", done.stdout), done.stdout


@pytest.mark.parametrize(
    "command",
    # All of them say it in one place.
    [
        pytest.param(each, id=" ".join(each), marks=[pytest.mark.long] if place else [])
        for place, each in enumerate(STARTS_THE_SYSTEM)
    ],
)
def test_without_the_systems_packages_one_sentence_says_what_to_install(
    base: Environment, command: tuple[str, ...]
) -> None:
    done = base.crosstalk(*command)
    assert done.returncode == 2
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.endswith("pip install 'crosstalk-harness[system]'")
    assert "fastapi" in sentence


@pytest.mark.long
def test_reference_system_is_verified(system: Environment) -> None:
    done = system.crosstalk("isolation", *_SHORTEST)
    assert "Traceback" not in done.stderr
    latest = system.folder / ".crosstalk" / "runs" / "isolation" / "latest"
    summary = json.loads((latest / "summary.json").read_text())
    assert summary["findings"] == []
    assert summary["calls"] >= 150


@pytest.mark.long
def test_planted_leak_is_found(system: Environment) -> None:
    planted = ("--mutant", "list-without-filter", "--stop-at-first", *_LONG)
    done = system.crosstalk("isolation", *planted)
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.long
def test_mutant_is_killed(system: Environment) -> None:
    chosen = ("--only", "list-without-filter", *_LONG)
    done = system.crosstalk("mutants", *chosen)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_system_runs_for_a_person_until_interrupted(system: Environment) -> None:
    ports = ("--backend-port", "0", "--mcp-port", "0")
    with subprocess.Popen(
        system.command("up", "--without-frontend", *ports),
        cwd=system.folder,
        env=system.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        url = re.search(r"^backend +(\S+)", said, re.M)
        assert url is not None, said
        assert httpx2.get(f"{url[1]}/ready", timeout=60.0).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
