"""People who signed up bring the service's tokens where those count, and minted ones elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer

import pytest

from crosstalk.core.history import Actor
from crosstalk.core.principals import ALICE, ANONYMOUS, IMPOSTOR, forger
from crosstalk.surface import Presented, SurfaceError
from crosstalk.targets.reference.sign_in import SignIn
from crosstalk.targets.reference.signed_in import SignedInCredentials


class Service(BaseHTTPRequestHandler):
    """A sign-in service: the n-th account gets the subject `user-n`, and tokens of its own."""

    accounts = 0
    refusing = False

    def do_POST(self) -> None:
        """Make an account."""
        self.rfile.read(int(self.headers["Content-Length"]))
        Service.accounts += 1
        subject = f"user-{Service.accounts}"
        self._answer(f'{{"user": {{"id": "{subject}"}}}}', cookie=f"session={subject}; Path=/")

    def do_GET(self) -> None:
        """Give a token to whom the cookie names."""
        self._answer(f'{{"token": "of {self.headers["Cookie"].split("=")[1]}"}}')

    def _answer(self, body: str, cookie: str | None = None) -> None:
        self.send_response(500 if Service.refusing else 200)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Minted:
    """What the campaign would present without a sign-in service."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Headers that tell what they were made for."""
        return Presented({"Authorization": f"minted for {subject} on {surface}"})


@pytest.fixture
def service() -> Iterator[SignIn]:
    """A running sign-in service."""
    Service.accounts, Service.refusing = 0, False
    server = TCPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    with SignIn(f"http://127.0.0.1:{server.server_address[1]}") as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def test_signed_in_credentials_enroll_new_accounts_for_each_example(service: SignIn) -> None:
    credentials = SignedInCredentials(service, Minted())
    first, second = credentials.enroll("one"), credentials.enroll("two")
    assert set(first) == {"alice", "bob", "carol", "bystander"}
    assert not set(first.values()) & set(second.values())


def test_signed_in_credentials_are_the_services_for_rest_and_minted_for_tools(
    service: SignIn,
) -> None:
    credentials = SignedInCredentials(service, Minted())
    alice = credentials.enroll("one")["alice"]
    for surface in ("rest", "chat"):
        token = credentials.present(ALICE, alice, surface)
        assert token == Presented.bearer(f"of {alice}")
    minted = credentials.present(ALICE, alice, "mcp")
    assert minted.headers == {"Authorization": f"minted for {alice} on mcp"}
    assert credentials.given == 1


def test_impostor_presents_their_own_token(service: SignIn) -> None:
    credentials = SignedInCredentials(service, Minted())
    bob = credentials.enroll("one")["bob"]
    assert credentials.present(IMPOSTOR, bob, "rest") == Presented.bearer(f"of {bob}")


def test_strangers_and_forgers_present_no_token_of_the_service(service: SignIn) -> None:
    credentials = SignedInCredentials(service, Minted())
    alice = credentials.enroll("one")["alice"]
    for actor in (ANONYMOUS, forger("expired")):
        presented = credentials.present(actor, alice, "rest")
        assert "Bearer of" not in presented.headers["Authorization"]


def test_sign_in_service_that_refuses_is_named(service: SignIn) -> None:
    Service.refusing = True
    with pytest.raises(SurfaceError, match="refused /api/auth/sign-up/email with 500"):
        service.sign_up("alice")
