"""The exit status and the last line of a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.exit_status import exit_status


def test_exit_status_is_that_of_the_program() -> None:
    assert (exit_status("p", lambda: 0), exit_status("p", lambda: 1)) == (0, 1)


def test_exit_status_of_a_harness_error_is_2_with_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> int:
        raise HarnessError("name a folder")

    assert exit_status("benchmarks", fail) == 2
    assert capsys.readouterr().err == "benchmarks: name a folder\n"


def test_error_inside_groups_is_the_one_that_is_said_and_is_kept_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error: Exception = ValueError("the token has expired")
    for _ in range(30):
        error = ExceptionGroup("unhandled errors in a TaskGroup", [error])

    def fail() -> int:
        raise error

    assert exit_status("benchmarks", fail) == 5
    assert "ValueError: the token has expired" in capsys.readouterr().err
    (kept,) = tmp_path.glob(".crosstalk/crashes/*.txt")
    assert "the token has expired" in kept.read_text(encoding="utf-8")
