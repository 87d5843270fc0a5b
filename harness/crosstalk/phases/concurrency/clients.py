"""Concurrent clients: made-up users where the target takes them, else its own, several times.

Where users cannot be made up, each of them is several clients, which plant values of their own;
what the other clients of the same user do is then no finding.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from crosstalk.core.history import Actor, History
from crosstalk.targets.base import Target

# Of one length, as a name is in all that a client stores: sizes of it are then the same.
_NAMES = (
    "abel",
    "bela",
    "cleo",
    "dora",
    "emil",
    "faye",
    "gino",
    "hedy",
    "ivor",
    "juno",
    "kaia",
    "lena",
    "milo",
    "nora",
    "otto",
    "pino",
    "quin",
    "rosa",
    "sven",
    "tess",
    "ugne",
    "vera",
    "wilm",
    "xena",
    "yves",
    "zora",
    "arno",
    "bran",
    "coen",
    "dewi",
    "edda",
    "finn",
    "gerd",
    "hans",
)


def can_make_up_users(target: Target) -> bool:
    """Return whether the target takes made-up users, so that every client can be another user."""
    named = any(each != "*" for flow in target.allowed_flows for each in (flow.source, flow.target))
    personal = target.policy is not None and not target.policy.impersonal
    if named or personal or target.principals.bystander is None:
        return False
    if target.subjects is None:
        return True
    first = target.principals.members[0].name
    return (
        target.subjects(secrets.token_hex(4))[first]
        != (target.subjects(secrets.token_hex(4))[first])
    )


def concurrent_clients(target: Target, count: int) -> list[Actor]:
    """Return that many clients, no more than there are names for."""
    count = min(count, len(_NAMES))
    if can_make_up_users(target):
        return [Actor(name, name, name) for name in _NAMES[:count]]
    users = [each.name for each in target.principals.members]
    return [
        Actor(f"{users[place % len(users)]}, client {place // len(users) + 1}", user, user)
        for place in range(count)
        for user in [users[place % len(users)]]
    ]


def with_subjects(target: Target, history: History, actors: Iterable[Actor]) -> History:
    """Return the history with subjects for the users of these clients."""
    users = list(dict.fromkeys(str(each.user) for each in actors))
    known = dict(history.subjects)
    known |= _named(target, [each for each in users if each not in known])
    return History(
        subjects={name: known[name] for name in users},
        public_values=history.public_values,
        public_operations=history.public_operations,
        allowed_flows=history.allowed_flows,
        supplied=history.supplied,
        policy=history.policy.among(users) if history.policy is not None else None,
    )


def _named(target: Target, users: Sequence[str]) -> dict[str, str]:
    if target.subjects is None:
        nonce = secrets.token_hex(4)
        return {name: f"{name}-{nonce}" for name in users}
    found: list[str] = []
    while len(found) < len(users):
        found += target.subjects(secrets.token_hex(4)).values()
    return dict(zip(users, found, strict=False))
