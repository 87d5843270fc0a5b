"""Several processes of one service, and what tells them apart: a slot's name and port."""

from __future__ import annotations

from collections.abc import Mapping

REPLICATED = ("mcp", "backend")
_PORT_SETTING = {"mcp": "MCP_PORT", "backend": "BACKEND_PORT"}


def slots(replicas: Mapping[str, int]) -> dict[str, list[str]]:
    """Service name to the names of its slots: one for each replica, and one that is free."""
    return {
        service: [f"{service}-{number}" for number in range(1, count + 2)]
        for service, count in replicas.items()
    }


def settings(service: str, port: int) -> dict[str, str]:
    """What one replica is told otherwise than its service."""
    return {_PORT_SETTING[service]: str(port), "METRICS_PORT": ""}


def service_of(name: str) -> str:
    """The service that a slot, or a single process, belongs to."""
    head, _, number = name.rpartition("-")
    return head if head in REPLICATED and number.isdigit() else name
