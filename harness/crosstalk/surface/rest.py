"""REST operations as an OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin

import httpx2

from crosstalk.core.history import Answer
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.classification import answer_of
from crosstalk.surface.http.event_stream import MEDIA_TYPE
from crosstalk.surface.http.exchange import client, unreachable, unsendable
from crosstalk.surface.http.json_text import encode
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import parameter, resolve, role_of

_METHODS = ("get", "post", "put", "patch", "delete")


class RestSurface:
    """The REST operations of one server.

    Args:
        base_url: Where its paths begin.
        document: Path or URL of its OpenAPI document.
        chat_paths: Paths whose text goes to a model; they form a surface of their own.
        elsewhere: Paths that another surface speaks for.
        timeout: Seconds for one call.
    """

    def __init__(
        self,
        base_url: str,
        *,
        document: str = "/openapi.json",
        chat_paths: tuple[str, ...] = ("/api/chat",),
        elsewhere: tuple[str, ...] = (),
        timeout: float = 30.0,
    ) -> None:
        self._base = base_url.rstrip("/") + "/"
        self._document = document
        self._chat_paths = chat_paths
        self._elsewhere = elsewhere
        self._http = client(timeout)

    def discover(self) -> list[Operation]:
        """The server's operations.

        Raises:
            SurfaceError: There is no OpenAPI document.
        """
        url = urljoin(self._base, self._document.lstrip("/"))
        try:
            response = self._http.get(url)
            document = response.json()
            paths = document["paths"]
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise SurfaceError(f"no OpenAPI document at {url} ({type(error).__name__})") from error
        return [
            operation
            for path, methods in paths.items()
            for method, item in methods.items()
            if method in _METHODS and path not in self._elsewhere
            for operation in self._operations(
                path, method, item, methods.get("parameters", ()), document
            )
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Perform one request; what the document does not name goes where it can be read."""
        places: Mapping[str, str] = operation.extra["places"]
        path = str(operation.extra["path"])
        query: list[tuple[str, str | int | float | bool | None]] = []
        body: dict[str, Any] = {}
        fields: dict[str, str] = {}
        wants_body = operation.extra["has_body"]
        for name, value in arguments.items():
            place = places.get(name, "body" if wants_body else "query")
            if place == "body":
                body[name] = value
                continue
            try:
                text = value if isinstance(value, str) else encode(value).decode()
                text.encode("utf-8")
            except (ValueError, RecursionError):
                return unsendable(f"{name} is not expressible in a URL")
            if place == "query":
                query.append((name, text))
            elif place == "header":
                fields[name] = text
            elif text in ("", ".", ".."):
                # Clients and proxies normalize such a path into another one.
                return unsendable(f"{name} is not expressible as a path segment")
            else:
                path = path.replace("{" + name + "}", quote(text, safe=""))
        url = self._base + path.lstrip("/")
        try:
            response = self._http.request(
                str(operation.extra["method"]).upper(),
                url,
                params=query,
                content=encode(body) if wants_body else None,
                headers={
                    **({"Content-Type": "application/json"} if wants_body else {}),
                    **({"Accept": MEDIA_TYPE} if operation.extra.get("events") else {}),
                    **fields,
                    **presented.headers,
                },
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"body or header is not expressible ({type(error).__name__})")
        return answer_of(response)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _operations(
        self,
        path: str,
        method: str,
        item: Mapping[str, Any],
        shared: Sequence[Mapping[str, Any]],
        document: Mapping[str, Any],
    ) -> list[Operation]:
        """The operation, and once more where its answer can also be had as events."""
        plain = self._operation(path, method, item, shared, document)
        content = (item.get("responses") or {}).get("200", {}).get("content", {})
        if not {MEDIA_TYPE, "application/json"} <= set(content):
            return [plain]
        name, extra = f"{plain.name} as events", {**plain.extra, "events": True}
        return [plain, replace(plain, name=name, extra=extra)]

    def _operation(
        self,
        path: str,
        method: str,
        item: Mapping[str, Any],
        shared: Sequence[Mapping[str, Any]],
        document: Mapping[str, Any],
    ) -> Operation:
        parameters: list[Parameter] = []
        places: dict[str, str] = {}
        # An operation's own parameter replaces its path's (OpenAPI 3.1, section 4.8.9).
        for each in (*item.get("parameters", ()), *shared):
            spec = resolve(each, document)
            name = str(spec["name"])
            # Of headers only those that say something of the call; others belong to HTTP.
            is_key = spec.get("in") == "header" and role_of(name, {}) is Role.KEY
            if (spec.get("in") in ("path", "query") or is_key) and name not in places:
                places[name] = str(spec["in"])
                parameters.append(
                    parameter(
                        name, spec.get("schema", {}), document, required=bool(spec.get("required"))
                    )
                )
        body = _body_schema(item, document)
        required = set(body.get("required", ()))
        for name, schema in (body.get("properties") or {}).items():
            if name in places:  # one argument cannot say two things; the address says whose
                continue
            places[name] = "body"
            parameters.append(parameter(name, schema, document, required=name in required))
        surface = "chat" if path in self._chat_paths else "rest"
        needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
        security = item.get("security", document.get("security", ()))
        return Operation(
            surface=surface,
            name=f"{surface}:{method.upper()} {path}",
            parameters=tuple(parameters),
            reads_only=method == "get",
            public=not security,
            lists=method == "get" and bool(security) and not needs,
            conversational=surface == "chat",
            extra={
                "path": path,
                "method": method,
                "places": places,
                "has_body": bool(body),
            },
        )


def _body_schema(item: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    content = (item.get("requestBody") or {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return resolve(schema, document) if schema else {}
