"""`python -m harness.tokens --port N --keys FILE` serves the JWKS of a key file.

The file is read at each request, so that a test rotates keys by replacing it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import HarnessError
from harness.tokens.issuer import LocalIssuer

JWKS_PATH = "/.well-known/jwks.json"


def create_app(keys: Path) -> Starlette:
    """The issuer's HTTP side."""
    fetches = 0

    async def jwks(request: Request) -> Response:
        nonlocal fetches
        fetches += 1
        try:
            return JSONResponse(LocalIssuer.load(keys).jwks())
        except HarnessError:
            return JSONResponse({"error": "no keys"}, 503)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "jwks_fetches": fetches})

    return Starlette(routes=[Route(JWKS_PATH, jwks), Route("/health", health)])


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Serves the JWKS of a test issuer.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True)
    arguments = parser.parse_args()
    uvicorn.run(
        create_app(arguments.keys), host="127.0.0.1", port=arguments.port, log_level="warning"
    )


if __name__ == "__main__":
    main()
