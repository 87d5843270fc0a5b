"""The examination: which checks each address gets, in which order."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.doctor import backend, health, mcp, transport
from crosstalk.doctor.endpoint import Place, parse, recognize
from crosstalk.doctor.keys import Keys
from crosstalk.doctor.probe import Probe, Reply
from crosstalk.doctor.report import Entry, Sheet


@dataclass(frozen=True, slots=True)
class Options:
    """What is known of the deployment.

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


def examine(
    options: Options, tell: Callable[[Entry], None] = lambda entry: None
) -> tuple[Sheet, int]:
    """Examine the addresses.

    Args:
        options: Where, and with what.
        tell: Is given each entry as soon as its address has been examined.

    Returns:
        The sheet, and how many requests were sent.

    Raises:
        HarnessError: An address is no URL, or the certificates cannot be read.
    """
    given = [parse(each) for each in options.urls]
    probe = Probe(timeout=options.timeout, trust=_trust(options.ca_file))
    try:
        examination = _Examination(probe, options)
        places = _in_order(given, probe, examination)
        answering = {each.url for each in places}
        for place in [*places, *(each for each in given if each.url not in answering)]:
            if place.url in answering:
                examination.examine(place)
            for entry in examination.sheet.entries:
                if entry.target == place.url:
                    tell(entry)
        return examination.sheet, probe.requests
    finally:
        probe.close()


class _Examination:
    def __init__(self, probe: Probe, options: Options) -> None:
        self.sheet = Sheet()
        self._probe = probe
        self._options = options
        self._keys = Keys(probe)
        self._replies: dict[str, Reply] = {}
        self.origins = [each.rstrip("/") for each in options.origins]

    def open(self, place: Place) -> bool:
        """Whether the address can be asked anything."""
        if not transport.check_tls(place, self._probe, self.sheet):
            return False
        reply = transport.check_reachable(place, self._probe, self.sheet)
        if reply is None:
            return False
        self._replies[place.url] = reply
        return True

    def examine(self, place: Place) -> None:
        """Everything that its kind is checked for."""
        probe, sheet = self._probe, self.sheet
        reply = self._replies[place.url]
        transport.check_clock(place, reply, sheet)
        transport.check_headers(place, reply, sheet)
        if place.kind == "frontend":
            return
        transport.check_metrics_hidden(place, probe, sheet)
        health.check_health(place, probe, sheet)
        health.check_ready(place, probe, sheet)
        if place.kind == "mcp":
            self._examine_mcp(place)
        else:
            self._examine_backend(place)

    def _examine_backend(self, place: Place) -> None:
        probe, sheet = self._probe, self.sheet
        backend.check_guarded(place, probe, sheet)
        backend.check_keys(place, self._keys, sheet)
        backend.check_cors(place, probe, self.origins, sheet)
        backend.check_token(place, probe, self._keys, self._options.token, sheet)

    def _examine_mcp(self, place: Place) -> None:
        probe, sheet = self._probe, self.sheet
        url = mcp.check_challenge(place, probe, sheet)
        metadata = mcp.check_metadata(place, probe, url, sheet) or {}
        named = metadata.get("authorization_servers")
        issuers = [str(each) for each in named] if isinstance(named, list) else []
        mcp.check_issuers(place, self._keys, issuers, sheet)
        mcp.check_names(place, probe, sheet)
        mcp.check_handshake(place, probe, self._keys, issuers, self._options.mcp_token, sheet)


def _in_order(given: Sequence[Place], probe: Probe, examination: _Examination) -> list[Place]:
    """Those that answer, with their kinds: the front end first, whose origin the backend allows."""
    places = [recognize(each, probe) for each in given if examination.open(each)]
    order = ("frontend", "backend", "mcp")
    places.sort(key=lambda each: order.index(each.kind or "backend"))
    examination.origins += [each.origin for each in places if each.kind == "frontend"]
    return places


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise HarnessError(f"{ca_file} holds no certificates: {error}") from error
    return context
