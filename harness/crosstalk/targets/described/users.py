"""The people of a description: its users, what others are called, and what they may share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from crosstalk.core.history import Flow
from crosstalk.core.principals import ALL_PRINCIPALS, HIJACKER, Principals
from crosstalk.targets.described.config import TargetConfig, needs_tokens
from crosstalk.targets.described.credentials import DescribedCredentials
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.loading import TargetFileError
from crosstalk.targets.described.minting import spoilable
from crosstalk.targets.described.proof import proves


def users_of(config: TargetConfig) -> dict[str, tuple[str, UserConfig]]:
    """Subject to the member's name and what is said about them."""
    members = [actor.name for actor in ALL_PRINCIPALS.members]
    return {
        user.subject or name: (member, user)
        for member, (name, user) in zip(members, config.users.items(), strict=False)
    }


def principals_of(config: TargetConfig, users: Mapping[str, tuple[str, UserConfig]]) -> Principals:
    """Who can take part: impostors where there is somebody to be, strangers where one is asked."""
    by = set(config.identity.by)
    told_apart = bool(by - {"argument", "none"})
    names_users = bool(config.identity.arguments)
    sessions = config.mcp is not None and config.mcp.transport in ("streamable-http-older", "sse")
    impostors = ALL_PRINCIPALS.impostors if told_apart and names_users else ()
    if sessions and by & {"bearer", "header"} and needs_tokens(config):
        # A session must not go on under another user's token.
        impostors = (*impostors, HIJACKER)
    return Principals(
        members=ALL_PRINCIPALS.members[: len(users)] if users else ALL_PRINCIPALS.members,
        impostors=impostors,
        strangers=ALL_PRINCIPALS.strangers if proves(config) else (),
        bystander=None if users else ALL_PRINCIPALS.bystander,
    )


def naming_of(
    config: TargetConfig, users: Mapping[str, tuple[str, UserConfig]]
) -> Callable[[str], Mapping[str, str]]:
    """Subjects for one example from a new nonce: those that exist, or made up as the file says."""
    if users:
        fixed = {member: subject for subject, (member, _) in users.items()}
        return lambda _nonce: fixed
    names = [*(actor.name for actor in ALL_PRINCIPALS.members)]
    if ALL_PRINCIPALS.bystander is not None:
        names.append(ALL_PRINCIPALS.bystander.name)

    def made_up(nonce: str) -> dict[str, str]:
        return {
            name: config.user_names.replace("{user}", name)
            .replace("{nonce}", nonce)
            .replace("{uuid}", str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}-{nonce}")))
            .replace("{number}", str(int(nonce, 16) * 8 + names.index(name)))
            for name in names
        }

    return made_up


def forgeries_of(
    config: TargetConfig,
    credentials: DescribedCredentials,
    users: Mapping[str, tuple[str, UserConfig]],
) -> tuple[str, ...]:
    """The spoiled credentials that can be made of this system's tokens."""
    if not needs_tokens(config):
        return ()
    subject = next(iter(users), "crosstalk-discovery")
    return spoilable(credentials.token(subject), config.identity.mint)


def flows_of(config: TargetConfig) -> tuple[Flow, ...]:
    """The sharing that is meant, with the principals' names for the file's users.

    Raises:
        TargetFileError: A flow names somebody who is no user.
    """
    members = {name: member for _, (member, _), name in _named(config)}

    def who(name: str) -> str:
        if name == "*" or name in members.values():
            return name
        if name not in members:
            raise TargetFileError(f"allowed_flows names {name!r}, who is no user: list them")
        return members[name]

    flows = [
        Flow(who(each.source), who(each.target), frozenset(map(_operation, each.tools)))
        for each in config.allowed_flows
    ]
    public = frozenset(_operation(name) for name, tool in config.tools.items() if tool.public)
    return (*flows, Flow("*", "*", public)) if public else tuple(flows)


def _named(config: TargetConfig) -> list[tuple[str, tuple[str, UserConfig], str]]:
    return [
        (subject, user, name)
        for (subject, user), name in zip(users_of(config).items(), config.users, strict=False)
    ]


def _operation(tool: str) -> str:
    return tool if ":" in tool else f"rest:{tool}" if " " in tool else f"mcp:{tool}"
