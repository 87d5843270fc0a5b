"""An event loop in a thread of its own, for servers that run beside blocking code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_CALL_SECONDS = 30.0


class BackgroundLoop:
    """An event loop that runs while the `with` block runs; what is left on it is cancelled.

    Args:
        name: Of its thread.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    def __enter__(self) -> BackgroundLoop:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Cancel the tasks that are left, and end the thread."""
        self.run(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the loop and return its result.

        Raises:
            TimeoutError: It takes longer than half a minute.
        """
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_SECONDS)


async def _end_tasks() -> None:
    others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
