"""The tools of `crosstalk mcp` under a campaign of their own: a process and a folder for each user.

Two people work on one machine, each with the verifier in their own folder. Neither may see the
other's descriptions and findings through their own process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.script import script_of
from crosstalk.core.verdict import Finding
from tests.integration.pipeline.steps import environment
from tests.unit.crosstalk.histories import ALICE, Writer, ok

USERS = ("alice", "bob", "carol")
SERVE = """
import os, sys
from crosstalk.cli.app import main
os.chdir(os.environ["FOLDER"])
sys.argv = ["crosstalk", "mcp"]
main()
"""
DESCRIPTION = """
confirmed = true
[mcp]
transport = "stdio"
command = {command}
environment = {environment}
[identity]
by = ["environment"]
environment = {{FOLDER = "{folder}/{{user}}"}}
[tools.findings]
kind = "list"
[tools.explain]
kind = "read"
arguments = {{finding = "reference"}}
[tools]
init.skip = "it reaches a server"
plan.skip = "it reaches a server"
run.skip = "it makes a campaign"
replay.skip = "it makes the calls of a finding"
mutants.skip = "it starts the reference system"
"""


def with_a_finding(folder: Path, user: str) -> str:
    """Leave a run with a finding of its own in a user's folder; its fingerprint."""
    history = Writer().call(ALICE, f"mcp:read_of_{user}", {"title": "x"}, ok({})).history
    finding = Finding(
        "canary", f"mcp:read_of_{user}", ("alice",), f"words of {user}", script_of(history)
    )
    run = folder / user / ".crosstalk/runs/isolation/latest"
    run.mkdir(parents=True)
    result = CampaignResult("leak", 7, 1.5, 42, [finding], {}, [])
    (run / "summary.json").write_text(json.dumps(result.summary()))
    return finding.fingerprint


@pytest.mark.long
def test_users_of_the_agent_server_see_their_own_runs_alone(tmp_path: Path) -> None:
    prints = {user: with_a_finding(tmp_path / "users", user) for user in USERS}
    variables = environment(tmp_path)
    text = DESCRIPTION.format(
        command=json.dumps([sys.executable, "-c", SERVE]),
        environment="{"
        + ", ".join(f"{name} = {json.dumps(variables[name])}" for name in variables)
        + "}",
        folder=tmp_path / "users",
    )
    text += "".join(f'[users.{user}]\nsubject = "{user}"\n' for user in USERS)
    text += "[objects.finding]\n" + "".join(
        f'{user} = ["{fingerprint}"]\n' for user, fingerprint in prints.items()
    )
    (tmp_path / "crosstalk.toml").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "crosstalk", "isolation", "--json"),
            *("--calls", "250", "--seconds", "150", "--seed", "3"),
        ],
        cwd=tmp_path,
        env=variables,
        check=False,
        capture_output=True,
        text=True,
    )
    summary = json.loads(done.stdout)
    assert summary["findings"] == [], done.stderr
    explained = summary["controls"]["mcp:explain"]
    assert explained["own_reads"] > 0
    assert explained["foreign_attempts"] > 0
    assert explained["oracles"]["existence"] > 0
    assert not [each for each in summary["inconclusive"] if each["where"].startswith("mcp:")]
