"""Choice of a run's target, and the sentence that says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.cli.target_choice import chosen_target
from crosstalk.core.errors import HarnessError


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go where no description is."""
    monkeypatch.chdir(tmp_path)


def test_file_in_the_current_folder_is_found() -> None:
    Path("crosstalk.toml").write_text("", encoding="utf-8")
    choice = chosen_target(None, False, {})
    assert choice.file == Path("crosstalk.toml")
    assert "found in the current folder; --reference" in choice.sentence


def test_reference_system_is_the_target_where_there_is_no_file() -> None:
    choice = chosen_target(None, False, {})
    assert choice.file is None
    assert "there is no crosstalk.toml" in choice.sentence


def test_option_given_counts_for_more_than_the_file() -> None:
    Path("crosstalk.toml").write_text("", encoding="utf-8")
    assert chosen_target(Path("other.toml"), False, {}).file == Path("other.toml")
    assert chosen_target(None, True, {}).file is None
    implied = chosen_target(None, False, {"--frontend": False, "--mutant": "a-leak"})
    assert implied.file is None
    assert "(--mutant)" in implied.sentence


def test_two_targets_are_an_error() -> None:
    with pytest.raises(HarnessError, match="leave out one of the two"):
        chosen_target(Path("x.toml"), True, {})
