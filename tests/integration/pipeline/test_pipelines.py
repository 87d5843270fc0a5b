"""Pipelines: red by a leak, green by its fix or a baseline, red again by a new leak."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from tests.integration.crosstalk.targets.described.describing import SERVER, describe
from tests.integration.pipeline.steps import JobRun, environment, run_action, run_gitlab
from tests.repository import ROOT

SHORT = "--calls 300 --seed 7"
EXAMPLE = ROOT / "examples/notes-rest"
SCHEMAS = ROOT / "harness/crosstalk/report/schemas"


def faults(schema: str, data: object) -> list[str]:
    checked = json.loads((SCHEMAS / f"{schema}-1.schema.json").read_text())
    Draft202012Validator.check_schema(checked)
    return [
        f"{each.json_path}: {each.message}"
        for each in Draft202012Validator(checked).iter_errors(data)
    ]


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb of this checkout as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "crosstalk", *arguments],
        cwd=folder,
        env=environment(folder),
        check=False,
        capture_output=True,
        text=True,
    )


def leaking_more(folder: Path) -> Path:
    """Write the leaky example with another leak: whoever knows a note's id may delete it."""
    text = (EXAMPLE / "leaky.py").read_text()
    checked = 'if note_id not in notes or notes[note_id]["owner"] != user:'
    assert text.count(checked) == 1
    file = folder / "leaking_more.py"
    file.write_text(text.replace(checked, "if note_id not in notes:"))
    return file


@pytest.mark.long
@pytest.mark.timeout(600)
def test_github_action_is_red_by_a_leak_green_by_its_fix_and_red_by_a_new_one(
    tmp_path: Path,
) -> None:
    """The way of a project: a description by `init`, a baseline, and a second leak later."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def job(server: Path, baseline: str = "") -> JobRun:
        return run_action(
            tmp_path,
            {
                "start": f"exec {sys.executable} {server} {port}",
                "wait-for": f"{address}/openapi.json",
                "profile": "quick",
                "arguments": SHORT,
                "baseline": baseline,
            },
        )

    leaky, fixed, more = EXAMPLE / "leaky.py", EXAMPLE / "fixed.py", leaking_more(tmp_path)
    server = subprocess.Popen([sys.executable, str(leaky), str(port)])
    try:
        while not listens(port):
            assert server.poll() is None, "the example ended"
            time.sleep(0.05)
        assert command(tmp_path, "init", address).returncode == 0
    finally:
        server.terminate()
        server.wait()
    unconfirmed = job(leaky)
    assert unconfirmed.code == 2, unconfirmed.output
    description = tmp_path / "crosstalk.toml"
    description.write_text(description.read_text().replace("confirmed = false", "confirmed = true"))

    done = job(leaky)
    assert done.code == 1, done.output
    assert "## Isolation: leak" in done.page
    assert command(tmp_path, "baseline").returncode == 0
    done = job(fixed)
    assert done.code == 0, done.output
    assert "## Isolation: clean" in done.page
    done = job(leaky, "crosstalk-baseline.json")
    assert done.code == 0, done.output
    assert "0 new" in done.page
    done = job(more, "crosstalk-baseline.json")
    assert done.code == 1, done.output
    summary = json.loads(
        (tmp_path / ".crosstalk/runs/isolation-crosstalk/latest/summary.json").read_text()
    )
    states = {each["tool"]: each["state"] for each in summary["findings"]}
    assert states["rest:GET /notes/{note_id}"] == "known"
    assert states["rest:DELETE /notes/{note_id}"] == "new"


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


@pytest.mark.long
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


@pytest.mark.long
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


def test_init_for_programs_says_what_it_wrote_and_what_is_a_guess(tmp_path: Path) -> None:
    server = f"{sys.executable} {SERVER} --transport stdio --identity argument"
    done = subprocess.run(
        [*(sys.executable, "-m", "crosstalk", "init", "--stdio", server), "--json"],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["file"] == "crosstalk.toml"
    assert said["description"] == tomllib.loads((tmp_path / "crosstalk.toml").read_text())
    assert said["description"]["confirmed"] is False
    lines = (tmp_path / "crosstalk.toml").read_text().splitlines()
    assert {"get_note", "add_note"} <= set(said["description"]["tools"])
    assert said["guesses"]
    assert all(lines[each["line"] - 1] == each["text"] for each in said["guesses"])
    assert said["next"][-1] == "crosstalk isolation --profile quick"


@pytest.mark.long
def test_events_of_shards_have_the_number_of_the_shard(tmp_path: Path) -> None:
    command = "isolation --reference --shards 2 --calls 300 --seed 7 --events events.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "crosstalk", *command.split()],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 3), done.stderr
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [fault for line in lines for fault in faults("events", line)] == []
    begun = [line for line in lines if line["event"] == "started"]
    assert sorted(line["shard"] for line in begun) == [1, 2]
    assert len({line["seed"] for line in begun}) == 2
    assert {line.get("shard") for line in lines[:-1]} == {1, 2}
    assert lines[-1]["event"] == "verdict"
    assert "shard" not in lines[-1]


@pytest.mark.parametrize("name", ["summary", "events"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}-1.schema.json").read_text()))
