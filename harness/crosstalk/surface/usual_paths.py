"""Undeclared paths that many servers have: health, metrics, debugging, other spellings.

Each is asked for once, without a credential; what answers becomes an operation, which a stranger
reads while users have secrets. An answer that a path gives which cannot exist is a page for all.

Below a declared path a file's name is tried as well: where a framework serves `/me/x.css` as `/me`
and a cache keeps what looks like a file, the next one who asks gets it (web cache deception,
CWE-524). Its name is an argument, so that each trial has one that was never asked for.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx2

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.classification import answer_of
from crosstalk.surface.http.exchange import client, unreachable, unsendable
from crosstalk.surface.operation import Operation, Parameter, Role

USUAL_PATHS = (
    *("/health", "/healthz", "/ready", "/status", "/metrics", "/info", "/version", "/stats"),
    *("/debug", "/debug/vars", "/debug/state", "/debug/requests", "/_debug", "/trace", "/logs"),
    *("/admin", "/admin/users", "/internal", "/_internal", "/dump", "/export", "/backup"),
    *("/config", "/env", "/.env", "/actuator", "/actuator/env", "/actuator/heapdump"),
    *("/docs", "/redoc", "/openapi.json", "/swagger.json", "/api-docs", "/graphql"),
    *("/users", "/sessions", "/cache", "/state", "/test", "/.well-known/mcp.json"),
)
# Spellings and versions of declared paths that are tried.
_MOST_VARIANTS = 40
# Paths below which a file is asked for, and the name of the argument that names it.
_MOST_FILES = 3
FILE = "file"
_ABOUT_ONESELF = re.compile(r"/(?:me|profile|account|session|settings|whoami|self|user)\b")
# What is read of one answer; a stream that never ends is left.
_MOST_BYTES = 1_000_000
_SECONDS = 3.0
# What all of them may take before a run; and from when on an answer is so slow that several are
# asked for at once.
_DISCOVERY_SECONDS, _SLOW_SECONDS, _AT_ONCE = 8.0, 0.05, 6


class UsualPaths:
    """Paths of one origin that are not declared.

    Args:
        origin: Scheme, host and port.
        name: Of the surface, e.g. `rest-paths`.
        declared: Paths that are operations already; those without variables are spelt otherwise.
        left_out: Paths that are not to be called.
        clock: Seconds on a monotonic clock.
    """

    def __init__(
        self,
        origin: str,
        name: str,
        declared: Iterable[str] = (),
        left_out: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._origin = origin.rstrip("/")
        self._name = name
        self._declared = frozenset(declared)
        self._left_out = frozenset(left_out)
        self._http = client(_SECONDS)

    def discover(self) -> list[Operation]:
        """Return the paths that answer a stranger; perhaps none."""
        began = self._clock()
        missing = self._get(f"/{secrets.token_hex(8)}", NOTHING)
        everything = missing.body if missing.outcome is Outcome.OK else None
        at_once = _AT_ONCE if self._clock() - began >= _SLOW_SECONDS else 1
        found = []
        for path, answer in self._asked(at_once, began + _DISCOVERY_SECONDS):
            served = answer.outcome is Outcome.OK or (answer.status or 0) >= 500
            if served and (everything is None or answer.body != everything):
                found.append(self._operation(path))
        return [*found, *self._below_declared()]

    def _below_declared(self) -> list[Operation]:
        """Return what would give a file below a declared path, where a stranger is refused it."""
        known = sorted(self._declared - self._left_out)
        paths = [each for each in known if "{" not in each and each != "/"]
        paths.sort(key=lambda each: _ABOUT_ONESELF.search(each) is None)
        found = []
        for path in paths[:_MOST_FILES]:
            if self._get(path, NOTHING).outcome is Outcome.OK:
                # A stranger may have it: there is nothing to be kept for them.
                continue
            answer = self._get(f"{path.rstrip('/')}/{secrets.token_hex(4)}.css", NOTHING)
            if answer.status in (401, 403) or answer.outcome is Outcome.OK:
                found.append(self._operation(f"{path.rstrip('/')}/{{{FILE}}}.css", file=True))
        return found

    def _asked(self, at_once: int, ends: float) -> list[tuple[str, Answer]]:
        """Ask for the candidates until a time is over; return those that were answered, in order.

        Args:
            at_once: Requests that may be under way at once.
            ends: On the clock, when no more are made.
        """

        def ask(path: str) -> Answer | None:
            return self._get(path, NOTHING) if self._clock() < ends else None

        candidates = self._candidates()
        with ThreadPoolExecutor(at_once, "crosstalk-paths") as threads:
            answers = dict(zip(candidates, threads.map(ask, candidates), strict=True))
        for path, answer in answers.items():
            # A server of one thread answers one connection and lets the others wait.
            if at_once > 1 and answer is not None and answer.outcome is Outcome.UNREACHABLE:
                answers[path] = ask(path)
        return [
            (path, answer)
            for path, answer in answers.items()
            if answer is not None and answer.outcome is not Outcome.UNREACHABLE
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Read one path."""
        path = str(operation.extra["path"])
        named = quote(str(arguments.get(FILE, "")), safe="")
        return self._get(path.replace(f"{{{FILE}}}", named), presented)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _candidates(self) -> list[str]:
        spelt = [each for path in sorted(self._declared) for each in _variants(path)]
        candidates = dict.fromkeys((*USUAL_PATHS, *spelt[:_MOST_VARIANTS]))
        return [each for each in candidates if each not in self._declared | self._left_out]

    def _operation(self, path: str, *, file: bool = False) -> Operation:
        named = Parameter(FILE, {"type": "string"}, required=True, role=Role.VALUE)
        return Operation(
            surface=self._name,
            name=f"{self._name.partition('-')[0]}:GET {path}",
            parameters=(named,) if file else (),
            reads_only=True,
            public=True,
            # Nothing says that it is there; a rule of its own asks for it.
            unannounced=file,
            descriptive=True,
            extra={"path": path},
        )

    def _get(self, path: str, presented: Presented) -> Answer:
        headers = {"Accept": "*/*", **presented.header_fields()}
        try:
            with self._http.stream("GET", self._origin + path, headers=headers) as response:
                content = _some_of(response)
                # The body is decoded by now.
                named = [
                    (name, value)
                    for name, value in response.headers.items()
                    if name.lower() not in ("content-encoding", "transfer-encoding")
                ]
                return answer_of(
                    httpx2.Response(response.status_code, headers=named, content=content)
                )
        except httpx2.HTTPError as error:
            return unreachable(error)
        except (ValueError, httpx2.InvalidURL) as error:
            return unsendable(f"path is not expressible ({type(error).__name__})")


def _some_of(response: httpx2.Response) -> bytes:
    """The beginning of a body: of a stream, what comes within the time."""
    content, began = bytearray(), time.monotonic()
    try:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) >= _MOST_BYTES or time.monotonic() - began >= _SECONDS:
                break
    except httpx2.ReadTimeout:
        pass
    return bytes(content)


def _variants(path: str) -> Iterator[str]:
    """Other spellings of a path without variables, its parent under usual names, other versions."""
    if "{" in path or path == "/":
        return
    yield path.rstrip("/") if path.endswith("/") else f"{path}/"
    yield f"{path}.json"
    yield f"/internal{path}"
    yield f"/admin{path}"
    yield f"{path.rstrip('/')}/all"
    for here, other in (("/v1/", "/v2/"), ("/v2/", "/v1/"), ("/api/", "/"), ("/v1/", "/v0/")):
        if here in path:
            yield path.replace(here, other, 1)
    yield path.upper()
