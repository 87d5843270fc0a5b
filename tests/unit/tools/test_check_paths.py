"""The check that paths named in documents exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_paths import missing


def checkout(folder: Path, text: str) -> Path:
    """Return a checkout with one document of this text."""
    for name in ("docs/style.md", "harness/crosstalk/oracles/canary.py", "system/store/tasks.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "docs" / "page.md").write_text(text)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "see `docs/gone.md`",
        "in `crosstalk/oracles/gone.py`",
        "[a link](gone.md#heading)",
        "```sh\npython tools/gone.py\n```",
        "`system/store/<area>/gone.py`",
    ],
)
def test_check_reports_a_path_that_does_not_exist(tmp_path: Path, text: str) -> None:
    (found,) = missing(checkout(tmp_path, text))
    assert found.startswith("docs/page.md:")
    assert "gone" in found


@pytest.mark.parametrize(
    "text",
    [
        "see `docs/style.md`, [it](style.md#words) and [a site](https://example.com/docs/gone.md)",
        "in `crosstalk/oracles/` and `harness/crosstalk/oracles/canary.py`",
        "`system/store/<area>.py`, `store/*.py`",
        "the method `tools/call`; prose about docs/nothing is not code",
    ],
)
def test_check_accepts_paths_that_exist_and_what_is_no_path(tmp_path: Path, text: str) -> None:
    assert list(missing(checkout(tmp_path, text))) == []


def test_check_leaves_the_changelog_out(tmp_path: Path) -> None:
    (checkout(tmp_path, "") / "CHANGELOG.md").write_text("`docs/gone.md`")
    assert list(missing(tmp_path)) == []
