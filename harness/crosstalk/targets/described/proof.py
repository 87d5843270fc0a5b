"""Proof of identity in a description, and what names the caller where there is none."""

from __future__ import annotations

from crosstalk.targets.described.config import SurfaceName, TargetConfig


def unproven_surfaces(config: TargetConfig) -> frozenset[SurfaceName]:
    """Return the surfaces on which no credential proves who calls."""
    return frozenset(
        name
        for name, identity in config.identities().items()
        if not identity.proves(config.urls(name)) and identity.unproven()
    )


def proves(config: TargetConfig) -> bool:
    """Return whether any surface refuses a caller without a credential."""
    return any(each.proves(config.urls(name)) for name, each in config.identities().items())


def unproven_identity(config: TargetConfig) -> str:
    """Return what names the caller where no credential proves it; "" where one does everywhere."""
    identities = config.identities()
    said = (identities[name].unproven() for name in sorted(unproven_surfaces(config)))
    return " and ".join(dict.fromkeys(said))
