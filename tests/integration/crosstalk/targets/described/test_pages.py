"""An application of pages and forms alone: walked through, used, and searched for what crosses."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosstalk.cli.verbs.init import init
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import listens
from crosstalk.targets.described import load_target
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


def test_init_describes_an_application_that_has_pages_alone(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "crosstalk.toml"
    process = subprocess.Popen([sys.executable, str(SERVER), str(port), ""])
    try:
        while not listens(port):
            time.sleep(0.02)
        init(f"http://127.0.0.1:{port}", output=file)
    finally:
        process.terminate()
        process.wait()
    written = load_target(file)
    assert written.rest is not None
    assert written.rest.pages == ["/"]
    login = written.identities()["rest"].login
    assert login is not None
    assert (login.request, login.carrier) == ("POST /login", "cookie")
    # Behind the login: before it no page has a token.
    assert login.csrf is not None
    assert (login.csrf.request, login.csrf.value) == ("GET /", "input:csrf_token")
    assert login.register_first is not None
    assert login.register_first.request == "POST /signup"
