"""Proof of identity in a description, and what says who calls where there is none."""

from __future__ import annotations

from crosstalk.targets.described.config import TargetConfig, needs_tokens


def proves(config: TargetConfig) -> bool:
    """Whether a caller's credential shows who they are, so that one without it must be refused."""
    return needs_tokens(config) or "login" in config.identity.by


def unproven_identity(config: TargetConfig) -> str:
    """Return what says who calls where no credential proves it, in words; empty where one does.

    A process a user, started with an environment of its own, needs no proof: whoever can reach it
    is its user.
    """
    identity = config.identity
    if proves(config) or "environment" in identity.by:
        return ""
    names = ", ".join(identity.arguments)
    said = {
        "argument": f"the argument {names}",
        "header": f"the header {identity.header}",
        "url": "the address",
        "session": "a session that needs no login",
        "none": "nothing",
    }
    return " and ".join(said[each] for each in identity.by if each in said)
