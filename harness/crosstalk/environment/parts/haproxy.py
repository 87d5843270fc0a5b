"""HAProxy before several processes of a service: a caller does not know which of them answers.

Each service has one slot more than replicas, so that one can be started elsewhere when another has
been killed, as an orchestrator does it. A request goes to the next replica in turn; one that could
not be connected goes to another, since nothing of it was sent. One whose connection breaks later is
answered 502: whether it was served is then for its sender to find out, with an idempotency key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crosstalk.environment.parts.configured_program import ConfiguredProgram
from crosstalk.environment.runtime.executables import find_program
from crosstalk.environment.runtime.probes import listens

_DEFAULTS = """\
global
    maxconn 4000

defaults
    mode http
    timeout connect 2s
    timeout http-request 10s
    # A chat takes as long as the model does; who decides how long that may be is the backend.
    timeout client 5m
    timeout server 5m
    timeout queue 10s
    retries 3
    retry-on conn-failure
    option redispatch 1
    option httpchk GET /ready
    default-server check inter 500ms fall 2 rise 1
"""


class HaProxy(ConfiguredProgram):
    """The balancer of one environment; its folder ends with it.

    Args:
        log: File for its output.
        fronts: Service name to the port at which its replicas are reached.
        slots: Service name to each slot's name and port.

    Raises:
        EnvironmentFailed: HAProxy is not installed.
    """

    def __init__(
        self, log: Path, fronts: Mapping[str, int], slots: Mapping[str, Mapping[str, int]]
    ) -> None:
        self._program = find_haproxy()
        self._configuration = configuration(fronts, slots)
        ports = list(fronts.values())
        super().__init__("haproxy", log, ports[0], lambda: all(listens(port) for port in ports))

    def _configured(self, home: Path) -> list[str]:
        file = home / "haproxy.cfg"
        file.write_text(self._configuration, encoding="utf-8")
        return [self._program, "-db", "-q", "-f", str(file)]


def configuration(fronts: Mapping[str, int], slots: Mapping[str, Mapping[str, int]]) -> str:
    """Build its configuration file."""
    parts = [_DEFAULTS]
    for service, port in fronts.items():
        servers = "".join(
            f"    server {name} 127.0.0.1:{own}\n" for name, own in slots[service].items()
        )
        balanced = f"    bind 127.0.0.1:{port}\n    balance roundrobin\n{servers}"
        parts.append(f"listen {service}\n{balanced}")
    return "\n".join(parts)


def find_haproxy() -> str:
    """Find the program.

    Raises:
        EnvironmentFailed: It is not installed.
    """
    return find_program(
        "haproxy",
        "replicas need HAProxy before them: install it (on Debian: apt-get install haproxy)",
    )
