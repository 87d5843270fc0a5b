"""The diagnosis of a deployment: the checks that each address gets, and their order."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.doctor import backend, health, mcp, transport
from crosstalk.doctor.client import BoundedClient, BoundedReply
from crosstalk.doctor.endpoint import Endpoint, parse, recognize
from crosstalk.doctor.keys import Keys
from crosstalk.doctor.report import CheckResult, Report


@dataclass(frozen=True, slots=True)
class Options:
    """The deployment's addresses and credentials, and the client's bounds.

    Attributes:
        urls: Addresses of the backend, the MCP server, the front end; each may begin with its kind
            and `=`.
        token: A user's token for the backend.
        mcp_token: A token for the MCP server.
        origins: Origins whose pages call the backend; the front end's is added.
        timeout: Seconds for one request.
        ca_file: Certificates of authorities to trust, besides the system's.
    """

    urls: Sequence[str]
    token: str | None = field(default=None, repr=False)
    mcp_token: str | None = field(default=None, repr=False)
    origins: Sequence[str] = ()
    timeout: float = 5.0
    ca_file: Path | None = None


def diagnose(
    options: Options, tell: Callable[[CheckResult], None] = lambda entry: None
) -> tuple[Report, int]:
    """Run all checks on all addresses.

    Args:
        options: The addresses, credentials and bounds.
        tell: Receives each result as soon as its address is done.

    Returns:
        The report, and the number of requests sent.

    Raises:
        HarnessError: An address is not a URL, or the certificates cannot be read.
    """
    given = [parse(each) for each in options.urls]
    client = BoundedClient(timeout=options.timeout, trust=_trust(options.ca_file))
    try:
        diagnosis = _Diagnosis(client, options)
        endpoints = _in_order(given, client, diagnosis)
        answering = {each.url for each in endpoints}
        for endpoint in [*endpoints, *(each for each in given if each.url not in answering)]:
            if endpoint.url in answering:
                diagnosis.diagnose(endpoint)
            for entry in diagnosis.report.results:
                if entry.target == endpoint.url:
                    tell(entry)
        return diagnosis.report, client.requests
    finally:
        client.close()


class _Diagnosis:
    def __init__(self, client: BoundedClient, options: Options) -> None:
        self.report = Report()
        self._client = client
        self._options = options
        self._keys = Keys(client)
        self._replies: dict[str, BoundedReply] = {}
        self.origins = [each.rstrip("/") for each in options.origins]

    def open(self, endpoint: Endpoint) -> bool:
        """Check that the address can be sent further requests, and return whether it can."""
        if not transport.check_tls(endpoint, self._client, self.report):
            return False
        reply = transport.check_reachable(endpoint, self._client, self.report)
        if reply is None:
            return False
        self._replies[endpoint.url] = reply
        return True

    def diagnose(self, endpoint: Endpoint) -> None:
        """Run every check of the address's kind."""
        client, report = self._client, self.report
        reply = self._replies[endpoint.url]
        transport.check_clock(endpoint, reply, report)
        transport.check_headers(endpoint, reply, report)
        if endpoint.kind == "frontend":
            return
        transport.check_metrics_hidden(endpoint, client, report)
        health.check_health(endpoint, client, report)
        health.check_ready(endpoint, client, report)
        if endpoint.kind == "mcp":
            self._diagnose_mcp(endpoint)
        else:
            self._diagnose_backend(endpoint)

    def _diagnose_backend(self, endpoint: Endpoint) -> None:
        client, report = self._client, self.report
        backend.check_guarded(endpoint, client, report)
        backend.check_keys(endpoint, self._keys, report)
        backend.check_cors(endpoint, client, self.origins, report)
        backend.check_token(endpoint, client, self._keys, self._options.token, report)

    def _diagnose_mcp(self, endpoint: Endpoint) -> None:
        client, report = self._client, self.report
        url = mcp.check_challenge(endpoint, client, report)
        metadata = mcp.check_metadata(endpoint, client, url, report) or {}
        named = metadata.get("authorization_servers")
        issuers = [str(each) for each in named] if isinstance(named, list) else []
        mcp.check_issuers(endpoint, self._keys, issuers, report)
        mcp.check_subjects(endpoint, issuers, metadata, report)
        mcp.check_authorization(endpoint, client, issuers, report)
        mcp.check_names(endpoint, client, report)
        mcp.check_handshake(endpoint, client, self._keys, issuers, self._options.mcp_token, report)


def _in_order(
    given: Sequence[Endpoint], client: BoundedClient, diagnosis: _Diagnosis
) -> list[Endpoint]:
    """Sort the endpoints that answer: the front end first, whose origin the backend allows."""
    endpoints = [recognize(each, client) for each in given if diagnosis.open(each)]
    order = ("frontend", "backend", "mcp")
    endpoints.sort(key=lambda each: order.index(each.kind or "backend"))
    diagnosis.origins += [each.origin for each in endpoints if each.kind == "frontend"]
    return endpoints


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise HarnessError(f"{ca_file} holds no certificates: {error}") from error
    return context
