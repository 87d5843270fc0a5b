"""The Fetch standard's CORS protocol, with refused preflights in the error envelope."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from system.errors import BadRequest
from system.wire.error_response import error_response

_OF_THE_BODY = ("content-length", "content-type")


class CrossOrigin(CORSMiddleware):
    """Starlette's middleware; what it refuses in words of its own is answered in the system's."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight request (Fetch standard, section 3.2.2)."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        refused = error_response(BadRequest("the origin, method or headers are not allowed"))
        for name, value in answer.headers.items():
            if name not in _OF_THE_BODY:
                refused.headers[name] = value
        return refused
