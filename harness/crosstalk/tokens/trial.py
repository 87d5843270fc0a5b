"""Tries every forgery on every surface, and reports which were accepted.

A surface is anything that takes a request's headers and gives a status, a body and a challenge.
Refused means 401; a request that the HTTP layer did not parse (400, 413, 414, 431) got no further
either. Every other status that is not an outage counts as accepted: 403 or 404 mean that the caller
was already authenticated. A surface that refuses the valid token as well proves nothing by refusing
the forgeries, so its result is inconclusive.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2

from crosstalk.core.errors import HarnessError
from crosstalk.core.verdict import Verdict as RunVerdict
from crosstalk.surface.wire_requests import WireRequest
from crosstalk.tokens.forgeries import (
    FORGERIES,
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
)
from crosstalk.tokens.forgeries.base import Header
from crosstalk.tokens.raw import NoAnswerError, send_raw

HttpReply = tuple[int, str, str | None]
Send = Callable[[Sequence[Header], Mapping[str, str]], Awaitable[HttpReply]]
SendHeaders = Callable[[Sequence[Header]], Awaitable[HttpReply]]
Written = Callable[[Sequence[Header], Mapping[str, str]], WireRequest]


class NotSendableError(HarnessError):
    """The surface has no place for what the forgery carries, so that it cannot be sent there."""


class AttemptVerdict(StrEnum):
    """The outcome of an attempt."""

    REFUSED = "refused"
    UNREADABLE = "unreadable"
    ACCEPTED = "ACCEPTED"
    INCONCLUSIVE = "inconclusive"
    NOT_SENDABLE = "not sendable"
    NOT_APPLICABLE = "not applicable"


_UNREADABLE = frozenset({400, 413, 414, 431})
_OUTAGES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class TrialTarget:
    """A surface under attack.

    Attributes:
        send: Sends a request with these header lines and query parameters; gives the status, the
            body and the `WWW-Authenticate` header.
        context: The context of its forgeries; the trial's own when left out.
        written: The same request as data, for lines that a person can run; None where there is no
            single one.
    """

    send: Send
    context: ForgeryContext | None = None
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to present a forgery to a surface.

    Attributes:
        forgery: The forgery's name.
        surface: The surface's name.
        verdict: Its outcome.
        status: The HTTP status, if there was a response.
        challenged: Whether a refusal carried a Bearer challenge (RFC 9110 section 11.6.1).
        echoed: Whether the response repeated the credential.
        request: What was sent, of an attempt that was accepted.
    """

    forgery: str
    surface: str
    verdict: AttemptVerdict
    status: int | None = None
    challenged: bool = False
    echoed: bool = False
    request: WireRequest | None = field(default=None, repr=False)

    def named(self) -> dict[str, Any]:
        """Convert to plain data, for a report."""
        return {"forgery": self.forgery, "surface": self.surface, "status": self.status}


@dataclass(slots=True)
class ForgeryReport:
    """The results of a trial.

    Attributes:
        surfaces: The surfaces' names.
        attempts: Each forgery on each surface.
        controls: Surface to the status of the request with the valid token.
    """

    surfaces: tuple[str, ...]
    attempts: list[Attempt] = field(default_factory=list)
    controls: dict[str, int | None] = field(default_factory=dict)

    def of(self, verdict: AttemptVerdict) -> list[Attempt]:
        """Return the attempts with that outcome."""
        return [each for each in self.attempts if each.verdict is verdict]

    @property
    def accepted(self) -> list[Attempt]:
        """The attempts that were accepted."""
        return self.of(AttemptVerdict.ACCEPTED)

    @property
    def uncontrolled(self) -> list[str]:
        """Surfaces that refused the valid token."""
        served = {name for name, status in self.controls.items() if status in range(200, 300)}
        return [name for name in self.surfaces if name not in served]

    @property
    def verdict(self) -> RunVerdict:
        """`leak` if any was accepted, `inconclusive` if a surface proves nothing, else `clean`."""
        if self.accepted:
            return "leak"
        if not self.surfaces or self.uncontrolled or self.of(AttemptVerdict.INCONCLUSIVE):
            return "inconclusive"
        return "clean"

    def table(self) -> dict[str, dict[str, Attempt]]:
        """Group the attempts by forgery and surface, for printing."""
        rows: dict[str, dict[str, Attempt]] = {}
        for each in self.attempts:
            rows.setdefault(each.forgery, {})[each.surface] = each
        return rows

    def summary(self) -> dict[str, Any]:
        """Build the figures for `summary.json`."""
        refused = self.of(AttemptVerdict.REFUSED)
        sent = [each for each in self.attempts if each.status is not None]
        return {
            "verdict": self.verdict,
            "kinds": len({each.forgery for each in sent}),
            "surfaces": len(self.surfaces),
            "surface_names": list(self.surfaces),
            "attempts": len(sent),
            "accepted": [each.named() for each in self.accepted],
            "verdicts": dict(Counter(str(each.verdict) for each in self.attempts)),
            "inconclusive": [each.named() for each in self.of(AttemptVerdict.INCONCLUSIVE)],
            "unchallenged": [each.named() for each in refused if not each.challenged],
            "echoed": [each.named() for each in sent if each.echoed],
            "controls": dict(self.controls),
        }


async def try_forgeries(
    targets: Mapping[str, TrialTarget | SendHeaders],
    context: ForgeryContext,
    *,
    forgeries: Sequence[Forgery] = FORGERIES,
    at_once: int = 8,
) -> ForgeryReport:
    """Send every forgery, and the valid token before and after, to every surface.

    Args:
        targets: Surface name to target; a plain function of the headers is one without a query.
        context: The context of the forgeries, where a target has none of its own.
        forgeries: The forgeries to try.
        at_once: The most concurrent requests.
    """
    report = ForgeryReport(tuple(targets))
    gate = asyncio.Semaphore(at_once)
    for name, given in targets.items():
        target = given if isinstance(given, TrialTarget) else TrialTarget(_without_query(given))
        own = target.context or context
        before = await _control(target, own)

        async def attempt(
            forgery: Forgery,
            name: str = name,
            target: TrialTarget = target,
            own: ForgeryContext = own,
        ) -> Attempt:
            async with gate:
                return await _attempt(forgery, name, target, own)

        report.attempts += await asyncio.gather(*(attempt(each) for each in forgeries))
        after = await _control(target, own)
        report.controls[name] = before if before not in range(200, 300) else after
    return report


async def _control(target: TrialTarget, context: ForgeryContext) -> int | None:
    header = ("Authorization", f"Bearer {context.valid_token}")
    try:
        status, _, _ = await target.send([header], {})
    except httpx2.HTTPError:
        return None
    return status


async def _attempt(
    forgery: Forgery, surface: str, target: TrialTarget, context: ForgeryContext
) -> Attempt:
    try:
        credential = forgery.credential(context)
        status, body, challenge = await target.send(credential.headers, credential.query)
    except NotApplicableError:
        return Attempt(forgery.name, surface, AttemptVerdict.NOT_APPLICABLE)
    except NotSendableError:
        return Attempt(forgery.name, surface, AttemptVerdict.NOT_SENDABLE)
    except (httpx2.HTTPError, NoAnswerError):
        return Attempt(forgery.name, surface, AttemptVerdict.INCONCLUSIVE)
    verdict, request = verdict_of(status), None
    if verdict is AttemptVerdict.ACCEPTED and target.written is not None:
        request = target.written(credential.headers, credential.query)
    return Attempt(
        forgery.name,
        surface,
        verdict,
        status,
        challenged=(challenge or "").lower().startswith("bearer"),
        echoed=_echoed(credential, f"{body}\n{challenge}"),
        request=request,
    )


def verdict_of(status: int) -> AttemptVerdict:
    """Classify the status of a request whose credential is forged."""
    if status == 401:
        return AttemptVerdict.REFUSED
    if status in _UNREADABLE:
        return AttemptVerdict.UNREADABLE
    return AttemptVerdict.INCONCLUSIVE if status in _OUTAGES else AttemptVerdict.ACCEPTED


def _echoed(credential: Credential, text: str) -> bool:
    carried = [value for _, value in credential.headers] + list(credential.query.values())
    words = (word for value in carried for word in value.split())
    # Short words, such as the scheme, occur in any answer.
    return any(word in text for word in words if len(word) >= 40)


def _without_query(send: SendHeaders) -> Send:
    async def with_query(headers: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        if query:
            raise NotSendableError("this surface takes no query")
        return await send(headers)

    return with_query


def http_target(
    client: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    json: object = None,
    headers: Mapping[str, str] | None = None,
    context: ForgeryContext | None = None,
) -> TrialTarget:
    """Build a surface from one HTTP request.

    Args:
        client: Sends the request.
        method: The request's method.
        url: Its address.
        json: Its body, if any.
        headers: Header lines it needs besides the credential.
        context: The context of its forgeries.
    """

    async def _as_bytes(
        lines: Sequence[tuple[bytes, bytes]], query: Mapping[str, str]
    ) -> HttpReply:
        request = client.build_request(method, url, json=json, params=dict(query) or None)
        kind = [(b"Content-Type", b"application/json")] if json is not None else []
        return await send_raw(method, str(request.url), [*kind, *lines], request.content)

    async def send(lines: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        # As bytes, because a client would refuse text that is not ASCII.
        raw = [(name.encode(), value.encode()) for name, value in lines]
        usual = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        try:
            answer = await client.request(
                method, url, json=json, headers=[*usual, *raw], params=dict(query) or None
            )
        except httpx2.LocalProtocolError:
            # The library refuses to send it; an attacker would not.
            return await _as_bytes([*usual, *raw], query)
        return answer.status_code, answer.text, answer.headers.get("www-authenticate")

    def written(lines: Sequence[Header], query: Mapping[str, str]) -> WireRequest:
        kind = {} if json is None else {"Content-Type": "application/json"}
        given = (*{**kind, **(headers or {})}.items(), *lines)
        built = client.build_request(method, url, json=json, params=dict(query) or None)
        return WireRequest(method, str(built.url), given, built.content)

    return TrialTarget(send, context, written)
