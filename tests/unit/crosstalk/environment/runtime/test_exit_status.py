"""The exit status and the last line of a program."""

from __future__ import annotations

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
