"""One request as a command: curl for HTTP, a line for the standard input of a process."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from crosstalk.core.paths import from_here
from crosstalk.execution.by_hand.shell import quoted, word
from crosstalk.execution.by_hand.variables import Variables
from crosstalk.surface.transports.base import initialize_params, message
from crosstalk.surface.wire_requests import WireRequest

# What curl adds by itself, and what says nothing about the call.
_LEFT_OUT = frozenset(
    {"host", "accept-encoding", "connection", "content-length", "user-agent", "transfer-encoding"}
)
SESSION = "mcp-session-id"
_REVISION = "mcp-protocol-version"
_LONGEST_BODY = 4_000
# A stream need not end when the reply has come.
_SECONDS = 10


class TooLongError(Exception):
    """A body is too long to be pasted; the message says how long it is."""


def curl(request: WireRequest, variables: Variables, *options: str) -> str:
    """Return a request as a curl command.

    Raises:
        TooLongError: Its body is a blob.
        ValueError: A header holds what no argument can.
    """
    names = variables.names
    url = _address(request.url, variables)
    words = ["curl", "-sS", *options]
    if _streams(request):
        words.append(f"-m {_SECONDS}")
    if request.method != ("POST" if request.content else "GET"):
        words.append(f"-X {quoted(request.method)}")
    if re.search(r"[\[\]{}]", url):
        words.append("-g")
    if "/." in url:
        words.append("--path-as-is")
    words.append(word(url, names))
    for name, value in request.headers:
        lower = name.lower()
        if lower in _LEFT_OUT or (lower, value) == ("accept", "*/*"):
            continue
        words.append(f"-H {word(f'{header_name(name)}: {value}', names)}")
    if not request.content:
        return " ".join(words)
    if len(request.content) > _LONGEST_BODY:
        raise TooLongError(f"its body has {len(request.content)} bytes")
    try:
        words.append(f"--data-raw {word(request.content.decode('utf-8'), names)}")
    except ValueError:
        bare = base64.b64encode(_with_values(request.content, variables)).decode("ascii")
        command = " ".join([*words, "--data-binary @-"])
        return f"printf %s {bare} | base64 -d | {command}"
    return " ".join(words)


def handshake(request: WireRequest, variable: str, variables: Variables) -> list[str]:
    """Return the commands that open the session on which a request travels (MCP 2025-03-26)."""
    revision = header(request, _REVISION) or "2025-06-18"
    bare = tuple(each for each in request.headers if each[0].lower() not in (SESSION, _REVISION))
    opened = _with_body(request, bare, message("initialize", initialize_params(revision), 0))
    kept = tuple(each for each in request.headers if each[0].lower() != "accept")
    accept = tuple(each for each in request.headers if each[0].lower() == "accept")
    told = _with_body(request, (*accept, *kept), message("notifications/initialized", {}, None))
    return [
        f"{variable}=$({curl(opened, variables, '-D -', '-o /dev/null')}"
        " | tr -d '\\r' | sed -n 's/^[Mm][Cc][Pp]-[Ss]ession-[Ii]d: *//p')",
        curl(told, variables),
    ]


def event_stream(request: WireRequest, variable: str, variables: Variables) -> list[str]:
    """Return the commands that open the event stream of a request (MCP 2024-11-05)."""
    file = f"{variable.lower()}.events"
    headers = (
        ("Accept", "text/event-stream"),
        *(each for each in request.headers if each[0].lower() not in ("accept", "content-type")),
    )
    stream = WireRequest("GET", request.stream, headers)
    command = curl(stream, variables, "-N").replace(f" -m {_SECONDS}", "")
    split = urlsplit(request.stream)
    origin = variables.names[variables.origin(f"{split.scheme}://{split.netloc}")]
    opened = _with_body(
        request, request.headers, message("initialize", initialize_params("2024-11-05"), 0)
    )
    told = _with_body(request, request.headers, message("notifications/initialized", {}, None))
    return [
        f"{command} > {file} & sleep 1",
        f"{variable}=$(sed -n 's/^data: *//p' {file} | head -n 1 | tr -d '\\r')",
        f'case ${variable} in /*) {variable}="${origin}${variable}";; esac',
        curl(opened, variables, "-o /dev/null"),
        curl(told, variables, "-o /dev/null"),
    ]


def stdio_lines(request: WireRequest, variables: Variables) -> tuple[list[str], str]:
    """Return the lines of the handshake, as words, and the command that reads them."""
    first = json.dumps(message("initialize", initialize_params("2025-06-18"), 0))
    second = json.dumps(message("notifications/initialized", {}, None))
    settings = [
        f"{name}={word(value, variables.names)}" for name, value in request.environment.items()
    ]
    command = " ".join([*settings, *(quoted(each) for each in request.command)])
    if request.folder and (folder := from_here_of(request.folder)) != ".":
        command = f"(cd {quoted(folder)} && {command})"
    return [quoted(first), quoted(second)], command


def stdio_line(request: WireRequest, variables: Variables) -> str:
    """Return the message of a request as a word.

    Raises:
        TooLongError: It is a blob.
        ValueError: No argument can hold it.
    """
    if len(request.content) > _LONGEST_BODY:
        raise TooLongError(f"its message has {len(request.content)} bytes")
    return word(request.content.decode("utf-8"), variables.names)


def header(request: WireRequest, name: str) -> str | None:
    """Return the value of a header; names are in lower case."""
    return next((value for key, value in request.headers if key.lower() == name), None)


def header_name(name: str) -> str:
    """Return a header's name as people write it; the client has it in lower case."""
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))


def from_here_of(folder: str) -> str:
    """Return a folder as it is typed in the current one."""
    return from_here(Path(folder))


def _streams(request: WireRequest) -> bool:
    return "text/event-stream" in (header(request, "accept") or "")


def _address(url: str, variables: Variables) -> str:
    """The address with a variable in the place of scheme, host and port."""
    if any(url.startswith(each) for each in variables.names):
        return url
    split = urlsplit(url)
    origin = f"{split.scheme}://{split.netloc}"
    return variables.origin(origin) + url[len(origin) :]


def _with_body(
    request: WireRequest, headers: tuple[tuple[str, str], ...], body: Mapping[str, object]
) -> WireRequest:
    return WireRequest("POST", request.url, headers, json.dumps(body).encode())


def _with_values(content: bytes, variables: Variables) -> bytes:
    """The bytes with values where they are known: inside base64 no variable is."""
    for stand_in, name in variables.names.items():
        if name in variables.known:
            content = content.replace(stand_in.encode(), variables.known[name].encode())
    return content
