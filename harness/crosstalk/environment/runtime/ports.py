"""Loopback ports that belong to one environment from its start to its end.

A port is held by a bound socket that never listens. A service that sets `SO_REUSEADDR`, as servers
do, listens beside it, and no other program is given the port, not even while the service restarts.
Other environments on the machine see a name in the abstract socket namespace, which is as wide as
the ports are and vanishes with the process. On systems other than Linux a port is only known to
have been free a moment ago.
"""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import sys

from crosstalk.environment.runtime.errors import EnvironmentFailed

_HOST = "127.0.0.1"
# Below where systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere).
_RANGE = range(20_000, 32_000)
_TRIES = 200


def free_port() -> int:
    """Find a TCP port on loopback that was free a moment ago.

    Raises:
        EnvironmentFailed: None was found.
    """
    with Ports() as ports:
        return ports.take()


class Ports:
    """The ports of one environment; `release` gives them back."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def __enter__(self) -> Ports:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    def take(self, port: int = 0, *, setting: str = "another port") -> int:
        """Reserve a port.

        Args:
            port: The one that is wanted; 0 takes any free one.
            setting: The setting that chooses another, for the message.

        Raises:
            EnvironmentFailed: It is in use, cannot be had, or none is free.
        """
        if port:
            return self._fixed(port, setting)
        for candidate in random.SystemRandom().sample(_RANGE, _TRIES):
            with contextlib.suppress(OSError):
                return self._hold(candidate)
        raise EnvironmentFailed(
            f"no free TCP port was found between {_RANGE.start} and {_RANGE.stop}: "
            "end something that listens there"
        )

    def release(self) -> None:
        """Release all ports."""
        while self._held:
            self._held.pop().close()

    def _fixed(self, port: int, setting: str) -> int:
        try:
            return self._hold(port)
        except OverflowError:
            raise EnvironmentFailed(
                f"{port} is not a TCP port: choose one from 1 to 65535 with {setting}"
            ) from None
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is in use" if taken else f"cannot be used ({error.strerror})"
            raise EnvironmentFailed(
                f"port {port} {reason}: choose another with {setting} (0 takes a free one)"
            ) from None

    def _hold(self, port: int) -> int:
        with contextlib.ExitStack() as opened:
            holder = opened.enter_context(socket.socket())
            # Also past the remains of closed connections, which a plain bind would trip over.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((_HOST, port))
            if sys.platform == "linux":
                name = opened.enter_context(socket.socket(socket.AF_UNIX))
                name.bind(f"\0crosstalk-port-{port}")
                self._held += [holder, name]
                opened.pop_all()
        return port
