"""Sources of a described system's credentials, in words: where a person gets the same ones."""

from __future__ import annotations

from crosstalk.core.principals import USERS
from crosstalk.targets.described.config import SurfaceName, TargetConfig
from crosstalk.targets.described.identity import IdentityConfig


def credential_source(config: TargetConfig) -> str:
    """Return a sentence on where users' credentials come from; empty where callers need none."""
    found = dict.fromkeys(
        filter(
            None,
            (_source(config, name, each) for name, each in config.identities().items()),
        )
    )
    if not found:
        return ""
    listed = list(config.users)[: len(USERS)]
    who = ", ".join(f"{name} is {user}" for name, user in zip(USERS, listed, strict=False))
    return (
        f"Where from: {'; '.join(found)}{f' ({who})' if listed != [*USERS][: len(listed)] else ''}"
    )


def _source(config: TargetConfig, name: SurfaceName, identity: IdentityConfig) -> str:
    login = identity.login
    if login is not None:
        by = login.tool or login.request or login.token_url or login.grant or login.carried
        return f"a login as the user by {by}"
    if not identity.needs_tokens(config.urls(name)):
        return ""
    if any(each.token for each in config.users.values()):
        return "users.NAME.token in the file of the target"
    if identity.token_command or any(each.token_command for each in config.users.values()):
        return "what token_command prints for the user"
    if identity.mint is not None:
        return f"signed with the key of identity.mint, {identity.mint.subject_claim} is the user"
    return "identity.token in the file of the target, with the user in it"
