"""Bounds on what unauthenticated clients can hold: connections, unread bytes, and for how long.

Before a credential has been verified nothing tells a stranger from a user but the address, and
behind a proxy not even that. So the bounds are of what a connection may hold while the application
serves no request of it. Where one is met, room is made by closing the connection that has waited
longest: a client that means its request has sent its head within milliseconds, and one that only
holds its place is the first to go. A connection whose request is being served is never closed for
another's sake.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from system.observe.metrics import count_bound_met, open_connections

# Seconds between two log lines about one bound, which an attack would otherwise write by thousands.
_LOG_EVERY = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The bounds; sizes in bytes, times in seconds.

    Attributes:
        connections: Open at once, of all clients.
        per_client: Open at once, of one network address.
        header_bytes: Of a request's head: its first line and its fields; likewise of trailers.
        headers: Fields of one head.
        unread_bytes: Received on all connections together and not yet asked for by an application
            that has let the request in.
        head_seconds: From a connection's or a head's beginning to the head's end.
        write_seconds: How long an answer may wait for a client that reads nothing of it.
        linger_seconds: How long a client may go on sending what was answered without being read.
        linger_bytes: How much of that is thrown away before the connection is closed.
        pipelined: Requests that may wait behind one that is being answered.
    """

    connections: int = 2_000
    per_client: int = 1_000
    header_bytes: int = 32_768
    headers: int = 128
    unread_bytes: int = 33_554_432
    head_seconds: float = 10.0
    write_seconds: float = 30.0
    linger_seconds: float = 2.0
    linger_bytes: int = 16_777_216
    pipelined: int = 16


class Connection(Protocol):
    """Connection as the table sees it."""

    @property
    def address(self) -> str:
        """The client's network address."""
        ...

    def drop(self) -> None:
        """Close at once; what was not sent is lost."""
        ...

    def check(self, now: float) -> None:
        """Close if something has taken too long; `now` is the table's clock."""
        ...


class ConnectionTable:
    """Every connection of a service, and what each holds.

    Args:
        limits: The bounds.
        clock: Seconds that never step back.
    """

    def __init__(
        self, limits: ConnectionLimits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self.clock = clock
        self._clients: Counter[str] = Counter()
        self._open: set[Connection] = set()
        # Without a request being served, the longest waiting first: of all clients, and of each.
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._waiting_of: dict[str, OrderedDict[Connection, None]] = {}
        self._held: Counter[Connection] = Counter()
        self._held_in_all = 0
        self._looking: asyncio.TimerHandle | None = None
        self._said: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def held(self) -> int:
        """Bytes that were received and not yet asked for."""
        return self._held_in_all

    def enter(self, connection: Connection) -> bool:
        """Take a new connection in, another one's place if need be; False if there is no room."""
        address = connection.address
        if self._clients[address] >= self.limits.per_client and not self._make_room(
            "client_connections", self._waiting_of.get(address)
        ):
            return False
        if len(self._open) >= self.limits.connections and not self._make_room(
            "connections", self._waiting
        ):
            return False
        self._open.add(connection)
        self._clients[address] += 1
        self.waits(connection)
        open_connections.set(len(self._open))
        if self._looking is None:
            self._look_later()
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is closed, or about to be."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        self.serves(connection)
        self.release(connection)
        address = connection.address
        self._clients[address] -= 1
        if not self._clients[address]:
            del self._clients[address]
        open_connections.set(len(self._open))

    def waits(self, connection: Connection) -> None:
        """Note that no request of this connection is being served from now on."""
        if connection in self._open and connection not in self._waiting:
            self._waiting[connection] = None
            self._waiting_of.setdefault(connection.address, OrderedDict())[connection] = None

    def serves(self, connection: Connection) -> None:
        """Note that a request of this connection is being served, or that it is closed."""
        if connection in self._waiting:
            del self._waiting[connection]
            own = self._waiting_of[connection.address]
            del own[connection]
            if not own:
                del self._waiting_of[connection.address]

    def hold(self, connection: Connection, size: int) -> bool:
        """Count received bytes; False if there are too many and others have no place to give up."""
        if connection not in self._open:
            return True
        self._held[connection] += size
        self._held_in_all += size
        while self._held_in_all > self.limits.unread_bytes:
            if not self._make_room("unread_bytes", self._waiting, connection):
                return False
        return True

    def release(self, connection: Connection) -> None:
        """Forget what a connection held: the application has asked for it, or it is gone."""
        self._held_in_all -= self._held.pop(connection, 0)

    def note(self, bound: str) -> None:
        """Say that a bound was met: a figure each time, a log line every few seconds."""
        count_bound_met(bound)
        now = self.clock()
        self._unsaid[bound] += 1
        if now - self._said.get(bound, -_LOG_EVERY) < _LOG_EVERY:
            return
        self._said[bound] = now
        times = self._unsaid.pop(bound)
        extra = {"bound": bound, "times": times, "connections": len(self._open)}
        _log.warning("bound met", extra={**extra, "unread_bytes": self._held_in_all})

    def _make_room(
        self,
        bound: str,
        among: OrderedDict[Connection, None] | None,
        asking: Connection | None = None,
    ) -> bool:
        """Close the connection that has waited longest, unless that is the one that asks."""
        self.note(bound)
        longest = next(iter(among), None) if among else None
        if longest is None or longest is asking:
            return False
        self.leave(longest)
        longest.drop()
        return True

    def _look_later(self) -> None:
        limits = self.limits
        pause = min(1.0, min(limits.head_seconds, limits.write_seconds, limits.linger_seconds) / 4)
        self._looking = asyncio.get_running_loop().call_later(pause, self._look)

    def _look(self) -> None:
        """Give each connection the occasion to see that it has taken too long."""
        now = self.clock()
        for each in list(self._open):
            each.check(now)
        self._looking = None
        if self._open:
            self._look_later()


def affordable(connections: int) -> int:
    """Return how many connections the process can keep open, at most as many as are wanted.

    The soft limit of descriptors is raised to the hard one; half of them are left to the pools. At
    the limit itself the system would refuse every client, and not even say so.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    most = 4 * connections if hard == resource.RLIM_INFINITY else min(hard, 4 * connections)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    possible = min(connections, soft // 2)
    if possible < connections:
        extra = {"connections": possible, "wanted": connections, "descriptors": soft}
        _log.warning("fewer connections than configured: raise the descriptor limit", extra=extra)
    return possible
