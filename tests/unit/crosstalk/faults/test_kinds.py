"""Faults that look at the system themselves, or that not every machine can inject."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.doctor.keys import read_token
from crosstalk.faults.kinds.base import BrokenPromise, Fault, FaultySystem
from crosstalk.faults.kinds.clocks import ClockSkew
from crosstalk.faults.kinds.disk import DiskFull
from crosstalk.faults.run import _possible
from crosstalk.tokens import LocalIssuer


@dataclass
class Services:
    """Stand-ins of both services, which admit tokens whose clock is off by less than `leeway`."""

    leeway: float = 10.0
    issuer: LocalIssuer = field(default_factory=lambda: LocalIssuer.create("http://a", ("EdDSA",)))
    exchanger: LocalIssuer = field(
        default_factory=lambda: LocalIssuer.create("http://b", ("EdDSA",))
    )
    backend_url: str = ""

    @property
    def mcp_url(self) -> str:
        """The MCP endpoint."""
        return f"{self.backend_url}/mcp"

    def mint(self, user: str, **claims: Any) -> str:
        """A token for the backend."""
        return self.issuer.mint(user, **claims)


@pytest.fixture
def services() -> Iterator[Services]:
    told = Services()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = read_token(self.headers["Authorization"].removeprefix("Bearer "))
            assert token is not None
            begun, ended = token.claims["iat"], token.claims["exp"]
            good = begun - told.leeway <= time.time() < ended + told.leeway
            self.send_response(200 if good else 401)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        told.backend_url = f"http://127.0.0.1:{server.server_address[1]}"
        yield told
        server.shutdown()


def _inject(services: Services) -> None:
    ClockSkew("issuer").inject(FaultySystem(cast(Any, services), {}, cast(Any, None)), 0.0)


def test_clock_skew_is_content_with_services_that_admit_some_seconds(services: Services) -> None:
    _inject(services)


@pytest.mark.parametrize(("leeway", "said"), [(1.0, "answered 401"), (1_000.0, "answered 200")])
def test_clock_skew_finds_services_that_admit_less_or_more(
    services: Services, leeway: float, said: str
) -> None:
    services.leeway = leeway
    with pytest.raises(BrokenPromise, match=said):
        _inject(services)


class Unmountable(DiskFull):
    """A fault that this machine cannot inject."""

    def missing(self) -> str | None:
        return "no right to mount"


def test_fault_that_cannot_be_injected_is_left_out_and_told() -> None:
    lines: list[str] = []
    possible, impossible = ClockSkew("issuer"), Unmountable("postgresql")
    faults: list[Fault] = [possible, impossible]
    assert _possible(faults, lines.append) == [possible]
    assert lines == [f"left out: {impossible.name}: no right to mount"]
    with pytest.raises(HarnessError, match="no right to mount"):
        _possible([impossible], lines.append)
