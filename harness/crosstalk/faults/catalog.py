"""The catalog of faults: each kind with its target, and services that may be unready meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.faults.kinds.base import Fault
from crosstalk.faults.kinds.clocks import ClockSkew
from crosstalk.faults.kinds.database import EndSessions, ExhaustSessions, Migrations
from crosstalk.faults.kinds.disk import DiskFull, SmallDisk
from crosstalk.faults.kinds.network import WRONG, Cut, Disturb
from crosstalk.faults.kinds.processes import Kill, Pause, Restart
from crosstalk.faults.link import Disturbance

CLIENT_BACKEND, CLIENT_MCP = "client-backend", "client-mcp"
# The backend is ready only where the MCP server is: it has no other way to the assistant's tools.
_BOTH = frozenset({"backend", "mcp"})
_BACKEND = frozenset({"backend"})
_NEITHER: frozenset[str] = frozenset()

_REFUSED = Disturbance(refused=True)
_HELD = Disturbance(held=True)


def _delayed(seconds: float) -> Disturbance:
    return Disturbance(delay=seconds)


def _all() -> list[Fault]:
    return [
        Kill("backend", 0.0, 0.3, _BACKEND),
        Kill("mcp", 0.0, 0.3, _BOTH),
        Kill("postgresql", 0.0, 0.3, _BOTH),
        Pause("backend", 0.3, 1.5, _BACKEND),
        Pause("mcp", 0.3, 1.5, _BOTH),
        Pause("postgresql", 0.3, 1.5, _BOTH),
        Pause("issuer", 0.5, 1.5, _NEITHER),
        Pause("model", 0.5, 1.5, _NEITHER),
        Restart("backend", 0.0, 0.3, _BACKEND),
        Restart("mcp", 0.0, 0.3, _BOTH),
        Restart("postgresql", 0.0, 0.3, _BOTH),
        EndSessions("postgresql", 0.3, 0.9, _BOTH),
        ExhaustSessions("postgresql", 0.5, 1.5, _BOTH),
        Migrations("postgresql"),
        DiskFull("postgresql", 0.4, 1.2, _NEITHER),
        SmallDisk("postgresql", 1.0, 2.0, _NEITHER),
        ClockSkew("issuer", 0.5, 1.5, _NEITHER),
        Cut(CLIENT_BACKEND, 0.1, 0.6, _NEITHER),
        Cut(CLIENT_MCP, 0.1, 0.6, _NEITHER),
        Cut("mcp", 0.1, 0.6, _BACKEND),
        Cut("postgresql", 0.1, 0.6, _BOTH),
        Cut("model", 0.1, 0.6, _NEITHER),
        _link("replies lost", CLIENT_BACKEND, Disturbance(reply_bytes=0)),
        _link("replies lost", CLIENT_MCP, Disturbance(reply_bytes=0)),
        _link("replies lost", "mcp", Disturbance(reply_bytes=0), _BACKEND),
        _link("replies lost", "postgresql", Disturbance(reply_bytes=0), _BOTH),
        _link("replies truncated", CLIENT_BACKEND, Disturbance(reply_bytes=90)),
        _link("replies truncated", "mcp", Disturbance(reply_bytes=90), _BACKEND),
        _link("latency", CLIENT_BACKEND, _delayed(0.2)),
        _link("latency", "mcp", _delayed(0.2)),
        _link("latency", "postgresql", _delayed(0.05)),
        _link("silence", "mcp", _HELD, _BACKEND),
        _link("silence", "postgresql", _HELD, _BOTH),
        _link("narrow", CLIENT_BACKEND, Disturbance(bytes_per_second=4_000)),
        _link("narrow", "postgresql", Disturbance(bytes_per_second=30_000), _BOTH),
        _link("refused", "mcp", _REFUSED, _BACKEND),
        _link("refused", "postgresql", _REFUSED, _BOTH),
        _link("refused", "issuer", _REFUSED),
        _link("refused", "model", _REFUSED),
        _link("latency", "issuer", _delayed(1.0)),
        _link("latency", "model", _delayed(0.3)),
        _link("endless", "issuer", Disturbance(endless=True)),
        _link("endless", "model", Disturbance(endless=True)),
        _link("wrong", "issuer", Disturbance(answer=WRONG)),
        _link("wrong", "model", Disturbance(answer=WRONG)),
    ]


def _link(
    what: str, target: str, disturbance: Disturbance, unready: frozenset[str] = _NEITHER
) -> Fault:
    return Disturb(target, 0.4, 1.2, unready, what=what, disturbance=disturbance)


FAULTS: Mapping[str, Fault] = {each.name: each for each in _all()}
# Enough for a minute: one of each family, those first that have the most to lose.
SHORT = (
    "kill -9 backend",
    "kill -9 mcp",
    "kill -9 postgresql",
    "pause postgresql",
    "sessions ended postgresql",
    "sessions exhausted postgresql",
    "disk full (injected) postgresql",
    "replies lost client-backend",
    "replies lost postgresql",
    "replies truncated mcp",
    "silence mcp",
    "refused issuer",
    "endless model",
)
