"""Steps of the GitHub action and the GitLab job, run as the scripts that they are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.repository import ROOT

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class JobRun:
    """Outcome of a job: its exit code, what it printed, and the page that it wrote."""

    code: int
    output: str
    page: str = ""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return variables with which a script finds this checkout's `crosstalk`."""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    command = tools / "crosstalk"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crosstalk "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "PYTHONPATH": f"{ROOT / 'harness'}{os.pathsep}{ROOT}",
        **more,
    }


def run_action(folder: Path, inputs: Mapping[str, str]) -> JobRun:
    """Run the scripts of `action.yml`, but for the installation; steps of others are left out."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    known = {name: each.get("default", "") for name, each in action["inputs"].items()}
    assert set(inputs) <= set(known)
    values = {f"inputs.{name}": value for name, value in {**known, **inputs}.items()}
    page, printed, code = folder / "page.md", "", 0
    page.write_text("")
    for step in action["runs"]["steps"]:
        if "run" not in step or step["id"] == "install":
            continue
        if step.get("if") == "inputs.start != ''" and not values["inputs.start"]:
            continue
        outputs = folder / f"output-{step['id']}"
        outputs.write_text("")
        given = {
            name: _EXPRESSION.sub(lambda found: values.get(found[1], ""), str(value))
            for name, value in step.get("env", {}).items()
        }
        more = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(page), **given}
        done = _bash(folder, step["run"], environment(folder, **more))
        printed += done.output
        for line in outputs.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        code = done.code
        if code:
            break
    server = values.get("steps.start.outputs.pid")
    if server:
        os.kill(int(server), signal.SIGTERM)
    return JobRun(code, printed, page.read_text())


def run_gitlab(folder: Path, variables: Mapping[str, str]) -> JobRun:
    """Run the script of the GitLab job, line by line in one shell."""
    job: dict[str, Any] = yaml.safe_load((ROOT / "deploy/gitlab/crosstalk.yml").read_text())
    isolation = job["isolation"]
    given = {**isolation["variables"], **variables}
    return _bash(folder, "\n".join(isolation["script"]), environment(folder, **given))


def _bash(folder: Path, script: str, variables: Mapping[str, str]) -> JobRun:
    """Run a script with the options of the hosted runners."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return JobRun(done.returncode, done.stdout + done.stderr)
