"""Each exit code of `crosstalk isolation`, produced on purpose by a server that deserves it.

What is printed is that of a terminal of 80 columns, and holds no traceback.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.crosstalk.campaign.test_failing_targets import (
    begun,
    ended,
    notes,
    summary,
    until,
)

_ISOLATION = ("-m", "crosstalk", "isolation", "--target", "crosstalk.toml", "--seed", "3")
_LONG = ("--calls", "100000", "--seconds", "200")


def run(folder: Path, *options: str) -> tuple[int, str]:
    """The code of a whole run, and what it prints."""
    return ended(begun(folder, *_ISOLATION, "--seconds", "100", *options))


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width that the output is printed for, whatever terminal the tests run in."""
    monkeypatch.setenv("COLUMNS", "80")


def last_line(output: str) -> str:
    """The sentence with the verdict, which may be broken into several lines."""
    lines = output.splitlines()
    begins = max(
        number
        for number, line in enumerate(lines)
        if line.startswith(("CLEAN", "LEAK:", "INCONCLUSIVE"))
    )
    return " ".join(" ".join(lines[begins:]).split()).partition(" summary: ")[0]


def test_a_sound_server_is_0(tmp_path: Path) -> None:
    with notes(tmp_path):
        code, output = run(tmp_path, "--calls", "600")
    assert code == 0, output
    assert last_line(output).startswith("CLEAN")


def test_a_leak_is_1_and_its_defect_is_one_row(tmp_path: Path) -> None:
    with notes(tmp_path, "--leak", "get"):
        code, output = run(tmp_path, "--calls", "400")
    assert code == 1, output
    assert "verify that the object named belongs" in " ".join(output.split())
    kept = summary(tmp_path)
    assert {each["tool"] for each in kept["findings"]} == {"mcp:get_note"}  # type: ignore[attr-defined]
    defects: list[dict[str, list[str]]] = kept["defects"]  # type: ignore[assignment]
    assert [each["operations"] for each in defects] == [["mcp:get_note"]]
    assert len(defects[0]["oracles"]) > 1


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--oracles", "canarry"), "did you mean 'canary'?"),
        (("--exclude", "get_nots"), "did you mean 'mcp:get_note'?"),
    ],
)
def test_a_name_that_does_not_exist_is_2(
    tmp_path: Path, options: tuple[str, str], remedy: str
) -> None:
    with notes(tmp_path):
        code, output = run(tmp_path, *options)
    assert code == 2, output
    assert remedy in " ".join(output.split())


def test_an_operation_that_was_never_served_is_3(tmp_path: Path) -> None:
    with notes(tmp_path):
        # Nothing else stores a note, so that there is none to read, change or delete.
        code, output = run(tmp_path, "--calls", "100", "--exclude", "add_note")
    assert code == 3, output
    assert last_line(output).startswith("INCONCLUSIVE")


def test_operations_and_oracles_that_are_left_out_are_said_and_the_rest_is_clean(
    tmp_path: Path,
) -> None:
    with notes(tmp_path, "--leak", "get"):
        code, output = run(tmp_path, "--calls", "400", "--exclude", "get_*", "--oracles", "canary")
    assert code == 0, output
    said = " ".join(output.split())
    assert "CLEAN" in last_line(output)
    assert "1 skipped: mcp:get_note: excluded by --exclude" in said
    assert "not judged by ownership, existence, identity, two-worlds, concurrency, layer" in said
    kept = summary(tmp_path)
    assert kept["skipped"] == {"mcp:get_note": "excluded by --exclude"}
    assert "mcp:get_note" not in kept["controls"]  # type: ignore[operator]
    assert {name for each in kept["controls"].values() for name in each["oracles"]} == {"canary"}  # type: ignore[attr-defined]


def test_a_finding_outweighs_a_target_that_went_away(tmp_path: Path) -> None:
    with notes(tmp_path, "--leak", "get") as server:
        process = begun(tmp_path, *_ISOLATION, *_LONG)
        until(process, "LEAK")
        server.kill()
        code, output = ended(process)
    assert code == 1, output
    kept = summary(tmp_path)
    assert "target_failed" in {each["kind"] for each in kept["inconclusive"]}  # type: ignore[attr-defined]
    assert kept["findings"]


@pytest.mark.parametrize(
    ("leak", "code"), [((), 4), pytest.param(("--leak", "get"), 1, marks=pytest.mark.long)]
)
def test_a_finding_outweighs_a_failed_target_and_that_an_inconclusive_run_in_merged_runs(
    tmp_path: Path, leak: tuple[str, ...], code: int
) -> None:
    calls = "300" if leak else "50"
    with notes(tmp_path, *leak) as server:
        process = begun(tmp_path, *_ISOLATION, "--seeds", "40", "--calls", calls, "--seconds", "60")
        until(process, "1/40")
        server.kill()
        found, output = ended(process)
    assert found == code, output


def test_an_internal_error_is_5(tmp_path: Path) -> None:
    broken = (
        "from crosstalk.campaign.runner import Campaign\n"
        "def run(self):\n"
        "    raise ZeroDivisionError('a fault of ours')\n"
        "Campaign.run = run\n"
        "import sys\n"
        "sys.argv = ['crosstalk', 'isolation', '--target', 'crosstalk.toml']\n"
        "from crosstalk.cli.app import main\n"
        "main()\n"
    )
    with notes(tmp_path):
        code, output = ended(begun(tmp_path, "-c", broken))
    assert code == 5, output
    assert "internal error, a fault of crosstalk" in output


def test_ctrl_c_keeps_and_prints_what_was_found(tmp_path: Path) -> None:
    with notes(tmp_path, "--leak", "get"):
        process = begun(tmp_path, *_ISOLATION, *_LONG)
        until(process, "LEAK")
        process.send_signal(signal.SIGINT)
        code, output = ended(process)
    assert code == 130, output
    assert last_line(output).startswith("LEAK")
    assert "verify that the object named belongs" in " ".join(output.split())
    assert summary(tmp_path)["findings"]
    replay = subprocess.run(
        [sys.executable, "-m", "crosstalk", "replay", "nothere.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert replay.returncode == 2
    assert "Traceback" not in replay.stdout + replay.stderr


@pytest.mark.long
def test_pytest_looks_at_what_it_is_told_to(tmp_path: Path) -> None:
    from tests.integration.crosstalk.pytest_plugin.test_plugin import SHORT
    from tests.integration.crosstalk.pytest_plugin.test_plugin import run as pytest_run

    with notes(tmp_path, "--leak", "get"):
        done = pytest_run(
            tmp_path,
            *("--crosstalk-target", "crosstalk.toml", *SHORT, "-vv"),
            *("--crosstalk-oracles", "canary", "--crosstalk-exclude", "get_note"),
        )
    assert "mcp:list_notes[canary]" in done.stdout
    assert "get_note" not in done.stdout
    assert "[existence]" not in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
