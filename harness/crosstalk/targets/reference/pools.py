"""Has the services open several connections before a campaign begins, as they do under load.

A campaign asks one thing after another, so each service would keep a single connection, and what is
wrongly kept on a connection would never meet another one. A pool that has grown stays grown.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from crosstalk.environment import RunningSystem
from crosstalk.surface.credentials import Presented
from crosstalk.targets.base import Target

_AT_ONCE = 12
_ROUNDS = 4
# Operation to the audience of a token for it.
_READING = {"rest:GET /api/{user_id}/tasks": "backend", "mcp:list_tasks": "mcp"}


def fill_pools(target: Target, running: RunningSystem) -> None:
    """Let a dozen users list their tasks at once, at each service; their data is deleted."""
    operations = target.operations
    people = [f"pool-filler-{number}" for number in range(_AT_ONCE)]

    def read(name: str, subject: str) -> None:
        operation = operations[name]
        token = running.mint(subject, audience=_READING[name])
        target.surfaces[operation.surface].call(
            operation, {"user_id": subject}, Presented.bearer(token)
        )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name in _READING:
            list(pool.map(partial(read, name), people * _ROUNDS))
    if target.reset is not None:
        target.reset()
