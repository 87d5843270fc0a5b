"""What a program's last line and status say."""

from __future__ import annotations

import os
import signal

import pytest

from harness.ending import exit_status
from harness.errors import HarnessError


def test_the_status_is_what_the_program_says() -> None:
    assert (exit_status("p", lambda: 0), exit_status("p", lambda: 1)) == (0, 1)


def test_what_could_not_be_run_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise HarnessError("name a folder")

    assert exit_status("benchmarks", fail) == 2
    assert capsys.readouterr().err == "benchmarks: name a folder\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_asks_to_end_unwinds_it(number: signal.Signals) -> None:
    unwound = []

    def be_ended() -> int:
        try:
            os.kill(os.getpid(), number)
            signal.sigtimedwait([], 5)
        finally:
            unwound.append(number)
        return 0

    assert exit_status("p", be_ended) == 130
    assert unwound == [number]
    assert signal.getsignal(number) is signal.SIG_DFL
