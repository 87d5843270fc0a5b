"""An application of pages and forms alone: walked through, used, and searched for what crosses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosstalk.core.verdict import InconclusiveKind
from tests.integration.crosstalk.targets.described.describing import campaign, toml

SERVER = Path(__file__).with_name("pages_server.py")
LEAKS = [
    ("edit", "rest:GET /entries/{entry_id}/edit"),
    ("delete", "rest:POST /entries/{entry_id}/delete"),
    ("comment", "rest:POST /entries/{entry_id}/comments"),
    ("search", "rest:GET /search"),
    ("payload", "rest:GET /entries/{entry_id}"),
]


def diaries(folder: Path, *leaks: str) -> Path:
    """Describe the diaries with some of their leaks."""
    command = [sys.executable, str(SERVER), "{port}", ",".join(leaks)]
    file = folder / "crosstalk.toml"
    file.write_text(
        f"[start]\ncommand = {toml(command)}\n"
        '[rest]\nbase = "http://127.0.0.1:{port}"\npages = ["/"]\n'
        '[identity]\nby = ["login"]\n[identity.login]\nrequest = "POST /login"\n'
        'form = {name = "{user}", password = "{password}"}\ncarried = "cookie"\n'
        'csrf = {request = "GET /entries", value = "input:csrf_token"}\n'
        '[identity.login.register_first]\nrequest = "POST /signup"\n'
        'form = {name = "{user}", password = "{password}"}\n'
    )
    return file


def test_every_page_and_form_of_sound_diaries_is_served_and_nothing_is_found(
    tmp_path: Path,
) -> None:
    result = campaign(diaries(tmp_path), calls=400, seed=1)
    assert result.findings == []
    kinds = (InconclusiveKind.NOT_SERVED, InconclusiveKind.NOT_TRIED)
    assert [each.where for each in result.inconclusive if each.kind in kinds] == []
    assert {
        "rest:POST /entries",
        "rest:GET /entries/{entry_id}",
        "rest:GET /entries/{entry_id}/edit",
        "rest:POST /entries/{entry_id}/edit",
        "rest:POST /entries/{entry_id}/comments",
        "rest:POST /entries/{entry_id}/delete",
    } <= set(result.coverage)


@pytest.mark.parametrize(
    ("leak", "operation"),
    [
        LEAKS[0],
        *(pytest.param(*each, marks=pytest.mark.long) for each in LEAKS[1:]),
    ],
)
def test_leak_between_pages_is_found(tmp_path: Path, leak: str, operation: str) -> None:
    result = campaign(diaries(tmp_path, leak), calls=400, seed=1)
    assert operation in {each.operation for each in result.findings}
