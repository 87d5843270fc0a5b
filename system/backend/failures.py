"""Turns every failure into the one envelope, without a word of what the caller sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from system.errors import (
    MethodNotAllowed,
    NotFound,
    ServerError,
    ServiceError,
    ValidationFailed,
    first_details,
)
from system.wire.error_response import error_response

_METHODS = {"DELETE", "GET", "PATCH", "POST", "PUT"}


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def only(router: APIRouter, path: str, method: str) -> None:
    """Answer 405 to other methods on a fixed path, where a route with a parameter takes them."""

    async def refuse() -> None:
        raise HTTPException(405)

    others = sorted(_METHODS - {method})
    router.add_api_route(path, refuse, methods=others, include_in_schema=False)


async def _service_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        return error_response(ServerError())
    return error_response(error)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        return error_response(ServerError())
    return error_response(ValidationFailed(details=first_details(map(_reason, error.errors()))))


def _reason(item: Mapping[str, Any]) -> tuple[str, object]:
    """Return the argument that a failed check is about, and what is wrong with it."""
    place = [str(part) for part in item["loc"]]
    # "body", "query" and "path" say where; the argument is what follows.
    name = ".".join(place[1:] or place)[:60].encode("ascii", "replace").decode()
    # The message for an unknown kind of object repeats what was sent.
    unknown = item["type"] == "union_tag_invalid"
    return name, "is of no known type" if unknown else item["msg"]


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        response = error_response(MethodNotAllowed())
        response.headers["Allow"] = ", ".join(_allowed(request))
        return response
    if isinstance(error, HTTPException) and error.status_code == 404:
        return error_response(NotFound())
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error_response(ValidationFailed("the request cannot be read"))
    return error_response(ServerError())


def _allowed(request: Request) -> list[str]:
    """Every method of the path: the router names those of one route only."""
    path = getattr(request.scope.get("route"), "path", None)
    operations = request.app.openapi()["paths"].get(path, {})
    return sorted(method.upper() for method in operations if method.upper() in _METHODS)
