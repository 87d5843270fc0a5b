"""What the store's tests share: a store whose pool holds one connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr

from crosstalk.environment import RunningSystem
from system.store import Store, StoreSettings


@pytest.fixture
def open_store(running: RunningSystem) -> Callable[[], Store]:
    """Makes stores of the backend's role with a pool of one; close them."""

    def opened() -> Store:
        return Store(
            StoreSettings(
                database_url=SecretStr(running.databases["backend"]),
                cursor_secret=SecretStr("a secret of forty characters, for tests."),
                database_pool_timeout=2.0,
                database_pool_size=1,
                database_max_overflow=0,
            )
        )

    return opened


@pytest.fixture
async def store(open_store: Callable[[], Store]) -> AsyncIterator[Store]:
    """A store with a pool of one, where anything left behind meets the next user."""
    opened = open_store()
    yield opened
    await opened.close()
