"""A server of the corpus as a tool meets it: its address, its operations, who calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.corpus_side_by_side.accounts import credentials
from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.server import running

_SECONDS = 10.0
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server.

    Attributes:
        entry: What it is.
        url: Its address.
        openapi: Address of its OpenAPI document.
        operations: Those of the document, as `METHOD /path`.
        header: Name of the header that proves who calls.
        people: The header's value for `alice` and `bob`.
    """

    entry: Entry
    url: str
    openapi: str
    operations: tuple[str, ...]
    header: str
    people: Mapping[str, str]

    def variables(self) -> dict[str, str]:
        """Return the variables that what is written for the tools uses."""
        return {"BASE_URL": self.url, "ALICE": self.people["alice"], "BOB": self.people["bob"]}

    def send(self, user: str, method: str, path: str, **fields: Any) -> Any:
        """Send a request as one of the two and return its answer, read as JSON where it is JSON.

        Args:
            user: Who calls.
            method: Of the request.
            path: Of the request, with its query.
            fields: Of a JSON body; `text` alone is a body of plain text.
        """
        headers = {self.header: self.people[user]}
        content: dict[str, Any] = {"json": fields} if fields else {}
        if fields.keys() == {"text"}:
            headers["Content-Type"] = "text/plain"
            content = {"content": fields["text"]}
        answer = httpx2.request(
            method, self.url + path, headers=headers, timeout=_SECONDS, **content
        )
        answer.raise_for_status()
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.text


@contextmanager
def served(entry: Entry, leaks: str, folder: Path) -> Iterator[Served]:
    """Run a server of the corpus with `LEAKS=leaks` while the block runs.

    Args:
        entry: The server.
        leaks: `all`, nothing, or ids of planted leaks with commas between.
        folder: Where it stores; must not exist.

    Raises:
        MissingProgramError: A package that it needs is not installed.
        ServerError: It did not start.
    """
    folder.mkdir(parents=True)
    with running(entry, leaks, folder) as port:
        url = f"http://127.0.0.1:{port}"
        openapi = (entry.manifest.openapi or "").replace("{port}", str(port))
        document = httpx2.get(openapi, timeout=_SECONDS).raise_for_status().json()
        operations = tuple(
            f"{method.upper()} {path}"
            for path, item in document["paths"].items()
            for method in item
            if method in _METHODS
        )
        header, people = credentials(entry.manifest.name, url)
        yield Served(entry, url, openapi, operations, header, people)


def operation_of(method: str, path: str, operations: Sequence[str]) -> str:
    """Return the operation of a document that a request is of.

    Args:
        method: Of the request.
        path: A path as it was sent, or a template with any names.
        operations: Those of the document. Literal parts of a path win over its parameters.
    """
    asked = re.sub(r"\?.*$", "", path).strip("/").split("/")
    fitting = []
    for operation in operations:
        its_method, _, template = operation.partition(" ")
        parts = template.strip("/").split("/")
        if its_method != method.upper() or len(parts) != len(asked):
            continue
        pairs = list(zip(parts, asked, strict=True))
        if all(part == word or "{" in part for part, word in pairs):
            fitting.append((sum(part == word for part, word in pairs), operation))
    return max(fitting)[1] if fitting else f"{method.upper()} {path}"
