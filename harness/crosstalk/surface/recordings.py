"""Recorded traffic: requests of an HTTP archive, and tool calls of an MCP session.

An HTTP archive (HAR 1.2) is what browsers and proxies save. An MCP session is the messages of one
client in JSON, as a list or a line each, or an archive of them. Only what was served is kept, and
no credential: values that a header or cookie carried, and what is named as a secret, are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crosstalk.core.errors import HarnessError
from crosstalk.core.identifiers import strings_in
from crosstalk.surface.http.json_text import loads

SECRET_NAME = re.compile(
    r"passw|pwd|secret|token|api[-_]?key|auth|credential|cookie|session|csrf|xsrf|jwt|signature|otp"
    r"|\bpin\b|bearer",
    re.IGNORECASE,
)
_JWT = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
_SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that was served.

    Attributes:
        method: In capitals.
        path: Of its address, not decoded.
        query: Names and values.
        body: Decoded JSON, or form fields by name; None without a body.
        form: Whether the body was a form's.
        json_answer: Whether the answer was JSON.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    form: bool = False
    json_answer: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """Contents of a file.

    Attributes:
        requests: HTTP requests that were served.
        tool_calls: Tool name and arguments of MCP calls that were served.
        secrets: Values that credentials had, which no other place may repeat.
    """

    requests: tuple[RecordedRequest, ...] = ()
    tool_calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def is_secret(self, name: str, value: Any) -> bool:
        """Return whether an argument may hold a credential, by its name or its value."""
        if SECRET_NAME.search(name):
            return True
        texts = [str(value), *strings_in(value)]
        return any(
            _JWT.search(text) or any(secret in text for secret in self.secrets) for text in texts
        )


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        HarnessError: There is no such file, or it is neither an archive nor a session.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"cannot read {path} ({type(error).__name__})") from error
    messages = _messages(text)
    secrets: set[str] = set()
    requests: list[RecordedRequest] = []
    inner: list[Any] = []
    for entry in _entries(messages):
        request, response = entry.get("request") or {}, entry.get("response") or {}
        secrets |= set(_secrets_of(request, response))
        asked, answered = _body_of(request.get("postData")), _content_of(response)
        if _is_json_rpc(asked):
            inner += [asked, answered]
        elif 200 <= int(response.get("status") or 0) < 300:
            requests.append(_request(request, response, asked))
    calls = _tool_calls(inner or messages)
    secrets |= {str(value) for _, arguments in calls for value in _named_secrets(arguments)}
    if not requests and not calls:
        raise HarnessError(
            f"{path} holds no request or tool call that was served: give an HTTP archive (HAR), or "
            "the JSON messages of an MCP session, one a line or as a list"
        )
    known = frozenset(each for each in secrets if len(each) >= _SHORTEST_SECRET)
    return Recording(tuple(requests), tuple(calls), known)


def _messages(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except ValueError:
        found = []
        for line in text.splitlines():
            start = line.find("{")
            if start >= 0:
                try:
                    found.append(json.loads(line[start:]))
                except ValueError:
                    continue
        return found


def _entries(messages: list[Any]) -> Iterator[Mapping[str, Any]]:
    for each in messages:
        log = each.get("log") if isinstance(each, Mapping) else None
        entries = log.get("entries") if isinstance(log, Mapping) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping):
                yield entry


def _request(request: Mapping[str, Any], response: Mapping[str, Any], body: Any) -> RecordedRequest:
    split = urlsplit(str(request.get("url") or "/"))
    post = request.get("postData") or {}
    kind = str((response.get("content") or {}).get("mimeType") or "")
    return RecordedRequest(
        method=str(request.get("method") or "GET").upper(),
        path=split.path or "/",
        query=tuple(parse_qsl(split.query, keep_blank_values=True)),
        body=body,
        form="form" in str(post.get("mimeType") or ""),
        json_answer="json" in kind or not kind,
    )


def _body_of(post: Any) -> Any:
    if not isinstance(post, Mapping):
        return None
    if isinstance(post.get("params"), list) and post["params"]:
        return {str(each.get("name")): each.get("value") for each in post["params"]}
    text = str(post.get("text") or "")
    if "form-urlencoded" in str(post.get("mimeType") or ""):
        return dict(parse_qsl(text, keep_blank_values=True))
    found = loads(text) if text else None
    return found if not isinstance(found, str) else None


def _content_of(response: Mapping[str, Any]) -> Any:
    content = response.get("content")
    text = content.get("text") if isinstance(content, Mapping) else None
    return loads(text) if isinstance(text, str) else None


def _secrets_of(request: Mapping[str, Any], response: Mapping[str, Any]) -> Iterator[str]:
    """Return the values of credentials: of headers and cookies, and of fields named as such."""
    for holder in (request, response):
        for each in holder.get("headers") or ():
            name, value = str(each.get("name")), str(each.get("value"))
            if SECRET_NAME.search(name):
                yield value
                # `Bearer` and a cookie's name are none.
                yield from value.split(" ")[1:]
                yield from re.findall(r"=([^;,\s]+)", value)
        for each in holder.get("cookies") or ():
            yield str(each.get("value"))
    yield from _named_secrets(_body_of(request.get("postData")))
    yield from _named_secrets(_content_of(response))


def _named_secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if SECRET_NAME.search(str(name)) and isinstance(each, str | int):
                yield str(each)
            yield from _named_secrets(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named_secrets(each)


def _is_json_rpc(body: Any) -> bool:
    return isinstance(body, Mapping) and "jsonrpc" in body


def _tool_calls(messages: list[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tool calls among messages that no reply refuses, however they are wrapped."""
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    refused: set[str] = set()
    pending = list(messages)
    while pending:
        here = pending.pop(0)
        if isinstance(here, list):
            pending += here
        if not isinstance(here, Mapping):
            continue
        params = here.get("params")
        if here.get("method") == "tools/call" and isinstance(params, Mapping):
            arguments = params.get("arguments")
            if isinstance(arguments, Mapping):
                place = str(here.get("id", len(asked)))
                asked[f"{place} {len(asked)}"] = str(params.get("name")), arguments
            continue
        result = here.get("result")
        failed = isinstance(result, Mapping) and result.get("isError")
        if "jsonrpc" in here and ("error" in here or failed):
            refused.add(str(here.get("id")))
        elif "jsonrpc" not in here:
            pending += [each for each in here.values() if isinstance(each, Mapping | list)]
    return [call for place, call in asked.items() if place.split(" ")[0] not in refused]
