"""Pipelines: red by a leak, green by its fix or a baseline, red again by a new leak."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from crosstalk.environment.runtime.ports import free_port
from tests.integration.crosstalk.targets.described.describing import SECRET, SERVER, describe
from tests.integration.pipeline.steps import environment, run_action, run_gitlab
from tests.repository import ROOT

SHORT = "--calls 300 --seed 7"
SCHEMAS = ROOT / "harness/crosstalk/report/schemas"


def faults(schema: str, data: object) -> list[str]:
    checked = json.loads((SCHEMAS / f"{schema}-1.schema.json").read_text())
    Draft202012Validator.check_schema(checked)
    return [
        f"{each.json_path}: {each.message}"
        for each in Draft202012Validator(checked).iter_errors(data)
    ]


def test_github_action_is_red_by_a_leak_and_green_by_its_fix_or_a_baseline(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "crosstalk.toml").write_text(
        f'[mcp]\ntransport = "streamable-http"\nurl = "http://127.0.0.1:{port}/mcp"\n'
        f'[identity]\nby = ["bearer"]\nmint = {{key = "{SECRET}"}}\n'
    )

    def job(leak: str, baseline: str = "") -> tuple[int, str, str]:
        start = (
            f"exec {sys.executable} {SERVER} --transport current --identity bearer "
            f"--port {port} {leak}"
        )
        inputs = {
            "start": start,
            "wait-for": f"http://127.0.0.1:{port}/mcp",
            "profile": "quick",
            "arguments": SHORT,
            "baseline": baseline,
        }
        done = run_action(tmp_path, inputs)
        return done.code, done.output, done.page

    code, output, page = job("--leak get")
    assert code == 1, output
    assert "## Isolation: leak" in page
    code, output, page = job("")
    assert code == 0, output
    assert "## Isolation: clean" in page
    code, output, _ = job("--leak get")
    assert code == 1, output
    wrote = subprocess.run(
        ["crosstalk", "baseline"],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
        executable=str(tmp_path / ".tools/crosstalk"),
    )
    assert wrote.returncode == 0, wrote.stderr
    code, output, page = job("--leak get", "crosstalk-baseline.json")
    assert code == 0, output
    assert "0 new" in page
    code, output, page = job("--leak list", "crosstalk-baseline.json")
    assert code == 1, output
    assert "not shown" in page


def test_github_action_uses_nothing_but_actions_of_github_and_no_input_in_a_script() -> None:
    files = (ROOT / "action.yml", *sorted((ROOT / ".github/workflows").glob("*.yml")))
    for file in files:
        text = yaml.safe_load(file.read_text())
        jobs = text["jobs"].values() if "jobs" in text else [text["runs"]]
        for step in (each for job in jobs for each in job["steps"]):
            uses = step.get("uses", "actions/")
            assert uses.startswith(("actions/", "github/", "./")), uses
            # An expression inside a script would let an input write shell.
            assert "${{" not in step.get("run", ""), step


def test_gitlab_job_leaves_junit_and_code_quality(tmp_path: Path) -> None:
    describe(tmp_path, "stdio", "argument", "--leak", "get")
    done = run_gitlab(tmp_path, {"CROSSTALK_ARGUMENTS": SHORT, "CROSSTALK_PROFILE": "quick"})
    assert done.code == 1, done.output
    reports = tmp_path / "crosstalk-reports"
    assert JUnitXml.fromfile(str(reports / "junit.xml")).failures > 0
    issues = json.loads((reports / "code-quality.json").read_text())
    assert issues
    for each in issues:
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert each["location"] == {"path": "crosstalk.toml", "lines": {"begin": 1}}


def test_a_run_for_programs_keeps_to_its_schemas(tmp_path: Path) -> None:
    describe(tmp_path, "stdio", "argument", "--leak", "get")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "crosstalk", "isolation", *SHORT.split()),
            *("--json", "--events", "events.jsonl"),
        ],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    summary = json.loads(done.stdout)
    assert summary["verdict"] == "leak"
    assert faults("summary", summary) == []
    assert faults("summary", {**summary, "findings": [{}]})
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [fault for line in lines for fault in faults("events", line)] == []
    kinds = [line["event"] for line in lines]
    assert kinds[0] == "started"
    assert kinds[-1] == "verdict"
    assert {"phase", "calls", "suspicion", "finding"} <= set(kinds)
    assert lines[-1]["exit_code"] == 1


@pytest.mark.parametrize("name", ["summary", "events"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}-1.schema.json").read_text()))
