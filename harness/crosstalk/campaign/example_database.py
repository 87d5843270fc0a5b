"""The examples that once showed something, kept where the next run, on any machine, finds them.

Hypothesis keeps the choices of an example in its database and plays them again before it draws new
ones. A folder serves one machine, or several that mount it; Redis serves many. Examples of one
system say little of another, so each kind of target has its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from crosstalk.core.errors import HarnessError

_REDIS = ("redis://", "rediss://", "unix://")


class OneTarget(ExampleDatabase):
    """Another database, of which one kind of target is seen.

    Args:
        kept: Where the examples are.
        about: What kind of target it is.
    """

    def __init__(self, kept: ExampleDatabase, about: Mapping[str, str]) -> None:
        super().__init__()
        self._kept = kept
        canonical = json.dumps(dict(about), sort_keys=True)
        self._prefix = hashlib.sha256(canonical.encode()).digest()[:8]

    def save(self, key: bytes, value: bytes) -> None:
        """Keep an example."""
        self._kept.save(self._prefix + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The examples kept."""
        return self._kept.fetch(self._prefix + key)

    def delete(self, key: bytes, value: bytes) -> None:
        """Forget an example that shows nothing any more."""
        self._kept.delete(self._prefix + key, value)


def open_examples(where: str, about: Mapping[str, str]) -> ExampleDatabase:
    """The examples of one kind of target.

    Args:
        where: A folder, or the URL of a Redis server.
        about: What kind of target it is.

    Raises:
        HarnessError: The folder cannot be made, or Redis does not answer or has no client here.
    """
    if where.startswith(_REDIS):
        return OneTarget(_redis(where), about)
    folder = Path(where)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HarnessError(f"cannot keep examples in {where}: {error.strerror}") from error
    return OneTarget(DirectoryBasedExampleDatabase(folder), about)


def _redis(url: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
        from redis.exceptions import RedisError
    except ImportError as error:
        raise HarnessError(
            "examples in Redis need its client: pip install 'crosstalk-harness[examples]'"
        ) from error
    try:
        client = Redis.from_url(url)
        client.ping()
    except (RedisError, ValueError) as error:
        raise HarnessError(f"no Redis answers at the URL of --examples ({error})") from error
    return RedisExampleDatabase(client, key_prefix=b"crosstalk:")
