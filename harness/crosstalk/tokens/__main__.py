"""`python -m crosstalk.tokens --port N --keys FILE` serves the JWKS of a key file.

The file is read at each request, so that a test rotates keys by replacing it. With `--public FILE`
the file is a JWKS already: a container that publishes keys does not need the private ones.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crosstalk.core.errors import HarnessError
from crosstalk.tokens.issuer import LocalIssuer

JWKS_PATH = "/.well-known/jwks.json"


def create_app(published: Callable[[], dict[str, Any]]) -> Starlette:
    """Build the application that publishes the issuer's keys.

    Args:
        published: Returns the current JWKS.
    """
    fetches = 0

    async def jwks(request: Request) -> Response:
        nonlocal fetches
        fetches += 1
        try:
            return JSONResponse(published())
        except (HarnessError, OSError, ValueError):
            return JSONResponse({"error": "no keys"}, 503)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "jwks_fetches": fetches})

    return Starlette(routes=[Route(JWKS_PATH, jwks), Route("/health", health)])


def saved(file: Path) -> dict[str, Any]:
    """Read the JWKS of the keys in a file that a test issuer saved.

    Raises:
        HarnessError: There is no such file, or it holds no keys.
    """
    return LocalIssuer.load(file).jwks()


def public(file: Path) -> dict[str, Any]:
    """Read the JWKS in a file.

    Raises:
        OSError: There is no such file.
        ValueError: It is not JSON.
    """
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serves the JWKS of a test issuer.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    files = parser.add_mutually_exclusive_group(required=True)
    files.add_argument("--keys", type=Path, help="the key file of a test issuer")
    files.add_argument("--public", type=Path, help="a JWKS")
    arguments = parser.parse_args()
    published = (
        partial(saved, arguments.keys) if arguments.keys else partial(public, arguments.public)
    )
    uvicorn.run(
        create_app(published), host=arguments.host, port=arguments.port, log_level="warning"
    )


if __name__ == "__main__":
    main()
