"""Tests over sockets run on the standard event loop and on the one that the services run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Name both."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
