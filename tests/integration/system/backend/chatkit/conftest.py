"""Backends that ChatKit clients talk to: the one that runs, and one with a slow model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from tests.integration.system.backend.chatkit.person import (
    Served,
)
from tests.unit.system.backend.serving import Backend, backend, serving


@pytest.fixture
async def slow(running: RunningSystem) -> AsyncIterator[Backend]:
    """A backend whose model takes its time between the pieces of an answer."""
    async with (
        serving(create_model(helpful, piece_seconds=0.03)) as model,
        backend(running, model) as system,
    ):
        yield system


@pytest.fixture
async def fast(running: RunningSystem) -> AsyncIterator[Served]:
    """The backend that runs anyway, whose model answers at once."""
    async with httpx2.AsyncClient(base_url=running.backend_url, timeout=30.0) as http:
        yield Served(running, http)
