"""Tries every forgery on every surface, and says which were let in.

A surface is anything that takes a request's headers and gives a status, a body and a challenge.
Refused means 401; a request that the HTTP layer would not read (400, 413, 414, 431) got no further
either. Everything else that is not plainly an outage counts as accepted: 403 or 404 mean that
somebody was already known to be asking. A surface that refuses the valid token beside them proves
nothing by refusing the others, so its result is inconclusive.
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
from crosstalk.tokens.forgeries import (
    FORGERIES,
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
)
from crosstalk.tokens.forgeries.base import Header
from crosstalk.tokens.raw import NoAnswerError, send_raw

Reply = tuple[int, str, str | None]
Send = Callable[[Sequence[Header], Mapping[str, str]], Awaitable[Reply]]
SendHeaders = Callable[[Sequence[Header]], Awaitable[Reply]]


class NotSendableError(HarnessError):
    """The surface has no place for what the forgery carries, so nobody can send it there."""


class Verdict(StrEnum):
    """What became of one attempt."""

    REFUSED = "refused"
    UNREADABLE = "unreadable"
    ACCEPTED = "ACCEPTED"
    INCONCLUSIVE = "inconclusive"
    NOT_SENDABLE = "not sendable"
    NOT_APPLICABLE = "not applicable"


_UNREADABLE = frozenset({400, 413, 414, 431})
_OUTAGES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Target:
    """A surface under attack.

    Attributes:
        send: Sends a request with these header lines and query parameters; gives the status, the
            body and the `WWW-Authenticate` header.
        context: What its forgeries are made from; the trial's own when left out.
    """

    send: Send
    context: ForgeryContext | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One forgery on one surface.

    Attributes:
        forgery: Its name.
        surface: Its name.
        verdict: What became of it.
        status: The HTTP status, if there was an answer.
        challenged: Whether a refusal carried a Bearer challenge (RFC 9110 section 11.6.1).
        echoed: Whether the answer repeated the credential.
    """

    forgery: str
    surface: str
    verdict: Verdict
    status: int | None = None
    challenged: bool = False
    echoed: bool = False

    def named(self) -> dict[str, Any]:
        """For a report."""
        return {"forgery": self.forgery, "surface": self.surface, "status": self.status}


@dataclass(slots=True)
class ForgeryReport:
    """What the trial found.

    Attributes:
        surfaces: Their names.
        attempts: Each forgery on each surface.
        controls: Surface to the status that the valid token got.
    """

    surfaces: tuple[str, ...]
    attempts: list[Attempt] = field(default_factory=list)
    controls: dict[str, int | None] = field(default_factory=dict)

    def of(self, verdict: Verdict) -> list[Attempt]:
        """The attempts that ended so."""
        return [each for each in self.attempts if each.verdict is verdict]

    @property
    def accepted(self) -> list[Attempt]:
        """The attempts that were let in."""
        return self.of(Verdict.ACCEPTED)

    @property
    def uncontrolled(self) -> list[str]:
        """Surfaces that refused the valid token."""
        served = {name for name, status in self.controls.items() if status in range(200, 300)}
        return [name for name in self.surfaces if name not in served]

    @property
    def verdict(self) -> str:
        """`leak` when one was accepted, `inconclusive` when a surface says nothing, or `clean`."""
        if self.accepted:
            return "leak"
        if not self.surfaces or self.uncontrolled or self.of(Verdict.INCONCLUSIVE):
            return "inconclusive"
        return "clean"

    def table(self) -> dict[str, dict[str, Attempt]]:
        """Forgery to surface to attempt, for printing."""
        rows: dict[str, dict[str, Attempt]] = {}
        for each in self.attempts:
            rows.setdefault(each.forgery, {})[each.surface] = each
        return rows

    def summary(self) -> dict[str, Any]:
        """The figures for `summary.json`."""
        refused = self.of(Verdict.REFUSED)
        sent = [each for each in self.attempts if each.status is not None]
        return {
            "verdict": self.verdict,
            "kinds": len({each.forgery for each in sent}),
            "surfaces": len(self.surfaces),
            "surface_names": list(self.surfaces),
            "attempts": len(sent),
            "accepted": [each.named() for each in self.accepted],
            "verdicts": dict(Counter(str(each.verdict) for each in self.attempts)),
            "inconclusive": [each.named() for each in self.of(Verdict.INCONCLUSIVE)],
            "unchallenged": [each.named() for each in refused if not each.challenged],
            "echoed": [each.named() for each in sent if each.echoed],
            "controls": dict(self.controls),
        }


async def try_forgeries(
    targets: Mapping[str, Target | SendHeaders],
    context: ForgeryContext,
    *,
    forgeries: Sequence[Forgery] = FORGERIES,
    at_once: int = 8,
) -> ForgeryReport:
    """Send every forgery, and the valid token before and after, to every surface.

    Args:
        targets: Surface name to target; a plain function of the headers is one without a query.
        context: What forgeries are made from, where a target has no context of its own.
        forgeries: Which to try.
        at_once: How many requests are under way at most.
    """
    report = ForgeryReport(tuple(targets))
    gate = asyncio.Semaphore(at_once)
    for name, given in targets.items():
        target = given if isinstance(given, Target) else Target(_without_query(given))
        own = target.context or context
        before = await _control(target, own)

        async def attempt(
            forgery: Forgery, name: str = name, target: Target = target, own: ForgeryContext = own
        ) -> Attempt:
            async with gate:
                return await _attempt(forgery, name, target, own)

        report.attempts += await asyncio.gather(*(attempt(each) for each in forgeries))
        after = await _control(target, own)
        report.controls[name] = before if before not in range(200, 300) else after
    return report


async def _control(target: Target, context: ForgeryContext) -> int | None:
    header = ("Authorization", f"Bearer {context.valid_token}")
    try:
        status, _, _ = await target.send([header], {})
    except httpx2.HTTPError:
        return None
    return status


async def _attempt(
    forgery: Forgery, surface: str, target: Target, context: ForgeryContext
) -> Attempt:
    try:
        credential = forgery.credential(context)
        status, body, challenge = await target.send(credential.headers, credential.query)
    except NotApplicableError:
        return Attempt(forgery.name, surface, Verdict.NOT_APPLICABLE)
    except NotSendableError:
        return Attempt(forgery.name, surface, Verdict.NOT_SENDABLE)
    except (httpx2.HTTPError, NoAnswerError):
        return Attempt(forgery.name, surface, Verdict.INCONCLUSIVE)
    return Attempt(
        forgery.name,
        surface,
        judge(status),
        status,
        challenged=(challenge or "").lower().startswith("bearer"),
        echoed=_echoed(credential, f"{body}\n{challenge}"),
    )


def judge(status: int) -> Verdict:
    """What a status says about a request whose credential is forged."""
    if status == 401:
        return Verdict.REFUSED
    if status in _UNREADABLE:
        return Verdict.UNREADABLE
    return Verdict.INCONCLUSIVE if status in _OUTAGES else Verdict.ACCEPTED


def _echoed(credential: Credential, text: str) -> bool:
    carried = [value for _, value in credential.headers] + list(credential.query.values())
    words = (word for value in carried for word in value.split())
    # Short words, such as the scheme, occur in any answer.
    return any(word in text for word in words if len(word) >= 40)


def _without_query(send: SendHeaders) -> Send:
    async def with_query(headers: Sequence[Header], query: Mapping[str, str]) -> Reply:
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
) -> Target:
    """A surface that is one HTTP request.

    Args:
        client: Sends it.
        method: Its method.
        url: Its address.
        json: Its body, if any.
        headers: Header lines it needs besides the credential.
        context: What its forgeries are made from.
    """

    async def _as_bytes(lines: Sequence[tuple[bytes, bytes]], query: Mapping[str, str]) -> Reply:
        request = client.build_request(method, url, json=json, params=dict(query) or None)
        kind = [(b"Content-Type", b"application/json")] if json is not None else []
        return await send_raw(method, str(request.url), [*kind, *lines], request.content)

    async def send(lines: Sequence[Header], query: Mapping[str, str]) -> Reply:
        # As bytes, because a client would refuse what is not ASCII and send nothing.
        raw = [(name.encode(), value.encode()) for name, value in lines]
        usual = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        try:
            answer = await client.request(
                method, url, json=json, headers=[*usual, *raw], params=dict(query) or None
            )
        except httpx2.LocalProtocolError:
            # The library will not write it; an attacker would.
            return await _as_bytes([*usual, *raw], query)
        return answer.status_code, answer.text, answer.headers.get("www-authenticate")

    return Target(send, context)
