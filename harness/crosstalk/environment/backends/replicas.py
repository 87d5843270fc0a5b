"""Replicas: several processes of one service, each in a slot with its own name and port."""

from __future__ import annotations

from collections.abc import Mapping

REPLICATED = ("mcp", "backend")
_PORT_SETTING = {"mcp": "MCP_PORT", "backend": "BACKEND_PORT"}


def slots(replicas: Mapping[str, int]) -> dict[str, list[str]]:
    """Map each service to the names of its slots: one for each replica, and a free one."""
    return {
        service: [f"{service}-{number}" for number in range(1, count + 2)]
        for service, count in replicas.items()
    }


def settings(service: str, port: int) -> dict[str, str]:
    """Return the settings in which a replica differs from its service."""
    return {_PORT_SETTING[service]: str(port), "METRICS_PORT": ""}


def service_of(name: str) -> str:
    """Return the service that a slot, or a single process, belongs to."""
    head, _, number = name.rpartition("-")
    return head if head in REPLICATED and number.isdigit() else name
