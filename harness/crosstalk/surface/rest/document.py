"""An OpenAPI document: fetched with what it refers to, and where its operations are served."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import yaml

from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.json_text import loads
from crosstalk.surface.references import References

_VARIABLE = re.compile(r"\{([^}]+)\}")

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class OldDocumentError(SurfaceError):
    """A document of a version before OpenAPI 3."""


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """A document and where it came from.

    Attributes:
        url: Where it is.
        root: Its contents.
        references: Follows its `$ref`s, to other documents of the same origin too.
    """

    url: str
    root: Mapping[str, Any]
    references: References

    def with_operations(self, also: Iterable[str]) -> ApiDocument:
        """Return the document with operations that it leaves out, e.g. `GET /partner/notes`.

        What the document says of an operation stays.
        """
        paths = dict(self.root["paths"])
        for title in also:
            method, _, path = title.partition(" ")
            described = paths.get(path)
            item = dict(described) if isinstance(described, Mapping) else {}
            item.setdefault(method.lower(), {"responses": {}})
            paths[path] = item
        return replace(self, root={**self.root, "paths": paths})

    def with_paths(self, further: Mapping[str, Mapping[str, Any]]) -> ApiDocument:
        """Return the document with these path items beside its own."""
        return replace(self, root={**self.root, "paths": {**self.root["paths"], **further}})

    def beside_own(self, further: Mapping[str, Mapping[str, Any]]) -> ApiDocument:
        """Return the document with operations that it leaves out; what it says itself stays."""
        paths = dict(self.root["paths"])
        for path, item in further.items():
            described = paths.get(path)
            paths[path] = {**item, **(described if isinstance(described, Mapping) else {})}
        return replace(self, root={**self.root, "paths": paths})

    def server(self, *holders: Mapping[str, Any]) -> str:
        """Return where paths begin: the first server of the first holder that names any.

        A server elsewhere than the document is not called, because documents name the system in
        production beside the one that is tested: its path is taken, on the document's origin.

        Args:
            holders: The operation and its path item; the document itself comes last.
        """
        named = [each.get("servers") for each in (*holders, self.root)]
        servers = next((each for each in named if isinstance(each, list) and each), [])
        urls = [urljoin(self.url, _with_defaults(each)) for each in servers]
        here = _origin(self.url)
        chosen = next((each for each in urls if _origin(each) == here), urls[0] if urls else here)
        return here + urlsplit(chosen).path.rstrip("/")


def nothing(url: str) -> ApiDocument:
    """Return a document without operations, of a server that has none at that URL."""
    root: dict[str, Any] = {"openapi": "3.1.0", "paths": {}}
    return ApiDocument(url, root, References.of(root, url=url))


def fetched(http: httpx2.Client, url: str, headers: Mapping[str, str] = NO_HEADERS) -> ApiDocument:
    """Return the document at a URL, in JSON or YAML.

    Args:
        http: Asks for it, and for what it refers to.
        url: Of the document.
        headers: That the requests have, e.g. a user's credential.

    Raises:
        SurfaceError: There is none.
        OldDocumentError: It is of another version than 3.0 or 3.1.
    """
    read = _reader(http, headers)
    try:
        root = read(url)
    except (httpx2.HTTPError, ValueError) as error:
        raise SurfaceError(f"no OpenAPI document at {url} ({type(error).__name__})") from error
    if not isinstance(root, Mapping) or not isinstance(root.get("paths"), Mapping):
        raise SurfaceError(f"no OpenAPI document at {url}: it has no paths")
    if "swagger" in root:
        raise OldDocumentError(f"{url} is Swagger {root['swagger']}: convert it to OpenAPI 3")

    def beside(other: str) -> Any:
        # A document that names an address anywhere would otherwise have it called.
        if _origin(other) != _origin(url):
            raise LookupError(other)
        return read(other)

    return ApiDocument(url, root, References.of(root, url=url, load=beside))


def _reader(http: httpx2.Client, headers: Mapping[str, str]) -> Callable[[str], Any]:
    def read(url: str) -> Any:
        response = http.get(url, headers=dict(headers))
        response.raise_for_status()
        found = loads(response.text)
        if isinstance(found, str):
            try:
                found = yaml.safe_load(found)
            except yaml.YAMLError as error:
                raise ValueError("neither JSON nor YAML") from error
        return found

    return read


def _origin(url: str) -> str:
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def _with_defaults(server: Any) -> str:
    """A server's URL with its variables at their defaults."""
    if not isinstance(server, Mapping):
        return "/"
    variables = server.get("variables")
    variables = variables if isinstance(variables, Mapping) else {}

    def value(match: re.Match[str]) -> str:
        known = variables.get(match.group(1))
        return str(known.get("default", "")) if isinstance(known, Mapping) else ""

    return _VARIABLE.sub(value, str(server.get("url", "/")))
