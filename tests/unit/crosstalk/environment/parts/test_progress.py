"""Lines about work that takes long."""

from __future__ import annotations

import threading

import pytest

from crosstalk.environment.parts.progress import told


def test_progress_is_told_at_the_beginning_meanwhile_and_at_the_end() -> None:
    lines: list[str] = []
    again = threading.Event()

    def tell(line: str) -> None:
        lines.append(line)
        if "so far" in line:
            again.set()

    with told(tell, "building", every=0.01):
        assert again.wait(30)
    assert lines[0] == "building ..."
    assert lines[1].startswith("building: ")
    assert lines[-1].startswith("building: done after")


def test_progress_of_work_that_fails_is_not_told_as_done() -> None:
    lines: list[str] = []
    with pytest.raises(ValueError, match="no"), told(lines.append, "building"):
        raise ValueError("no")
    assert lines == ["building ..."]
