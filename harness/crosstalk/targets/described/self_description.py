"""Surfaces of what a described system says about itself: paths that its description leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from crosstalk.surface.operation import Operation, Surface
from crosstalk.surface.usual_paths import UsualPaths
from crosstalk.targets.described.config import TargetConfig

_READS = "rest:GET "


def usual_paths_of(config: TargetConfig, operations: Mapping[str, Operation]) -> dict[str, Surface]:
    """Return the usual paths of each origin, by surface name; none of a server without HTTP.

    Args:
        config: The description.
        operations: What is declared; it is spelt otherwise too.
    """
    found: dict[str, Surface] = {}
    origins: set[str] = set()
    declared = [name.removeprefix(_READS) for name in operations if name.startswith(_READS)]
    left_out = [name.removeprefix(_READS) for name in config.skipped() if name.startswith(_READS)]
    if config.rest is not None:
        base = urlsplit(config.rest.address)
        origins.add(f"{base.scheme}://{base.netloc}")
        for origin in origins:
            found["rest-paths"] = UsualPaths(origin, "rest-paths", declared, left_out)
    if config.mcp is not None and config.mcp.transport != "stdio":
        url = urlsplit(config.mcp.url)
        origin = f"{url.scheme}://{url.netloc}"
        if origin not in origins:
            found["mcp-paths"] = UsualPaths(origin, "mcp-paths")
    return found
