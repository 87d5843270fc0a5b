"""The exit status and the last line of a program."""

from __future__ import annotations

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.exit_status import exit_status


def test_the_status_is_what_the_program_says() -> None:
    assert (exit_status("p", lambda: 0), exit_status("p", lambda: 1)) == (0, 1)


def test_what_could_not_be_run_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise HarnessError("name a folder")

    assert exit_status("benchmarks", fail) == 2
    assert capsys.readouterr().err == "benchmarks: name a folder\n"
