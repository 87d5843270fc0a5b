"""Crosstalk as its users run it: `init`, the file, `isolation`, the summary."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.matching import Finding
from benchmarks.proving_ground.server import running
from crosstalk.environment.parts.sources import package_root

# How the description was made: `init` alone, or the file that a user keeps for the server.
Mode = Literal["init", "confirmed"]

_BEGUN = re.compile(r"^# Begun with: crosstalk (init .+)$", re.MULTILINE)
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
        if mode == "confirmed":
            text = described(entry).read_text(encoding="utf-8").replace("{port}", str(port))
            (folder / "crosstalk.toml").write_text(text, encoding="utf-8")
        else:
            ended = _crosstalk(init_arguments(entry, port), folder)
            if ended.returncode:
                return Run(trouble=f"init: {_last_line(ended)}")
            file = folder / "crosstalk.toml"
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("confirmed = false", "confirmed = true", 1), "utf-8")
        return _isolation(folder, seed, budget)


def init_arguments(entry: Entry, port: int) -> list[str]:
    """Return the arguments of `crosstalk` that begin the description of a server.

    They are those of the file's line `# Begun with: crosstalk init …`, where it has one.
    """
    file = described(entry)
    begun = _BEGUN.search(file.read_text(encoding="utf-8")) if file.exists() else None
    if begun:
        return shlex.split(begun[1].replace("{port}", str(port)))
    manifest = entry.manifest
    if manifest.surface == "both":
        return ["init", f"http://127.0.0.1:{port}"]
    url = manifest.openapi or manifest.mcp or ""
    return ["init", url.replace("{port}", str(port))]


def _isolation(folder: Path, seed: int, budget: Budget) -> Run:
    arguments = ["isolation", "--target", "crosstalk.toml", "--seed", str(seed)]
    arguments += ["--calls", str(budget.calls), "--seconds", str(budget.seconds)]
    began = time.monotonic()
    ended = _crosstalk(arguments, folder)
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
        )
        for each in summary["findings"]
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
    return f"tool {name}"


def _crosstalk(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
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
