"""Serves applications inside the test's own loop, over real HTTP, so that a test can look in."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from crosstalk.environment import RunningSystem
from crosstalk.environment.runtime.ports import free_port
from system.backend.app import create_app
from system.backend.dependencies import Services
from system.backend.settings import BackendSettings
from system.identity import TrustedIssuer


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, which it should soon.

    Raises:
        AssertionError: It did not.
    """
    for _ in range(1_500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("this did not come to hold")


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The URL of an application that is served while the block runs."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend in this process: its application, and a client of it."""

    app: FastAPI
    http: httpx2.AsyncClient
    running: RunningSystem

    @property
    def services(self) -> Services:
        """What the application holds."""
        services = self.app.state.services
        assert isinstance(services, Services)
        return services

    def bearer(self, subject: str) -> dict[str, str]:
        """Headers with a token of this subject."""
        return {"Authorization": f"Bearer {self.running.mint(subject)}"}


@asynccontextmanager
async def backend(
    running: RunningSystem, model_url: str, **settings: Any
) -> AsyncIterator[Backend]:
    """The backend with another model, on the running system's database and MCP server."""
    app = create_app(
        BackendSettings.model_validate(
            {
                "database_url": SecretStr(running.databases["backend"]),
                "cursor_secret": SecretStr(secrets.token_hex(32)),
                "trusted_issuers": [
                    TrustedIssuer(
                        issuer=running.issuer.url,
                        jwks_url=f"{running.issuer.url}/.well-known/jwks.json",
                        audience="crosstalk-backend",
                        algorithms=("EdDSA",),
                    )
                ],
                # The running backend's key and name, which the MCP server trusts.
                "backend_url": running.backend_url,
                "backend_signing_key": SecretStr(
                    json.dumps(running.exchanger.keys[0].private_jwk())
                ),
                "mcp_url": running.mcp_url,
                "openai_api_key": SecretStr("offline"),
                "openai_base_url": f"{model_url}/v1",
                **settings,
            }
        )
    )
    async with serving(app) as url, httpx2.AsyncClient(base_url=url, timeout=30.0) as http:
        yield Backend(app, http, running)
