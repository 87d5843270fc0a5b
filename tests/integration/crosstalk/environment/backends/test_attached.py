"""Attaching to what `docker compose` runs, by the file that `crosstalk env` wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from crosstalk.environment import Attachment, EnvironmentFailed, ProcessOptions, chosen_environment
from crosstalk.environment.backends.attached import Addresses, AttachedEnvironment
from crosstalk.environment.backends.compose_settings import new_settings, write_settings
from crosstalk.targets.reference.target import FIRST_FORGERIES, forgeries_of
from tests.repository import ROOT

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[str]:
    """The address of a server that answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield str(server.server_port)
        server.shutdown()


@pytest.fixture
def file(tmp_path: Path, port: str) -> Path:
    """What `crosstalk env` writes for a system that answers."""
    chosen = dict.fromkeys(("FRONTEND_PORT", "BACKEND_PORT", "MCP_PORT"), port)
    path = tmp_path / ".env"
    write_settings(path, new_settings(others={**chosen, "POSTGRES_PORT": "15432"}))
    return path


def test_attached_addresses_are_those_of_compose() -> None:
    default = Addresses.of({})
    for name, url in (("FRONTEND", default.frontend), ("BACKEND", default.backend)):
        port = url.rsplit(":", 1)[1]
        shown = f"${{{name}_URL:-http://localhost:${{{name}_PORT:-{port}}}}}"
        assert shown in COMPOSE
    assert default.mcp == "http://localhost:8001/mcp"
    assert "${MCP_PUBLIC_URL:-http://localhost:${MCP_PORT:-8001}/mcp}" in COMPOSE


def test_attached_public_address_takes_precedence_over_a_port() -> None:
    chosen = Addresses.of({"BACKEND_URL": "https://api.example.com", "BACKEND_PORT": "1"})
    assert chosen.backend == "https://api.example.com"


def test_attached_system_mints_mcp_tokens_as_the_backend(file: Path, port: str) -> None:
    with AttachedEnvironment(Attachment(file)) as running:
        token = running.mint("alice", audience="mcp")
        assert running.issuer.url == f"http://localhost:{port}"
    assert token.count(".") == 2


def test_attached_system_excludes_the_backends_own_signature_from_forgeries(file: Path) -> None:
    with AttachedEnvironment(Attachment(file)) as running:
        assert "exchanger-impersonated-by-issuer" not in forgeries_of(running)
        assert set(forgeries_of(running)) < set(FIRST_FORGERIES)


def test_attached_system_mints_no_token_for_the_backend(file: Path) -> None:
    with (
        AttachedEnvironment(Attachment(file)) as running,
        pytest.raises(EnvironmentFailed, match="sign up"),
    ):
        running.mint("alice")


def test_attached_system_reaches_data_only_where_it_is_disposable(file: Path) -> None:
    with AttachedEnvironment(Attachment(file)) as running:
        assert running.databases == {}
        with pytest.raises(EnvironmentFailed, match="--disposable-data"):
            running.reset()
    with AttachedEnvironment(Attachment(file, disposable_data=True)) as running:
        assert running.databases["admin"].endswith("@127.0.0.1:15432/crosstalk")


def test_attached_system_refuses_to_stop_a_service(file: Path) -> None:
    with (
        AttachedEnvironment(Attachment(file)) as running,
        pytest.raises(EnvironmentFailed, match="not started here"),
    ):
        running.stop("backend")


def test_attached_system_description_shows_no_password(file: Path) -> None:
    with AttachedEnvironment(Attachment(file, disposable_data=True)) as running:
        described = str(running.describe())
    for password in re.findall(r"PASSWORD='([^']+)'", file.read_text()):
        assert password not in described


def test_attached_system_that_does_not_answer_is_reported(file: Path) -> None:
    file.write_text(re.sub(r"MCP_PORT=.*", "MCP_PORT='9'", file.read_text()))
    with (
        pytest.raises(EnvironmentFailed, match="no server answers at http://localhost:9/mcp"),
        AttachedEnvironment(Attachment(file)),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read"), ("FRONTEND_PORT=3\n", "no server answers")]
)
def test_attachment_file_without_a_system_is_reported(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / ".env"
    if text is not None:
        path.write_text(text)
    with (
        pytest.raises(EnvironmentFailed, match=said),
        AttachedEnvironment(Attachment(path)),
    ):
        pass


def test_attachment_file_without_the_backends_key_is_reported(file: Path) -> None:
    file.write_text(re.sub(r"BACKEND_SIGNING_KEY=.*", "", file.read_text()))
    with (
        pytest.raises(EnvironmentFailed, match="BACKEND_SIGNING_KEY"),
        AttachedEnvironment(Attachment(file)),
    ):
        pass


def test_environment_kind_and_attachment_must_agree(tmp_path: Path, file: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="--attach"):
        chosen_environment("attached", ProcessOptions(tmp_path))
    with pytest.raises(EnvironmentFailed, match="attached alone"):
        chosen_environment("processes", ProcessOptions(tmp_path), Attachment(file))
