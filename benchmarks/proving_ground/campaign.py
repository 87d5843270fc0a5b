"""Crosstalk as its users run it: `init`, the file, `isolation`, the summary."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.proving_ground.accounts import variables
from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.matching import Finding
from benchmarks.proving_ground.server import running, surroundings
from crosstalk.environment.parts.sources import package_root

# How the description was made: `init` alone, or the file that a user keeps for the server.
Mode = Literal["init", "confirmed"]

_BEGUN = re.compile(r"^# Begun with: crosstalk (init .+)$", re.MULTILINE)
# `what alice reads with rest:GET /usage changed after bob acted`, or `…, shown by rest:GET /usage`
_SHOWN_AT = re.compile(r"reads with (\w+:.+?) changed after|, shown by (\w+:.+)$")
_MCP_METHODS = {"resources/read": "resource", "prompts/get": "prompt"}
# A campaign ends by itself; this is for one that does not.
_GRACE_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run."""

    calls: int = 400
    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign on one server.

    Attributes:
        findings: What was reported.
        verdict: Of the campaign; `failed` where it gave none.
        calls: Calls made.
        seconds: Duration of the campaign.
        calls_to_first: Calls until the first finding.
        trouble: Why there is no verdict, or what was inconclusive.
    """

    findings: tuple[Finding, ...] = ()
    verdict: str = "failed"
    calls: int = 0
    seconds: float = 0.0
    calls_to_first: int | None = None
    trouble: str = ""


def described(entry: Entry) -> Path:
    """Return the place of the file that a user keeps for a server."""
    return entry.folder / "crosstalk.toml"


def run_campaign(
    entry: Entry, *, mode: Mode, leaks: str, seed: int, budget: Budget, folder: Path
) -> Run:
    """Start the server with these leaks, and run a campaign in an empty folder.

    Raises:
        MissingProgramError: The server needs a program that is not installed.
        ServerError: It did not start.
    """
    scratch = folder / "server"
    scratch.mkdir(parents=True)
    with running(entry, leaks, scratch) as port:
        places = {"port": str(port), "folder": str(entry.folder)}
        confirmed = described(entry)
        text = filled(confirmed.read_text("utf-8"), places) if confirmed.exists() else ""
        # A server on standard streams is a child of the campaign.
        environment = surroundings(entry, leaks, scratch) if entry.manifest.stdio else {}
        file = folder / "crosstalk.toml"
        if mode == "init":
            known = variables(text)
            environment |= known
            places |= {"scratch": str(scratch), "alice_token": known.get("ALICE_TOKEN", "")}
            words = init_arguments(entry, places)
            ended = _crosstalk(words, folder, environment)
            if ended.returncode:
                return Run(trouble=f"init: {_last_line(ended)}")
            written = file.read_text(encoding="utf-8")
            text = written.replace("confirmed = false", "confirmed = true", 1)
        file.write_text(text, encoding="utf-8")
        return _isolation(folder, seed, budget, environment)


def init_arguments(entry: Entry, places: Mapping[str, str]) -> list[str]:
    """Return the arguments of `crosstalk` that begin the description of a server.

    They are those of the file's line `# Begun with: crosstalk init …`, where it has one.

    Args:
        entry: The server.
        places: What `{port}`, `{folder}`, `{scratch}` and `{alice_token}` stand for.
    """
    file = described(entry)
    begun = _BEGUN.search(file.read_text(encoding="utf-8")) if file.exists() else None
    if begun:
        return shlex.split(filled(begun[1], places))
    manifest = entry.manifest
    if manifest.surface == "both":
        return ["init", f"http://127.0.0.1:{places['port']}"]
    return ["init", filled(manifest.openapi or manifest.graphql or manifest.mcp or "", places)]


def filled(text: str, places: Mapping[str, str]) -> str:
    """Replace the `{name}` of each place in a text; others stay as they are."""
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _isolation(folder: Path, seed: int, budget: Budget, variables: Mapping[str, str]) -> Run:
    arguments = ["isolation", "--target", "crosstalk.toml", "--seed", str(seed)]
    arguments += ["--calls", str(budget.calls), "--seconds", str(budget.seconds)]
    began = time.monotonic()
    ended = _crosstalk(arguments, folder, variables)
    (folder / "output.txt").write_text(ended.stdout + ended.stderr, encoding="utf-8")
    written = list((folder / ".crosstalk" / "runs").glob("isolation*/latest/summary.json"))
    if len(written) != 1:
        return Run(seconds=time.monotonic() - began, trouble=_last_line(ended))
    return read_summary(json.loads(written[0].read_text(encoding="utf-8")))


def read_summary(summary: dict[str, Any]) -> Run:
    """Return the run that a `summary.json` tells of."""
    findings = tuple(
        Finding(
            operation=_as_manifests_write(each["tool"]),
            oracle=each["oracle"],
            summary=each["summary"],
            shown_at=_as_manifests_write(shown[1] or shown[2]) if shown else "",
        )
        for each in summary["findings"]
        for shown in (_SHOWN_AT.search(each["summary"]),)
    )
    return Run(
        findings=findings,
        verdict=summary["verdict"],
        calls=summary["calls"],
        seconds=summary["seconds"],
        calls_to_first=summary.get("calls_to_finding") if findings else None,
        trouble="; ".join(
            f"{each['where']}: {each['kind']}".strip(": ") for each in summary["inconclusive"]
        ),
    )


def _as_manifests_write(operation: str) -> str:
    surface, _, name = operation.partition(":")
    if surface == "rest":
        return name
    method, _, rest = name.partition(" ")
    if method in _MCP_METHODS:
        return f"{_MCP_METHODS[method]} {rest}"
    if method == "completion/complete":
        # Of a prompt's or a template's argument, which comes last.
        completed = rest.rpartition(" ")[0]
        return f"{'resource' if '://' in completed else 'prompt'} {completed}"
    return f"tool {name}"


def _crosstalk(
    arguments: list[str], folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **variables,
        "PYTHONPATH": str(package_root("crosstalk")),
        "HOME": str(folder),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "crosstalk", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_GRACE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", f"no end in {_GRACE_SECONDS:.0f} s")


def _last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that has words in it, not only a frame."""
    lines = (ended.stdout + ended.stderr).splitlines()
    worded = [line.strip(" │|") for line in lines if re.search(r"\w", line)]
    return " ".join(worded[-3:])[-300:] if worded else f"ended with {ended.returncode}"
