"""A described system before it is called: its operations, from the server or from documents.

No user is signed up, no credential is tried and nothing is reset. From the server its own lists are
asked for, which may take a login; from documents nothing is asked at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosstalk.core.errors import HarnessError
from crosstalk.surface.wire_requests import WireRequest, answered_by, witnessed
from crosstalk.targets.base import Target
from crosstalk.targets.described.build import preview_target
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.loading import load_target
from crosstalk.targets.described.process import Served, served


@dataclass(frozen=True, slots=True)
class Preview:
    """A described system, and what was sent to find out what it offers.

    Attributes:
        target: It is not to be called.
        config: The description.
        sent: Requests and messages, in order.
    """

    target: Target
    config: TargetConfig
    sent: tuple[str, ...]


@contextmanager
def previewed(file: Path, documents: Sequence[Path] = ()) -> Iterator[Preview]:
    """Find out what a described system offers.

    Args:
        file: The description.
        documents: OpenAPI documents, and answers to `tools/list` (`{"tools": […]}`) and the like;
            with them nothing is started or sent.

    Raises:
        HarnessError: The file or a document cannot be used, or the server does not answer.
    """
    with ExitStack() as stack:
        if documents:
            config = load_target(file)
            running = Served(config, file.resolve().parent, "")
            stack.enter_context(answered_by(_Documents(documents).answer))
        else:
            running = stack.enter_context(served(file))
        sent = stack.enter_context(witnessed())
        target = preview_target(running, looking=not documents)
        stack.callback(target.close)
        yield Preview(
            target, running.config, () if documents else tuple(_said(each) for each in sent)
        )


class _Documents:
    """Answers discovery from files."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._openapi: Mapping[str, Any] | None = None
        self._lists: dict[str, Any] = {}
        for file in files:
            found = _read(file)
            if "paths" in found:
                self._openapi = found
            elif isinstance(found.get("result"), dict):
                self._lists |= found["result"]
            else:
                self._lists |= found
            if self._openapi is not found and not any(key in self._lists for key in _LISTS):
                raise HarnessError(
                    f"{file} is neither an OpenAPI document (it has no paths) nor an answer to "
                    "tools/list (it has no tools)"
                )

    def answer(self, request: WireRequest) -> tuple[int, str]:
        """Return status and body of the answer to a request."""
        if request.method == "GET":
            if self._openapi is None:
                raise HarnessError(
                    "the file describes a REST API and no document given has paths: add its "
                    "OpenAPI document with --document"
                )
            return 200, json.dumps(self._openapi, default=str)
        try:
            message = json.loads(request.content or b"{}")
        except ValueError:
            return 404, "{}"
        if "id" not in message:
            return 202, ""
        reply = {"jsonrpc": "2.0", "id": message["id"]}
        if message.get("method") == "initialize":
            about = {"name": "documents", "version": "1"}
            return 200, json.dumps(
                {**reply, "result": {"protocolVersion": "2025-06-18", "serverInfo": about}}
            )
        key = next((key for key, method in _LISTS.items() if method == message.get("method")), "")
        if key in self._lists:
            return 200, json.dumps({**reply, "result": {key: self._lists[key]}})
        error = {"code": -32601, "message": "not in the documents"}
        return 200, json.dumps({**reply, "error": error})


_LISTS = {
    "tools": "tools/list",
    "resources": "resources/list",
    "resourceTemplates": "resources/templates/list",
    "prompts": "prompts/list",
}


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"cannot read {file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise HarnessError(f"{file} is neither JSON nor YAML") from error
    if not isinstance(found, dict):
        raise HarnessError(f"{file} is not an OpenAPI document, and no answer to tools/list")
    return found


def _said(request: WireRequest) -> str:
    """A request as a line: method and address, and the method of JSON-RPC."""
    where = f"{request.method} {request.url}" if request.method else " ".join(request.command)
    try:
        message = json.loads(request.content or b"null")
    except ValueError:
        return where
    method = message.get("method") if isinstance(message, dict) else None
    return f"{where} ({method})" if method else where
