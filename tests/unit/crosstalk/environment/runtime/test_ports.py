"""Ports stay with the environment that took them."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.runtime.ports import Ports


def listen(port: int) -> socket.socket:
    """Listen as servers do."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
        server.listen()
    except OSError:
        server.close()
        raise
    return server


def test_held_port_can_be_listened_on_repeatedly() -> None:
    with Ports() as ports:
        port = ports.take()
        for _ in range(2):
            with listen(port), socket.create_connection(("127.0.0.1", port)):
                pass


@pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux alone")
def test_held_port_is_not_given_to_another_environment() -> None:
    with Ports() as ports, Ports() as others:
        port = ports.take()
        with pytest.raises(EnvironmentFailed, match=f"port {port} is in use"):
            others.take(port)
        with socket.socket() as stranger, pytest.raises(OSError) as caught:  # noqa: PT011
            stranger.bind(("127.0.0.1", port))
        assert caught.value.errno == errno.EADDRINUSE
        ports.release()
        assert others.take(port) == port


def test_port_in_use_is_not_taken() -> None:
    with listen(0) as server, Ports() as ports:
        port = server.getsockname()[1]
        with pytest.raises(EnvironmentFailed, match=f"port {port} is in use.* with --mcp-port"):
            ports.take(port, setting="--mcp-port")


def test_port_with_closed_connections_counts_as_free() -> None:
    # Between two holders a port is anyone's: another program may take one, but not each of five.
    assert any(_taken_again_after_a_connection() for _ in range(5))


def _taken_again_after_a_connection() -> bool:
    """Return whether a port can be taken while the system remembers a connection to it."""
    # Of the ephemeral range any connection of another process could take it in between.
    with Ports() as ports:
        port = ports.take()
    with contextlib.suppress(OSError, EnvironmentFailed):
        with listen(port) as server, socket.create_connection(("127.0.0.1", port)):
            # The side that closes first keeps the port in TIME_WAIT.
            server.accept()[0].close()
        with Ports() as ports:
            return ports.take(port) == port
    return False


def test_free_ports_differ_and_are_below_the_ephemeral_range() -> None:
    with Ports() as ports:
        taken = [ports.take() for _ in range(50)]
    assert len(set(taken)) == 50
    assert max(taken) < 32_768
