"""Paths that a description leaves out: usual ones, and other versions of what it has."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Surface
from crosstalk.surface.rest.other_versions import other_versions
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


def other_versions_of(
    config: TargetConfig,
    operations: Mapping[str, Operation],
    surface: Surface,
    presented: Presented,
) -> dict[str, Operation]:
    """Return the readings that are there under another version, by name.

    What a policy or a meant sharing names is the same data there, and only the version that is
    named may show it; so it is left out.

    Args:
        config: The description.
        operations: What is declared.
        surface: Makes the requests.
        presented: What a user presents.
    """
    patterns = [name for each in config.allowed_flows for name in each.tools]
    if config.policy is not None:
        patterns += [name for _, name in config.policy.operations()]
    patterns = [each for each in patterns if each != "*"]
    declared = {
        name: each
        for name, each in operations.items()
        if not any(fnmatchcase(form, p) for p in patterns for form in _forms(name))
    }
    left_out = config.skipped()
    found = other_versions(declared, surface.call, presented)
    return {each.name: each for each in found if each.name not in {*left_out, *operations}}


def _forms(name: str) -> tuple[str, str]:
    return name, name.partition(":")[2]
